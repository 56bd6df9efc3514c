"""Concept directions, TCAV scores and their significance: closed forms, captum, calibration."""

import copy

import pytest
import torch
from captum.concept import TCAV, Concept
from captum.concept._utils.classifier import Classifier
from scipy.stats import ttest_ind
from torch import nn

from sdl_lib.attribution import (
    Tcav,
    concept_direction,
    concept_directions,
    conceptual_sensitivity,
    layer_gradient,
    pooled_activations,
    random_directions,
    tcav,
    tcav_score,
)
from sdl_lib.attribution.drawn_concepts import dots, stripes, tint
from sdl_lib.data import mnist10k, photograph
from sdl_lib.models import load
from sdl_lib.representations import linear_probe


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def lenet():
    return load("lenet5")


@pytest.fixture(scope="module")
def digits():
    x, y = mnist10k("test")
    return x[:60], y[:60]


# Directions


def test_direction_points_to_the_concept_and_is_the_probes_normal():
    concept = torch.randn(30, 5, generator=chance()) * torch.tensor([1.0, 2, 3, 4, 5])
    concept[:, 2] += 9
    counter = torch.randn(20, 5, generator=chance(1)) * torch.tensor([1.0, 2, 3, 4, 5])
    v = concept_direction(concept, counter)
    torch.testing.assert_close(v.norm(), torch.tensor(1.0).double())
    assert v @ (concept.mean(0) - counter.mean(0)).double() > 0
    y = torch.cat([torch.ones(30), torch.zeros(20)]).long()
    scores = linear_probe(torch.cat([concept, counter]), y).scores
    x = torch.randn(7, 5, generator=chance(2))
    lead = scores(x)[:, 1] - scores(x)[:, 0]
    along = x.double() @ v
    torch.testing.assert_close(
        (lead - lead.mean()) / lead.std(), (along - along.mean()) / along.std()
    )


def test_swapping_the_sets_turns_the_direction_round():
    a, b = torch.randn(2, 25, 6, generator=chance())
    torch.testing.assert_close(concept_direction(a, b + 1), -concept_direction(b + 1, a))


# Gradients


def test_gradient_of_a_linear_top_is_its_weight(lenet, digits):
    x, y = digits
    found = layer_gradient(lenet, x, y, layer="layers.10", batch_size=7)
    torch.testing.assert_close(found, lenet.layers[11].weight[y])


@pytest.mark.parametrize("layer", ["layers.3", "layers.5", "layers.8"])
def test_gradient_is_what_a_push_of_the_whole_channel_does(lenet, digits, layer):
    model, (x, y) = copy.deepcopy(lenet).double(), digits
    x = x.double()
    v = torch.randn(model.get_submodule(layer)(_before(model, x, layer)).shape[1]).double()
    shape = (-1, 1, 1) if layer != "layers.8" else (-1,)

    def pushed(amount):
        part = model.get_submodule(layer)
        hook = part.register_forward_hook(lambda m, i, h: h + amount * v.view(shape))
        with torch.no_grad():
            logits = model(x).gather(1, y[:, None])[:, 0]
        hook.remove()
        return logits

    slope = (pushed(1e-6) - pushed(-1e-6)) / 2e-6
    found = conceptual_sensitivity(layer_gradient(model, x, y, layer=layer), v)
    torch.testing.assert_close(found, slope, rtol=1e-4, atol=1e-5)


def _before(model, x, layer):
    heard = []
    hook = model.get_submodule(layer).register_forward_pre_hook(lambda m, i: heard.append(i[0]))
    with torch.no_grad():
        model(x)
    hook.remove()
    return heard[0]


def test_gradient_leaves_no_trace(lenet, digits):
    model, (x, y) = copy.deepcopy(lenet), digits
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    given, state = x.clone(), torch.get_rng_state()
    found = layer_gradient(model, x, y, layer="layers.8")
    assert not found.requires_grad
    assert torch.equal(x, given)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert not any(m._forward_hooks for m in model.modules())
    assert not model.training


def test_gradient_through_a_part_that_works_in_place():
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 3)).eval()
    x, y = torch.randn(5, 4, generator=chance()), torch.tensor([0, 1, 2, 0, 1])
    with torch.no_grad():
        active = (model[0](x) > 0).float()
    found = layer_gradient(model, x, y, layer="0")
    torch.testing.assert_close(found, active * model[2].weight.detach()[y])


# Scores


def test_score_counts_only_rises():
    assert tcav_score(torch.tensor([1.0, 0.0, -2.0, 3.0])) == 0.5


