"""Attacks that only ask, and one change for all pictures: laws, accounts, peers."""

import copy
import warnings

import pytest
import torch
from torch import nn

from sdl_lib.attacks import (
    boundary_attack,
    carlini_wagner,
    few_pixel,
    keypoints,
    one_pixel,
    square_attack,
    universal_perturbation,
)
from sdl_lib.attacks.one_pixel import _Contest
from sdl_lib.data import draw_signs, mnist10k, traffic_signs
from sdl_lib.models import load
from sdl_lib.training import predict

with warnings.catch_warnings():
    # foolbox 3.3.4 imports scipy.ndimage.filters, which SciPy has renamed
    warnings.filterwarnings("ignore", "Please import `gaussian_filter`", DeprecationWarning)
    import foolbox

SEARCHES = {
    "few_pixel": lambda *a, **k: few_pixel(*a, pixels=6, looks=16, **k),
    "one_pixel": lambda *a, **k: one_pixel(*a, pixels=2, population=40, generations=3, **k),
    "boundary_attack": lambda *a, **k: boundary_attack(*a, queries=60, **k),
    "square_attack": lambda *a, **k: square_attack(*a, eps=0.1, queries=30, **k),
}
every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


class Counted(nn.Module):
    """Counts the pictures that the model inside is shown."""

    def __init__(self, model):
        super().__init__()
        self.model, self.count = model, 0
        self.eval()

    def forward(self, x):
        self.count += len(x)
        return self.model(x)


class FirstPixel(nn.Module):
    """Class 1 when the first pixel is bright, and nothing else matters."""

    def __init__(self):
        super().__init__()
        self.eval()

    def forward(self, x):
        bright = x.flatten(1)[:, 0] - 0.6
        return torch.stack([-bright, bright], 1)


@pytest.fixture(scope="module")
def signs():
    net = load("signs")
    x, y = traffic_signs(10, generator=torch.Generator().manual_seed(3))
    assert torch.equal(predict(net, x).argmax(1), y)
    return net, x, y


def changed(x_adv, x):
    """Pixels that differ, for each example."""
    return (x_adv != x).any(1).sum((1, 2))


@every_search
def test_the_account_is_what_a_counter_sees(signs, search):
    net, x, y = signs
    counter = Counted(net)
    y = y.clone()
    y[0] = (y[0] + 1) % 13  # wrong already: costs one question
    found = search(counter, x, y)
    assert int(found.queries.sum()) == counter.count
    assert int(found.queries[0]) == 1
    assert bool(found.success[0])
    assert torch.equal(found.x_adv[0], x[0])


@every_search
def test_a_success_is_one_and_a_failure_is_named(signs, search):
    net, x, y = signs
    for target in (None, torch.full_like(y, 2)):
        found = search(net, x, y, target=target)
        guess = predict(net, found.x_adv, batch_size=3).argmax(1)
        hit = guess != y if target is None else guess == target
        assert hit[found.success].all()
        assert 0 <= float(found.x_adv.min()) <= float(found.x_adv.max()) <= 1


@pytest.mark.parametrize("name", ["few_pixel", "one_pixel", "boundary_attack"])
def test_a_failure_is_the_picture_itself(signs, name):
    net, x, y = signs
    found = SEARCHES[name](net, x, y, target=torch.full_like(y, 6))
    assert not found.success.all()
    assert torch.equal(found.x_adv[~found.success], x[~found.success])


