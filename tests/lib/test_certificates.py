"""Certificates: closed forms on linear models, laws of bounds, and the sandwich on real digits."""

import copy
import itertools

import pytest
import torch
from scipy import stats
from torch import nn

from sdl_lib.attacks import ddn, fab, pgd
from sdl_lib.data import mnist10k
from sdl_lib.defences import (
    CERTIFIABLE,
    certifiable,
    certify_smoothing,
    evaluate_robustness,
    gloro,
    gloro_radius,
    gloro_training,
    ibp,
    ibp_bounds,
    ibp_radius,
    ibp_training,
    lipschitz_bound,
    noise_training,
    noisy_counts,
)
from sdl_lib.defences.gloro import _norm, _power
from sdl_lib.linear_algebra import power_iteration
from sdl_lib.live import certified_sandwich
from sdl_lib.models import StridedConv, load
from sdl_lib.training import accuracy, predict


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def linear_model(d=12, classes=4, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(d, classes)).double().requires_grad_(False).eval()


def conv_model(seed=0, pool=None):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.ReLU(),
        pool or nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16, 8),
        nn.ReLU(),
        nn.Linear(8, 5),
    )
    return model.requires_grad_(False).eval()


def true_distance(model, x, norm):
    """Of a linear model, to the nearest boundary, in the l2 or the linf norm."""
    w, b = model[-1].weight, model[-1].bias
    z = x.flatten(1) @ w.T + b
    j = z.argmax(1)
    lead = z.gather(1, j[:, None]) - z
    apart = (w[j].unsqueeze(1) - w).norm(p=2 if norm == "l2" else 1, dim=2)
    return (lead / apart).scatter(1, j[:, None], torch.inf).amin(1)


@pytest.fixture(scope="module")
def readers():
    return {name: certifiable(name) for name in CERTIFIABLE}


@pytest.fixture(scope="module")
def sample():
    x, y = mnist10k("test")
    return x[:64], y[:64]


# --- a linear model: every certificate is the true distance, or stays below it


@pytest.mark.parametrize("seed", range(3))
def test_gloro_radius_of_a_linear_model_is_the_distance(seed):
    model = linear_model(seed=seed)
    x = torch.rand(40, 12, generator=seeded(seed), dtype=torch.float64)
    found = gloro_radius(model, x)
    assert torch.equal(found.prediction, model(x).argmax(1))
    assert (found.radius - true_distance(model, x, "l2")).abs().max() < 1e-5


@pytest.mark.parametrize("seed", range(3))
def test_ibp_radius_of_a_linear_model_is_the_distance(seed):
    model = linear_model(seed=seed)
    x = torch.rand(40, 12, generator=seeded(seed), dtype=torch.float64)
    found = ibp_radius(model, x, model(x).argmax(1), box=None, most=4.0, halvings=30)
    gap = true_distance(model, x, "linf") - found
    assert gap.abs().max() < 1e-5
    assert gap.min() > -1e-12  # from below


def test_ibp_of_a_linear_model_is_the_least_lead_found_by_its_corners():
    model = linear_model(d=6, classes=3)
    x = torch.rand(8, 6, generator=seeded(1), dtype=torch.float64)
    y = torch.randint(3, (8,), generator=seeded(2))
    signs = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=6)), dtype=torch.float64)
    for box in (None, (0, 1)):
        corners = x.unsqueeze(1) + 0.3 * signs
        corners = corners if box is None else corners.clamp(*box)
        z = model(corners.flatten(0, 1)).view(8, -1, 3)
        own = z.gather(2, y.view(8, 1, 1).expand(8, z.shape[1], 1))
        rivals = z.scatter(2, y.view(8, 1, 1).expand(8, z.shape[1], 1), -torch.inf).amax(2)
        least = (own.squeeze(2) - rivals).amin(1)
        assert torch.allclose(ibp(model, x, y, eps=0.3, box=box), least)