def test_a_linear_class_has_a_score_of_nought_or_one(lenet, digits):
    x, _ = digits
    for k in range(10):
        gradient = layer_gradient(lenet, x, torch.full((60,), k), layer="layers.10")
        v = torch.randn(84, generator=chance(k))
        expected = float(lenet.layers[11].weight[k] @ v > 0)
        assert tcav_score(conceptual_sensitivity(gradient, v)) == expected


class _Given(Classifier):
    """Lets captum use our direction: its own classifier is trained by stochastic descent."""

    def __init__(self, direction):
        super().__init__()
        self.direction = direction

    def train_and_eval(self, dataloader, test_split_ratio=0.33, enable_shuffling=True, **kw):
        return {"accs": 1.0}

    def weights(self):
        return torch.stack([self.direction, -self.direction])

    def classes(self):
        return [0, 1]


@pytest.mark.filterwarnings("ignore:numpy.core is deprecated:DeprecationWarning")  # of captum
@pytest.mark.parametrize("layer", ["layers.5", "layers.8"])
def test_scores_agree_with_captum(lenet, digits, layer, tmp_path):
    x, _ = digits
    pictures = {n: x[20 * i : 20 * i + 20] for i, n in enumerate(("concept", "random"))}
    heard = {n: pooled_activations(lenet, p, layer=layer) for n, p in pictures.items()}
    v = concept_direction(heard["concept"], heard["random"])
    # captum's direction has an entry for each position; ours is the same at all of them
    spread = v.repeat_interleave(25) if layer == "layers.5" else v
    concepts = [
        Concept(id=i, name=n, data_iter=torch.utils.data.DataLoader(p, batch_size=20))
        for i, (n, p) in enumerate(pictures.items())
    ]
    peer = TCAV(
        lenet, [layer], model_id="lenet", classifier=_Given(spread.float()), save_path=str(tmp_path)
    )
    for k in (3, 7):
        gradient = layer_gradient(lenet, x, torch.full((60,), k), layer=layer)
        slopes = conceptual_sensitivity(gradient, v)
        answer = peer.interpret(x, experimental_sets=[concepts], target=k)["0-1"][layer]
        assert abs(float(answer["sign_count"][0]) - tcav_score(slopes)) <= 1e-5
        # its documentation promises a share of sizes; what it computes is the mean slope
        assert abs(float(answer["magnitude"][0]) - float(slopes.mean())) <= 1e-5


# Significance


def test_p_value_is_a_rank_from_both_ends():
    null = torch.linspace(0.1, 0.9, 9).double()[:, None].expand(9, 4)
    for score, p in ((0.5, 1.0), (0.95, 0.1), (0.05, 0.1), (0.81, 0.3)):
        assert Tcav(torch.full((4,), score).double(), null).p_value == pytest.approx(p)


def test_t_test_is_scipys():
    scores, null = torch.rand(6, generator=chance()), torch.rand(12, 6, generator=chance(1))
    expected = ttest_ind(scores.numpy(), null[:, 0].numpy(), equal_var=False).pvalue
    assert Tcav(scores, null).t_test == pytest.approx(float(expected))


@pytest.mark.parametrize("seed", range(3))
def test_the_rank_test_keeps_its_level_and_the_t_test_does_not(seed):
    g = chance(seed)
    random = torch.randn(300, 20, generator=g)
    gradient = torch.randn(40, 20, generator=g) + 0.3
    null = random_directions(random, size=25, concepts=99, draws=10, generator=g)
    fresh = random_directions(random, size=25, concepts=150, draws=10, generator=g)
    trials = [tcav(gradient, v, null) for v in fresh]
    assert sum(t.p_value <= 0.05 for t in trials) / 150 <= 0.12
    assert sum(t.t_test <= 0.05 for t in trials) / 150 >= 0.2


def test_draws_come_from_the_generator_alone():
    random = torch.randn(40, 5, generator=chance())
    settings = {"size": 10, "concepts": 3, "draws": 2}
    state = torch.get_rng_state()
    first, again = (random_directions(random, generator=chance(1), **settings) for _ in "ab")
    assert torch.equal(first, again)
    assert first.shape == (3, 2, 5)
    assert not torch.equal(first, random_directions(random, generator=chance(2), **settings))
    assert torch.equal(torch.get_rng_state(), state)


# The claims of the chapter, on the real network, from three seeds