@every_search
def test_nothing_is_changed_behind_the_back(signs, search):
    net, x, y = signs
    before = [x.clone(), *(p.clone() for p in net.parameters())]
    state = torch.random.get_rng_state()
    first = search(net, x, y, generator=torch.Generator().manual_seed(1))
    again = search(net, x, y, generator=torch.Generator().manual_seed(1))
    assert torch.equal(first.x_adv, again.x_adv)
    assert torch.equal(first.queries, again.queries)
    assert all(torch.equal(a, b) for a, b in zip(before, [x, *net.parameters()], strict=True))
    assert all(p.grad is None for p in net.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


@every_search
def test_no_examples(signs, search):
    net, x, y = signs
    found = search(net, x[:0], y[:0])
    assert found.x_adv.shape == (0, 3, 32, 32)
    assert found.success.shape == found.queries.shape == (0,)


# A few pixels


def test_pixels_colours_and_queries_stay_within_what_was_allowed(signs):
    net, x, y = signs
    white = torch.ones(1, 3)
    found = few_pixel(net, x, y, pixels=5, looks=16, colours=white)
    count = changed(found.x_adv, x)
    assert int(count.max()) <= 5
    assert int(found.queries.max()) <= 1 + 5 * 16 + 5
    where = (found.x_adv != x).any(1, keepdim=True).expand_as(x)
    assert (found.x_adv[where] == 1).all()


def test_no_pixel_of_a_success_can_be_given_back(signs):
    net, x, y = signs
    found = few_pixel(net, x, y, pixels=12, looks=32)
    assert found.success.float().mean() > 0.5
    i = int((found.success & (changed(found.x_adv, x) > 1)).nonzero()[0])
    places = (found.x_adv[i] != x[i]).any(0).nonzero()
    guesses = []
    for row, column in places.tolist():
        tried = found.x_adv[i : i + 1].clone()
        tried[0, :, row, column] = x[i, :, row, column]
        guesses.append(int(predict(net, tried).argmax()))
    # the last pixel given back was tested last, so at least that one is needed
    assert int(y[i]) in guesses


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_red_turns_green_and_features_save_pixels(seed):
    net = load("signs")
    source = torch.Generator().manual_seed(seed)
    x = draw_signs(torch.tensor([0] * 4 + [3] * 4), generator=source)
    y, green = predict(net, x).argmax(1), torch.full((8,), 2)
    white = {"target": green, "colours": torch.ones(1, 3), "pixels": 30, "looks": 48}
    guided = few_pixel(net, x, y, **white, generator=source)
    blind = few_pixel(net, x, y, **white, features=0, generator=source)
    assert guided.success.float().mean() >= 0.8
    assert (predict(net, guided.x_adv).argmax(1) == green)[guided.success].all()
    count = changed(guided.x_adv, x).double().where(guided.success, torch.inf)
    assert float(count[:4].median()) <= 20
    assert float(count[4:].median()) <= 8
    assert guided.queries.double().mean() < blind.queries.double().mean()


def test_keypoints_find_the_blob_and_its_size():
    x = torch.full((2, 3, 32, 32), 0.3)
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    x[0, 1] += 0.6 * torch.exp(-((rows - 20) ** 2 + (columns - 9) ** 2) / 18)
    x[1, 2, 5, 25] = 1.0
    found = keypoints(x, 4)
    assert (found.row[0, 0] - 20).abs() <= 1
    assert (found.column[0, 0] - 9).abs() <= 1
    assert (int(found.row[1, 0]), int(found.column[1, 0])) == (5, 25)
    assert found.scale[0, 0] > found.scale[1, 0]
    torch.testing.assert_close(found.weight.sum(1), torch.ones(2))


# One pixel


def test_one_pixel_is_found_where_one_decides():
    x = torch.full((3, 1, 4, 4), 0.3)
    y = torch.zeros(3, dtype=torch.int64)
    found = one_pixel(FirstPixel(), x, y, population=60, generations=30)
    assert found.success.all()
    assert changed(found.x_adv, x).tolist() == [1, 1, 1]
    assert (found.x_adv[:, 0, 0, 0] > 0.6).all()


def test_genes_are_drawn_where_they_say(signs):
    net, x, y = signs
    contest = _Contest(net, x[:1], y[:1], None)
    genes = torch.tensor([[3.7, 30.2, 0.1, 0.2, 0.3, 31.99, 0.0, 1.0, 0.0, 0.5]]).double()
    drawn = contest.draw(genes)
    assert drawn[0, :, 3, 30].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert drawn[0, :, 31, 0].tolist() == pytest.approx([1.0, 0.0, 0.5])
    assert int(changed(drawn, x[:1])) == 2


# The boundary attack


@pytest.fixture(scope="module")
def perceptron():
    """The perceptron, 16 digits that it reads, and a digit of another class for each."""
    net = load("mlp")
    x, y = mnist10k("test")
    right = (predict(net, x).argmax(1) == y).nonzero().flatten()[:16]
    pool, labels = x[1000:], predict(net, x[1000:]).argmax(1)
    other = [pool[labels != c][7 * i] for i, c in enumerate(y[right])]
    return net, x[right], y[right], torch.stack(other)


def test_boundary_attack_keeps_to_its_budget_and_comes_nearer(perceptron):
    net, x, y, start = perceptron
    medians = []
    for queries in (20, 200, 800):
        found = boundary_attack(net, x, y, queries=queries, start=start)
        assert found.success.all()
        assert (found.queries == queries).all()
        medians.append(float((found.x_adv - x).flatten(1).norm(dim=1).median()))
    assert medians[0] > medians[1] > medians[2]
    nearest = carlini_wagner(net, x, y, steps=60, searches=3).x_adv
    assert medians[2] > float((nearest - x).flatten(1).norm(dim=1).median())


def test_boundary_attack_finds_the_nearest_point_of_a_plane():
    plane = nn.Linear(6, 2).double().requires_grad_(False)
    plane.weight.copy_(torch.tensor([[0.0] * 6, [1.0, 2.0, 0.0, -1.0, 0.5, 1.0]]))
    plane.bias.copy_(torch.tensor([0.0, -2.4]))
    model = nn.Sequential(nn.Flatten(), plane).eval()
    x = torch.full((4, 6), 0.5, dtype=torch.float64)
    y = torch.zeros(4, dtype=torch.int64)
    found = boundary_attack(model, x, y, queries=1500, start=torch.ones_like(x))
    exact = 0.65 / float(plane.weight[1].norm())
    distance = (found.x_adv - x).norm(dim=1)
    assert found.success.all()
    assert (distance >= exact).all()
    assert (distance <= 1.02 * exact).all()


def test_boundary_attack_is_as_near_as_foolbox(perceptron):
    net, x, y, start = perceptron
    model = foolbox.PyTorchModel(copy.deepcopy(net), bounds=(0, 1), device="cpu")
    wrong = foolbox.criteria.Misclassification(y)
    # its step asks once, and every tenth time twice
    peer = foolbox.attacks.BoundaryAttack(steps=900, tensorboard=False)
    torch.manual_seed(0)
    theirs = peer.run(model, x, wrong, starting_points=start)
    ours = boundary_attack(net, x, y, queries=1000, start=start).x_adv
    near, far = ((z - x).flatten(1).norm(dim=1).median() for z in (ours, theirs))
    assert near <= 1.2 * far
    assert near >= far / 5


def test_boundary_attack_needs_a_start(perceptron):
    net, x, y, _ = perceptron
    found = boundary_attack(net, x, y, queries=60, start=x)
    assert not found.success.any()
    assert torch.equal(found.x_adv, x)
    assert (found.queries == 2).all()


# One change for all


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_change_fools_most_digits_and_chance_does_not(seed):
    net = load("mlp")
    train, (x, _) = mnist10k("train")[0][:300], mnist10k("test")
    source = torch.Generator().manual_seed(seed)
    found = universal_perturbation(net, train, eps=0.2, generator=source)
    assert found.change.shape == (1, 28, 28)
    assert float(found.change.abs().max()) <= 0.2 + 1e-6
    says = predict(net, x).argmax(1)
    signs = 0.2 * torch.randn(1, 28, 28, generator=source).sign()
    fooled = [
        float((predict(net, (x + v).clamp(0, 1)).argmax(1) != says).double().mean())
        for v in (found.change, signs)
    ]
    assert fooled[0] > 0.7
    assert fooled[1] < 0.35


def test_universal_perturbation_in_euclids_norm_stops_when_it_is_enough():
    net, x = load("mlp"), mnist10k("train")[0][:60]
    found = universal_perturbation(net, x, eps=6.0, norm="l2", enough=0.3)
    assert float(found.change.norm()) <= 6 + 1e-4
    assert found.rates[-1] >= 0.3
    assert all(rate < 0.3 for rate in found.rates[:-1])
    says = predict(net, x).argmax(1)
    again = predict(net, (x + found.change).clamp(0, 1)).argmax(1) != says
    assert float(again.double().mean()) == found.rates[-1]


def test_universal_perturbation_of_radius_zero_fools_nobody():
    found = universal_perturbation(load("mlp"), mnist10k("train")[0][:5], eps=0.0, passes=1)
    assert found.rates == [0.0]
    assert not found.change.any()


# Bad input

NET = FirstPixel()
X, Y = torch.full((2, 1, 4, 4), 0.3), torch.zeros(2, dtype=torch.int64)


@pytest.mark.parametrize("search", [few_pixel, one_pixel, boundary_attack])
def test_bad_arguments_are_named_by_every_search(search):
    with pytest.raises(ValueError, match=r"^x:"):
        search(NET, X + 1, Y)
    with pytest.raises(ValueError, match=r"^y:"):
        search(NET, X, Y[:1])
    with pytest.raises(ValueError, match=r"^target:"):
        search(NET, X, Y, target=Y + 2)
    with pytest.raises(ValueError, match=r"^model:"):
        search(FirstPixel().train(), X, Y)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("x", lambda: few_pixel(NET, X.flatten(1), Y)),
        ("pixels", lambda: few_pixel(NET, X, Y, pixels=0)),
        ("looks", lambda: few_pixel(NET, X, Y, looks=0)),
        ("features", lambda: few_pixel(NET, X, Y, features=-1)),
        ("colours", lambda: few_pixel(NET, X, Y, colours=torch.ones(2, 3))),
        ("colours", lambda: few_pixel(NET, X, Y, colours=torch.full((1, 1), 2.0))),
        ("colours", lambda: few_pixel(NET, X.expand(-1, 5, -1, -1), Y)),
        ("x", lambda: one_pixel(NET, X.flatten(1), Y)),
        ("pixels", lambda: one_pixel(NET, X, Y, pixels=0)),
        ("population", lambda: one_pixel(NET, X, Y, population=2)),
        ("generations", lambda: one_pixel(NET, X, Y, generations=0)),
        ("queries", lambda: boundary_attack(NET, X, Y, queries=0)),
        ("aside", lambda: boundary_attack(NET, X, Y, aside=0)),
        ("towards", lambda: boundary_attack(NET, X, Y, towards=1.0)),
        ("start", lambda: boundary_attack(NET, X, Y, start=X[:1])),
        ("start", lambda: boundary_attack(NET, X, Y, start=X + 1)),
        ("x", lambda: universal_perturbation(NET, X[:0], eps=0.1)),
        ("eps", lambda: universal_perturbation(NET, X, eps=-1)),
        ("norm", lambda: universal_perturbation(NET, X, eps=0.1, norm="l1")),
        ("passes", lambda: universal_perturbation(NET, X, eps=0.1, passes=0)),
        ("enough", lambda: universal_perturbation(NET, X, eps=0.1, enough=0)),
        ("overshoot", lambda: universal_perturbation(NET, X, eps=0.1, overshoot=-1)),
        ("candidates", lambda: universal_perturbation(NET, X, eps=0.1, candidates=0)),
    ],
)
def test_bad_settings_are_named(name, bad):
    with pytest.raises(ValueError, match=f"^{name}:"):
        bad()