@pytest.mark.parametrize("seed", range(4))
def test_smoothing_never_exceeds_the_distance_and_nears_it(seed):
    """The bound is beaten by the truth with probability .001 each: none of 80 here."""
    model = linear_model(classes=2, seed=seed)
    x = torch.rand(20, 12, generator=seeded(seed), dtype=torch.float64)
    truth = true_distance(model, x, "l2")
    sigma = 0.5
    gaps = []
    for samples in (100, 1000, 20_000):
        found = certify_smoothing(model, x, sigma=sigma, samples=samples, generator=seeded(seed))
        assert (found.radius <= truth + 1e-12).all()
        assert ((found.prediction == -1) | (found.prediction == model(x).argmax(1))).all()
        capped = truth.clamp_max(sigma * float(stats.norm.ppf(0.001 ** (1 / samples))))
        gaps.append(float((capped - found.radius).mean()))
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.025


def test_smoothing_of_many_classes_stays_below_the_distance():
    model = linear_model(classes=5)
    x = torch.rand(60, 12, generator=seeded(5), dtype=torch.float64)
    found = certify_smoothing(model, x, sigma=0.3, samples=2000)
    assert (found.radius <= true_distance(model, x, "l2")).all()
    assert (found.radius > 0).sum() > 20


# --- smoothing


def test_radius_is_the_closed_form_of_its_counts(readers, sample):
    x, _ = sample
    sigma, n, alpha = 0.5, 400, 0.01
    found = certify_smoothing(readers["noise"], x, sigma=sigma, samples=n, alpha=alpha)
    assert (found.counts.sum(1) == n).all()
    for prediction, radius, counts in zip(*found, strict=True):
        hits = int(counts[prediction] if prediction >= 0 else counts.max())
        low = stats.beta.ppf(alpha, hits, n - hits + 1)
        test = stats.binomtest(hits, n, alternative="greater")
        assert low == pytest.approx(test.proportion_ci(1 - alpha, "exact").low, abs=1e-9)
        if prediction < 0:
            assert radius == 0
        else:
            assert float(radius) == pytest.approx(sigma * stats.norm.ppf(low), abs=1e-9)


def test_no_certificate_exceeds_what_the_number_of_samples_allows():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).requires_grad_(False).eval()
    model[1].weight.zero_()
    model[1].bias.copy_(torch.tensor([1.0, 0.0]))
    for n in (100, 1000, 100_000):
        found = certify_smoothing(model, torch.rand(1, 4), sigma=2.0, samples=n, batch=20_000)
        cap = 2.0 * stats.norm.ppf(0.001 ** (1 / n))
        assert float(found.radius) == pytest.approx(cap, abs=1e-9)
    assert cap / 2 == pytest.approx(3.81, abs=0.005)  # the figure that the page gives