@pytest.fixture(scope="module")
def zebra_study():
    net = load("efficientnet-lite0")
    cut = []
    for name in ("cat", "coffee", "rocket", "motorcycle", "astronaut", "temple", "flower"):
        tiles = photograph(name, size=288).unfold(2, 96, 48).unfold(3, 96, 48)
        cut.append(tiles[0].permute(1, 2, 0, 3, 4).reshape(-1, 3, 96, 96))
    x = torch.cat(cut)
    inputs, random = x[::4], x[torch.arange(len(x)) % 4 > 0]
    slope = layer_gradient(net, inputs, torch.full((len(inputs),), 340), layer="blocks.10")
    return net, slope, pooled_activations(net, random, layer="blocks.10")


@pytest.mark.parametrize("seed", range(3))
def test_stripes_make_a_zebra(zebra_study, seed):
    net, slope, random = zebra_study
    g = chance(seed)
    concept = pooled_activations(net, stripes(40, generator=g), layer="blocks.10")
    null = random_directions(random, size=40, concepts=39, draws=5, generator=g)
    result = tcav(slope, concept_directions(concept, random, draws=5, generator=g), null)
    assert result.score >= 0.7
    assert result.score - float(result.null.mean()) >= 0.2
    assert result.p_value <= 0.05


# Drawn examples


def test_drawn_concepts_are_pictures_from_their_generator():
    for draw in (stripes, dots):
        first, again = draw(4, size=32, generator=chance()), draw(4, size=32, generator=chance())
        assert torch.equal(first, again)
        assert first.shape == (4, 3, 32, 32)
        assert 0 <= float(first.min()) <= float(first.max()) <= 1
        assert not torch.equal(first[0], first[1])


def test_tint_keeps_light_and_dark():
    x = torch.rand(2, 3, 8, 8, generator=chance())
    red = tint(x, (0.9, 0.1, 0.1))
    assert bool((red[:, 0] > red[:, 1]).all())
    torch.testing.assert_close(red[:, 1], red[:, 2])
    torch.testing.assert_close(tint(x, (1, 1, 1), strength=0), x.mean(1, True).expand_as(x))


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x, y: concept_direction(torch.rand(3), torch.rand(3, 2)), "concept"),
        (lambda m, x, y: concept_direction(torch.rand(3, 2), torch.rand(3, 4)), "counter"),
        (lambda m, x, y: concept_direction(torch.ones(3, 2), torch.ones(3, 2)), "same mean"),
        (lambda m, x, y: layer_gradient(m, x, y, layer="nowhere"), "at: 'nowhere'"),
        (lambda m, x, y: layer_gradient(m, x, y[:-1], layer="layers.8"), "y: expected one label"),
        (lambda m, x, y: layer_gradient(m, x, y + 5, layer="layers.8"), "from 0 to 9"),
        (lambda m, x, y: layer_gradient(m, x[:0], y[:0], layer="layers.8"), "x: expected at least"),
        (
            lambda m, x, y: layer_gradient(copy.deepcopy(m).train(), x, y, layer="layers.8"),
            "training mode",
        ),
        (
            lambda m, x, y: conceptual_sensitivity(torch.rand(3, 2), torch.rand(3)),
            "direction: expected",
        ),
        (lambda m, x, y: tcav_score(torch.rand(0)), "sensitivities"),
        (
            lambda m, x, y: concept_directions(
                torch.rand(9, 2), torch.rand(8, 2), generator=chance()
            ),
            "random: expected at least 9",
        ),
        (
            lambda m, x, y: random_directions(torch.rand(9, 2), size=5, generator=chance()),
            "random: expected at least 10",
        ),
        (lambda m, x, y: tcav(torch.rand(3, 2), torch.rand(4, 3), torch.rand(5, 4, 3)), "directi"),
        (lambda m, x, y: tcav(torch.rand(3, 2), torch.rand(4, 2), torch.rand(5, 3, 2)), "null"),
        (lambda m, x, y: stripes(0, generator=chance()), "n: expected"),
        (lambda m, x, y: tint(x + 2, (1, 0, 0)), "pixel values"),
        (lambda m, x, y: tint(x, (1, 0, 3)), "colour"),
        (lambda m, x, y: tint(x, (1, 0, 0), strength=2), "strength"),
    ],
)
def test_bad_input_is_named(lenet, digits, call, message):
    with pytest.raises(ValueError, match=message):
        call(lenet, *digits)


def test_a_layer_that_does_not_matter_is_refused():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Linear(3, 2), nn.Linear(3, 2)

        def forward(self, x):
            self.idle(x)
            return self.used(x)

    with pytest.raises(ValueError, match="do not depend"):
        layer_gradient(Idle().eval(), torch.rand(2, 3), torch.tensor([0, 1]), layer="idle")