def test_certificates_are_wrong_at_most_as_often_as_they_say():
    """True probability known: a certificate is wrong if its bound is above it."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=False)).requires_grad_(False).eval()
    model[1].weight.copy_(torch.tensor([[1.0], [-1.0]]))
    x = torch.full((4000, 1), 0.4)  # P(x + sigma Z > 0) is known
    alpha = 0.1
    found = certify_smoothing(model, x, sigma=0.5, samples=60, alpha=alpha, batch=10_000)
    wrong = float((found.radius > 0.4).double().mean())
    assert 0.01 < wrong <= alpha + 3 * (alpha * (1 - alpha) / 4000) ** 0.5


def test_it_abstains_on_a_coin():
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=False)).requires_grad_(False).eval()
    model[1].weight.copy_(torch.tensor([[1.0], [-1.0]]))
    found = certify_smoothing(model, torch.zeros(200, 1), sigma=1.0, samples=200)
    assert (found.prediction == -1).double().mean() > 0.98
    assert (found.radius[found.prediction == -1] == 0).all()


def test_counts_do_not_depend_on_how_the_copies_are_batched(readers, sample):
    x, _ = sample
    one, other = (
        noisy_counts(readers["noise"], x[:5], 60, sigma=0.5, batch=b, generator=seeded(1))
        for b in (300, 75)
    )
    assert (one - other).abs().sum() <= 2  # but for rounding: torch draws chunks of 16 alike
    again = noisy_counts(readers["noise"], x[:5], 60, sigma=0.5, batch=300, generator=seeded(1))
    assert torch.equal(one, again)


def test_smoothing_passes_the_copies_in_full_batches(readers, sample):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.sizes = []

        def forward(self, x):
            assert not torch.is_grad_enabled()
            self.sizes.append(len(x))
            return readers["noise"](x)

    model = Counting().eval()
    certify_smoothing(model, sample[0][:3], sigma=0.5, samples=500, selection=10, batch=400)
    assert model.sizes == [30, 400, 400, 400, 300]


@pytest.mark.parametrize("seed", range(3))
def test_the_smoothed_answer_stands_within_its_radius(readers, sample, seed):
    """Attack the mean of many draws, and ask the smoothed classifier again at the point found."""
    x, y = sample[0][:16], sample[1][:16]
    base, sigma = readers["noise"], 0.5
    found = certify_smoothing(base, x, sigma=sigma, samples=1000, generator=seeded(seed))
    noise = sigma * torch.randn(24, *x.shape[1:], generator=seeded(seed + 10))

    class MeanOfDraws(nn.Module):
        def forward(self, z):
            copies = (z.unsqueeze(1) + noise).flatten(0, 1)
            return base(copies).softmax(1).view(len(z), 24, 10).mean(1).log()

    sure = (found.prediction == y) & (found.radius > 0.3)
    assert sure.sum() >= 10
    for radius in (0.3, 0.8):
        rows = sure & (found.radius >= radius)
        moved = pgd(MeanOfDraws().eval(), x[rows], y[rows], eps=radius, norm="l2", steps=6)
        there = noisy_counts(base, moved, 1000, sigma=sigma, generator=seeded(seed + 20))
        assert torch.equal(there.argmax(1), y[rows])


# --- interval bounds


@pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AvgPool2d(3, 2, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_every_point_of_the_box_is_inside_the_bounds(pool, seed):
    model, source = conv_model(seed, pool), seeded(seed)
    x = torch.rand(3, 1, 10, 10, generator=source)
    bounds = ibp_bounds(model, x - 0.1, x + 0.1)
    y = model(x).argmax(1)
    least = ibp(model, x, y, eps=0.1, box=None)
    for _ in range(50):
        z = model(x + 0.1 * (2 * torch.rand(x.shape, generator=source) - 1).sign())
        assert (bounds.low - 1e-5 <= z).all()
        assert (z <= bounds.high + 1e-5).all()
        lead = z.gather(1, y[:, None]) - z.scatter(1, y[:, None], -torch.inf)
        assert (lead.amin(1) >= least - 1e-5).all()
    for end in ibp_bounds(model, x, x):
        assert torch.allclose(end, model(x), atol=1e-5)


def test_eliding_the_last_layer_is_sharper_than_two_bounds(readers, sample):
    x, y = sample
    for eps in (0.02, 0.1):
        low, high = ibp_bounds(readers["ibp"], (x - eps).clamp(0, 1), (x + eps).clamp(0, 1))
        own = low.gather(1, y[:, None]).squeeze(1)
        naive = own - high.scatter(1, y[:, None], -torch.inf).amax(1)
        elided = ibp(readers["ibp"], x, y, eps=eps)
        assert (elided >= naive - 1e-5).all()
        assert (elided - naive).mean() > 0.1


def test_a_larger_ball_has_a_smaller_lead_and_the_radius_is_where_it_ends(readers, sample):
    x, y = sample
    leads = torch.stack([ibp(readers["ibp"], x, y, eps=e) for e in (0, 0.05, 0.1, 0.15)])
    assert (leads.diff(dim=0) <= 1e-5).all()
    logits = predict(readers["ibp"], x)
    own = logits.gather(1, y[:, None])
    assert torch.allclose(
        leads[0], (own - logits.scatter(1, y[:, None], -torch.inf)).amin(1), atol=1e-4
    )
    radius = ibp_radius(readers["ibp"], x, y)
    for row in radius.nonzero().flatten()[:10].tolist():
        one, answer, r = x[row : row + 1], y[row : row + 1], float(radius[row])
        assert ibp(readers["ibp"], one, answer, eps=r * (1 - 1e-6)) > -1e-5
        assert ibp(readers["ibp"], one, answer, eps=r + 1e-4) < 0
    wrong = (y + 1) % 10
    assert (ibp_radius(readers["ibp"], x, wrong)[logits.argmax(1) == y] == 0).all()


# --- Lipschitz bounds


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_a_product_of_spectral_norms(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))
    model = model.requires_grad_(False).eval()
    one, two = (torch.linalg.svdvals(model[i].weight.double())[0] for i in (0, 2))
    apart = torch.cdist(model[4].weight.double(), model[4].weight.double())
    assert torch.allclose(lipschitz_bound(model, (6,)), one * two * apart, atol=1e-6)


@pytest.mark.parametrize("layer", [0, 3])
def test_the_norm_of_a_convolution_is_that_of_power_iteration(layer):
    model = conv_model()
    x = model[:layer](torch.zeros(1, 1, 10, 10))
    only = nn.Sequential(model[layer], nn.Flatten(), nn.Linear(model[layer](x).numel(), 2))
    only = only.requires_grad_(False).eval()
    only[2].weight.zero_()
    only[2].weight[0, 0] = 1.0
    bound = float(lipschitz_bound(only, tuple(x.shape[1:]))[0, 1])
    sigma, _ = power_iteration(model[layer].double(), x.double(), steps=500)
    assert bound == pytest.approx(float(sigma), rel=1e-4)
    assert bound >= float(sigma) - 1e-6


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.AvgPool2d(2)])
def test_no_two_points_differ_by_more_than_the_bound_allows(seed, pool):
    model, source = conv_model(seed, pool), seeded(seed)
    a, b = (torch.rand(200, 1, 10, 10, generator=source) for _ in range(2))
    gap = model(a) - model(b)
    moved = (gap.unsqueeze(1) - gap.unsqueeze(2)).abs()
    allowed = (a - b).flatten(1).norm(dim=1).view(-1, 1, 1) * lipschitz_bound(model, (1, 10, 10))
    assert (moved <= allowed + 1e-6).all()


def test_bottom_wins_exactly_outside_the_radius(readers, sample):
    x, _ = sample
    found = gloro_radius(readers["gloro"], x)
    for eps in (0.3, 0.8):
        logits = gloro(readers["gloro"], x, eps=eps)
        assert logits.shape == (64, 11)
        assert torch.equal(logits.argmax(1) != 10, found.radius > eps)
        assert torch.equal(logits[:, :10], predict(readers["gloro"], x))


def test_a_tie_has_no_radius():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 3)).requires_grad_(False).eval()
    model[1].weight.zero_()
    model[1].bias.copy_(torch.tensor([1.0, 1.0, 0.0]))
    assert float(gloro_radius(model, torch.rand(1, 3)).radius) == 0
    model[1].bias.copy_(torch.tensor([2.0, 1.0, 0.0]))
    assert float(gloro_radius(model, torch.rand(1, 3)).radius) == torch.inf


# --- the sandwich: certified <= attacked <= clean, example by example


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["plain", "gloro", "ibp"])
def test_what_is_certified_is_never_broken(readers, sample, name, seed):
    model, (x, y) = readers[name], sample
    clean = predict(model, x).argmax(1) == y
    euclid, maximum = gloro_radius(model, x), ibp_radius(model, x, y)
    for norm, eps in (("l2", 0.3), ("l2", 0.8), ("linf", 0.05), ("linf", 0.1)):
        safe = clean & (euclid.radius > eps) if norm == "l2" else maximum > eps
        moved = pgd(model, x, y, eps=eps, norm=norm, steps=10, generator=seeded(seed))
        stands = clean & (predict(model, moved).argmax(1) == y)
        assert not (safe & ~stands).any()
        assert safe.sum() <= stands.sum() <= clean.sum()


def test_small_autoattack_does_not_break_it_either(readers, sample):
    x, y = sample[0][:32], sample[1][:32]
    for name, norm, eps in (("gloro", "l2", 0.5), ("ibp", "linf", 0.1)):
        model = readers[name]
        safe = ibp_radius(model, x, y) if norm == "linf" else gloro_radius(model, x).radius
        found = evaluate_robustness(model, x, y, eps=eps, norm=norm, steps=10, queries=50)
        stood = torch.tensor([by == "" for by in found.broken_by])
        right = predict(model, x).argmax(1) == y
        assert not ((safe > eps) & right & ~stood).any()


def test_the_nearest_success_lies_beyond_every_certificate(readers, sample):
    x, y = sample
    model = readers["gloro"]
    right = predict(model, x).argmax(1) == y
    found = ddn(model, x[right], y[right], steps=60)
    size = (found.x_adv - x[right]).flatten(1).norm(dim=1)
    assert (size[found.success] >= gloro_radius(model, x[right]).radius[found.success]).all()
    model = readers["ibp"]
    right = predict(model, x).argmax(1) == y
    found = fab(model, x[right], y[right], norm="linf", steps=20, candidates=3)
    size = (found.x_adv - x[right]).flatten(1).abs().amax(1)
    inside = ibp_radius(model, x[right], y[right])
    assert (size[found.success] >= inside[found.success]).all()


def test_the_page_s_claims_on_all_test_digits(readers):
    """What training for a certificate buys, and what it costs."""
    x, y = mnist10k("test")
    clean = {name: accuracy(model, x, y) for name, model in readers.items()}
    print(clean)
    vra = {}
    for name in ("plain", "gloro"):
        found = gloro_radius(readers[name], x)
        vra[name] = float(((found.prediction == y) & (found.radius > 0.5)).double().mean())
    box = {n: float((ibp(readers[n], x, y, eps=0.1) > 0).double().mean()) for n in ("plain", "ibp")}
    print(vra, box)
    assert vra["plain"] < 0.01
    assert box["plain"] < 0.01
    assert vra["gloro"] > 0.7
    assert box["ibp"] > 0.7
    assert clean["plain"] - max(clean["gloro"], clean["ibp"]) > 0.005
    assert clean["plain"] > 0.94


# --- training


@pytest.mark.parametrize("way", [gloro_training, ibp_training, noise_training])
def test_training_returns_a_copy_and_learns(way):
    x, y = (part[:600] for part in mnist10k("train"))
    torch.manual_seed(0)
    start = nn.Sequential(nn.Flatten(), nn.Linear(784, 24), nn.ReLU(), nn.Linear(24, 10)).eval()
    before = copy.deepcopy(start.state_dict())
    state = torch.random.get_rng_state()
    options = {"sigma": 0.5} if way is noise_training else {"eps": 0.05}
    one, other = (way(start, x, y, epochs=2, lr=2e-2, **options) for _ in range(2))
    assert torch.equal(state, torch.random.get_rng_state())
    for name, value in start.state_dict().items():
        assert torch.equal(value, before[name])
        assert torch.equal(one.state_dict()[name], other.state_dict()[name])
    assert not one.training
    assert not any(p.requires_grad for p in one.parameters())
    assert accuracy(one, x, y) > 0.6


@pytest.mark.parametrize("seed", range(3))
def test_training_for_a_certificate_certifies_more(seed):
    x, y = (part[:1000] for part in mnist10k("train"))
    torch.manual_seed(seed)
    start = nn.Sequential(nn.Flatten(), nn.Linear(784, 24), nn.ReLU(), nn.Linear(24, 10)).eval()
    options = {"epochs": 3, "lr": 2e-2, "generator": seeded(seed)}

    def certified(model):
        euclid = gloro_radius(model, x)
        inside = (euclid.radius > 0.5) & (euclid.prediction == y)
        box = ibp(model, x, y, eps=0.05) > 0
        return float(inside.double().mean()), float(box.double().mean())

    usual = certified(noise_training(start, x, y, sigma=0.0, **options))
    assert certified(gloro_training(start, x, y, eps=0.5, **options))[0] > usual[0] + 0.1
    assert certified(ibp_training(start, x, y, eps=0.05, **options))[1] > usual[1] + 0.3


@pytest.mark.parametrize("layer", [nn.Linear(8, 6), nn.Conv2d(2, 3, 3), nn.AvgPool2d(2)])
def test_the_norm_in_training_comes_from_below_and_arrives(layer):
    shape = (1, 8) if isinstance(layer, nn.Linear) else (1, 2, 6, 6)
    v, exact = (
        torch.randn(shape, generator=seeded(0)),
        float(_norm(layer.requires_grad_(False), torch.zeros(shape))),
    )
    seen = []
    for _ in range(150):
        v, norm = _power(layer, v, 2)
        seen.append(float(norm))
    assert max(seen) <= exact * (1 + 1e-5)
    assert seen[-1] == pytest.approx(exact, rel=1e-3)
    assert seen[-1] >= seen[0]


@pytest.mark.parametrize("name", CERTIFIABLE)
def test_shipped_networks_are_small_and_as_their_passports_say(readers, name):
    assert isinstance(readers[name], StridedConv)
    assert sum(p.numel() for p in readers[name].parameters()) == 28_874
    assert not readers[name].training


# --- bad input


def test_bad_input_is_named(readers, sample):
    x, y = sample[0][:2], sample[1][:2]
    model = readers["ibp"]
    calls = [
        ("sigma", lambda: certify_smoothing(model, x, sigma=0.0)),
        ("sigma", lambda: certify_smoothing(model, x, sigma=-1.0)),
        ("alpha", lambda: certify_smoothing(model, x, sigma=1.0, alpha=1.0)),
        ("samples", lambda: certify_smoothing(model, x, sigma=1.0, samples=0)),
        ("batch", lambda: certify_smoothing(model, x, sigma=1.0, batch=0)),
        ("x", lambda: certify_smoothing(model, x[:0], sigma=1.0)),
        ("x", lambda: certify_smoothing(model, x / 0, sigma=1.0)),
        ("model", lambda: certify_smoothing(copy.deepcopy(model).train(), x, sigma=1.0)),
        ("eps", lambda: ibp(model, x, y, eps=-0.1)),
        ("x", lambda: ibp(model, x + 1, y, eps=0.1)),
        ("y", lambda: ibp(model, x, y + 10, eps=0.1)),
        ("y", lambda: ibp(model, x, y[:1], eps=0.1)),
        ("low", lambda: ibp_bounds(model, x + 0.1, x)),
        ("high", lambda: ibp_bounds(model, x, x[:1])),
        ("kappa", lambda: ibp_training(model, x, y, eps=0.1, kappa=2.0)),
        ("eps", lambda: gloro(model, x, eps=float("nan"))),
        ("power_steps", lambda: gloro_training(model, x, y, eps=0.1, power_steps=0)),
        ("model", lambda: gloro_radius(copy.deepcopy(model).train(), x)),
        ("model", lambda: gloro_radius(nn.Sequential(nn.Tanh(), nn.Linear(2, 2)).eval(), x)),
        ("model", lambda: gloro_radius(nn.Sequential(nn.Flatten()).eval(), x)),
        ("model", lambda: gloro_radius(conv_model(pool=nn.MaxPool2d(3, 2)), x)),
        ("name", lambda: certifiable("lenet5")),
    ]
    for name, call in calls:
        with pytest.raises(ValueError, match=f"^{name}: "):
            call()


def test_nothing_that_was_passed_is_changed(readers, sample):
    x, y = sample[0][:3].clone(), sample[1][:3]
    given = x.clone()
    state = torch.random.get_rng_state()
    certify_smoothing(readers["noise"], x, sigma=0.5, samples=50)
    ibp_radius(readers["ibp"], x, y)
    gloro_radius(readers["gloro"], x)
    assert torch.equal(x, given)
    assert torch.equal(state, torch.random.get_rng_state())
    assert lipschitz_bound(load("mlp"), (1, 28, 28)).shape == (10, 10)


# --- the lab


@pytest.mark.parametrize("name", ["gloro", "ibp", "plain"])
def test_the_lab_s_numbers_are_those_of_the_library(sample, name):
    x, y = sample
    proof, attack, pictures = certified_sandwich.measured(name)
    model = certifiable(certified_sandwich.METHODS[name].network)
    right = predict(model, x).argmax(1) == y
    ours = ibp_radius(model, x, y) if name == "ibp" else gloro_radius(model, x).radius
    assert torch.allclose(proof[:64], torch.where(right, ours, 0).double(), atol=1e-6)
    assert (proof <= attack).all()
    assert (predict(model, pictures[:64]).argmax(1) != y).all()
    for eps in (0.0, 0.1, 0.7):
        assert certified_sandwich.look(name, eps) == tuple(
            sorted(certified_sandwich.look(name, eps))
        )
