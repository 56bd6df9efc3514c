"""Internal influence: its axioms, its special cases, and what becomes of the experts."""

import copy
from collections.abc import Callable
from functools import cache

import pytest
import torch
from captum.attr import IntegratedGradients, LayerGradientXActivation, NoiseTunnel, Saliency
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score, roc_auc_score
from torch import nn

from sdl_lib.attribution import (
    INPUT,
    after,
    detector_scores,
    expert_channels,
    integrated_gradients,
    internal_influence,
    keep_channels,
    sum_over_positions,
)
from sdl_lib.attribution import distributions as doi
from sdl_lib.attribution import quantities as qoi
from sdl_lib.data import mnist10k, photograph
from sdl_lib.models import LeNet5, load
from sdl_lib.representations import activations
from sdl_lib.training import fit, predict

pytestmark = pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already:UserWarning")

SLICES = [INPUT, "layers.0", "layers.1", "layers.5", "layers.8", "layers.10"]


@pytest.fixture(scope="module")
def fine(lenet):
    return copy.deepcopy(lenet).double()


@pytest.fixture(scope="module")
def few(digits):
    return digits[0][:8].double(), digits[1][:8]


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def linear(seed, d=6, classes=4):
    layer = nn.Linear(d, classes).double().requires_grad_(False)
    layer.weight.copy_(torch.randn(classes, d, generator=seeded(seed)))
    return nn.Sequential(layer).eval()


def computed(model, slice, x):
    return x if slice == INPUT else activations(model, x, at=[slice])[slice]


def every_distribution(x) -> dict[str, Callable[[], doi.Distribution]]:
    return {
        "point": lambda: doi.point(x[:1]),
        "segment": lambda: doi.segment(x[:1], steps=7),
        "gaussian": lambda: doi.gaussian(x[:1], sigma=0.3, samples=9, generator=seeded(0)),
        "data": lambda: doi.data(x),
    }


# Axioms


@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["point", "segment", "gaussian", "data"]))
def test_linear_agreement_is_exact(seed, kind):
    model = linear(seed)
    x = torch.randn(5, 6, generator=seeded(seed + 1), dtype=torch.double)
    got = internal_influence(model, INPUT, qoi.class_score(2), every_distribution(x)[kind]())
    torch.testing.assert_close(got[0], model[0].weight[2], rtol=0, atol=1e-14)


def test_linear_agreement_at_the_last_cut_of_a_real_network(fine, few):
    weight = fine.layers[11].weight
    for make in every_distribution(few[0]).values():
        got = internal_influence(fine, "layers.10", qoi.comparative(3, 8), make())
        torch.testing.assert_close(got[0], weight[3] - weight[8], rtol=0, atol=1e-14)


@given(share=st.integers(1, 7), seed=st.integers(0, 100))
def test_distributional_linearity(fine, few, share, seed):
    x, _ = few
    order = torch.randperm(8, generator=seeded(seed))
    first, rest = x[order[:share]], x[order[share:]]
    args = (fine, "layers.5", qoi.class_score(4))
    parts = [internal_influence(*args, doi.data(part)) for part in (first, rest)]
    whole = internal_influence(*args, doi.data(x))
    mixed = (share * parts[0] + (8 - share) * parts[1]) / 8
    torch.testing.assert_close(whole, mixed, rtol=0, atol=1e-13)


def test_distributional_marginality(few):
    """Models whose slopes agree where the distribution lives have one influence there."""
    x, _ = few
    flat = x.flatten(1)
    high = float(flat.max()) + 1

    class Bent(nn.Module):
        def forward(self, z):
            return z + 50 * (z - high).relu()

    model = linear(0, d=784)
    bent = nn.Sequential(Bent(), model).eval()
    got = [internal_influence(m, INPUT, qoi.class_score(1), doi.data(flat)) for m in (model, bent)]
    torch.testing.assert_close(*got, rtol=0, atol=0)
    far = [
        internal_influence(m, INPUT, qoi.class_score(1), doi.data(flat + high + 1))
        for m in (model, bent)
    ]
    assert not torch.allclose(*far)


@pytest.mark.parametrize("slice", SLICES[1:])
def test_influence_inside_is_input_influence_of_the_rest(fine, few, slice):
    """Consistency: chi(g after h, P) at the slice is chi(g, h(P)) at the input of g."""
    x, _ = few
    rest = after(fine, slice, x)
    inside = internal_influence(fine, slice, qoi.class_score(7), doi.data(x))
    at_input = internal_influence(
        rest, INPUT, qoi.class_score(7), doi.data(computed(fine, slice, x))
    )
    torch.testing.assert_close(inside, at_input, rtol=0, atol=1e-13)


def test_slice_invariance(fine, few):
    """How h is made does not matter: another h with the same values, the same influence."""

    class Twice(nn.Module):  # computes h in another way: 2 h - h
        def __init__(self, h):
            super().__init__()
            self.h = h

        def forward(self, x):
            return 2 * self.h(x) - self.h(x)

    twin = nn.Sequential(Twice(fine.layers[:6]), fine.layers[6:]).eval()
    got = [
        internal_influence(model, at, qoi.max_class(), doi.data(few[0]))
        for model, at in ((fine, "layers.5"), (twin, "0"))
    ]
    torch.testing.assert_close(*got, rtol=0, atol=1e-13)


def test_slices_obey_the_chain_rule(fine, few):
    """Moving a unit's bias moves the quantity by its influence."""
    x, _ = few
    chi = internal_influence(fine, "layers.3", qoi.class_score(2), doi.data(x))
    moved = copy.deepcopy(fine)
    moved.layers[3].bias[5] += 1e-6
    rise = float((moved(x) - fine(x))[:, 2].mean()) / 1e-6
    assert float(sum_over_positions(chi)[0, 5]) == pytest.approx(rise, rel=1e-5)


@given(dead=st.integers(0, 5), seed=st.integers(0, 10**6))
def test_what_the_quantity_does_not_depend_on_has_no_influence(dead, seed):
    model = nn.Sequential(*linear(seed, d=6, classes=5), nn.Tanh(), *linear(seed + 1, d=5)).eval()
    model[0].weight[:, dead] = 0
    x = torch.randn(4, 6, generator=seeded(seed), dtype=torch.double)
    chi = internal_influence(model, INPUT, qoi.max_class(), doi.data(x))
    assert float(chi[0, dead]) == 0


@given(seed=st.integers(0, 10**6), which=st.integers(0, 5))
def test_sensitivity_along_a_segment(seed, which):
    """Differ in one input and in the answer: then that input has an attribution, all of it."""
    model = nn.Sequential(*linear(seed, d=6, classes=5), nn.Tanh(), *linear(seed + 1, d=5)).eval()
    x = torch.zeros(1, 6).double()
    x[0, which] = 1.5
    args = (model, INPUT, qoi.class_score(0), doi.segment(x, steps=400))
    got = internal_influence(*args, multiply=True)[0]
    rise = float((model(x) - model(torch.zeros_like(x)))[0, 0])
    assert float(got[which]) == pytest.approx(rise, abs=1e-3)
    assert float(got.abs().sum() - got[which].abs()) == 0


@pytest.mark.parametrize("slice", [INPUT, "layers.5", "layers.8"])
def test_completeness_along_a_segment_through_the_slice(fine, few, slice):
    x, _ = few
    z, start = (computed(fine, slice, part) for part in (x, torch.zeros_like(x)))
    rest = fine if slice == INPUT else after(fine, slice, x)
    path = doi.segment(z, start, steps=300)
    parts = internal_influence(rest, INPUT, qoi.class_score(3), path, multiply=True)
    rise = (fine(x) - fine(torch.zeros_like(x)))[:, 3]
    assert float((parts.flatten(1).sum(1) - rise).abs().max()) <= 5e-2


def test_a_segment_of_inputs_is_not_complete_inside(fine, few):
    """What the page warns of: h bends the segment, and chi (h(x) - h(b)) misses the bend."""
    x, _ = few
    path = doi.segment(x, steps=300)
    parts = internal_influence(fine, "layers.5", qoi.class_score(3), path, multiply=True)
    rise = (fine(x) - fine(torch.zeros_like(x)))[:, 3]
    assert float((parts.flatten(1).sum(1) - rise).abs().max()) > 0.1


# Special cases and other libraries


def test_integrated_gradients_is_input_slice_times_segment(fine, few):
    x, _ = few
    y = torch.full((8,), 5)
    path = doi.segment(x, steps=50)
    got = internal_influence(fine, INPUT, qoi.class_score(5), path, multiply=True)
    torch.testing.assert_close(got, integrated_gradients(fine, x, y), rtol=0, atol=1e-12)
    peer = IntegratedGradients(fine).attribute(x, target=y, n_steps=50, method="riemann_middle")
    torch.testing.assert_close(got, peer, rtol=0, atol=1e-5)


def test_integrated_gradients_on_a_photograph():
    net = load("efficientnet-lite0").double()
    x, start = photograph("coffee", 64).double(), torch.tensor(0.5).double()
    path = doi.segment(x, start, steps=8)
    got = internal_influence(net, INPUT, qoi.class_score(967), path, multiply=True)
    own = integrated_gradients(net, x, torch.tensor([967]), baseline=start, steps=8)
    torch.testing.assert_close(got, own, rtol=0, atol=1e-12)


def test_point_is_the_gradient_and_times_activation_is_captums(fine, few):
    x, _ = few
    got = internal_influence(fine, INPUT, qoi.class_score(1), doi.point(x))
    peer = Saliency(fine).attribute(x, target=1, abs=False)
    torch.testing.assert_close(got, peer, rtol=0, atol=1e-13)
    inner = internal_influence(fine, "layers.5", qoi.class_score(1), doi.point(x), multiply=True)
    layer = LayerGradientXActivation(fine, fine.layers[5]).attribute(x, target=1)
    torch.testing.assert_close(inner, layer, rtol=0, atol=1e-12)


def test_gaussian_is_smoothgrad(fine, few):
    x = few[0][:1]
    around = doi.gaussian(x, sigma=0.2, samples=3000, generator=seeded(0))
    got = internal_influence(fine, INPUT, qoi.class_score(1), around)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        peer = NoiseTunnel(Saliency(fine)).attribute(
            x, nt_samples=3000, nt_samples_batch_size=500, stdevs=0.2, target=1, abs=False
        )
    assert torch.nn.functional.cosine_similarity(got.flatten(), peer.flatten(), dim=0) > 0.99
    again = internal_influence(fine, INPUT, qoi.class_score(1), around)
    assert torch.equal(got, again), "the draws are fixed when the distribution is made"


def test_data_is_the_mean_of_the_points(fine, few):
    x, y = few
    for multiply in (False, True):
        args = (fine, "layers.4", qoi.class_score(0))
        points = internal_influence(*args, doi.point(x), multiply=multiply)
        whole = internal_influence(*args, doi.data(x), multiply=multiply)
        torch.testing.assert_close(whole[0], points.mean(0), rtol=0, atol=1e-13)
        own = internal_influence(*args, doi.class_data(x, y, int(y[0])), multiply=multiply)
        torch.testing.assert_close(own[0], points[y == y[0]].mean(0), rtol=0, atol=1e-13)


def test_quantities_are_what_they_say(fine, few):
    x, _ = few
    score = [internal_influence(fine, "layers.5", qoi.class_score(k), doi.data(x)) for k in (3, 8)]
    both = internal_influence(fine, "layers.5", qoi.comparative(3, 8), doi.data(x))
    torch.testing.assert_close(both, score[0] - score[1], rtol=0, atol=1e-13)
    own = internal_influence(fine, "layers.5", lambda z: z[:, 3] - z[:, 8], doi.data(x))
    assert torch.equal(own, both)
    answer = int(fine(x[:1]).argmax())
    top = internal_influence(fine, INPUT, qoi.max_class(), doi.point(x[:1]))
    same = internal_influence(fine, INPUT, qoi.class_score(answer), doi.point(x[:1]))
    assert torch.equal(top, same)


def test_channel_quantity_sees_its_channel(fine, few):
    x, _ = few
    itself = internal_influence(fine, "layers.4", qoi.channel("layers.4", 2), doi.data(x))
    expected = torch.zeros(1, 16, 10, 10).double()
    expected[:, 2] = 1 / 100
    torch.testing.assert_close(itself, expected, rtol=0, atol=1e-15)
    got = internal_influence(fine, INPUT, qoi.channel("layers.4", 2), doi.point(x))
    x = x.clone().requires_grad_()
    fine.layers[:5](x)[:, 2].mean((1, 2)).sum().backward()
    torch.testing.assert_close(got, x.grad, rtol=0, atol=1e-14)


@given(size=st.integers(1, 60))
def test_the_size_of_a_chunk_changes_nothing(fine, few, size):
    x = few[0][:3]
    for make in (
        doi.segment(x, 0.1, steps=5),
        doi.gaussian(x, sigma=0.1, samples=4, generator=seeded(3)),
        doi.data(x),
    ):
        args = (fine, "layers.5", qoi.class_score(0), make)
        got = internal_influence(*args, batch_size=size)
        torch.testing.assert_close(got, internal_influence(*args), rtol=0, atol=1e-13)


def test_nothing_is_left_behind(lenet, digits):
    model = copy.deepcopy(lenet).requires_grad_(True)
    x, kept = digits[0][:3].clone(), digits[0][:3].clone()
    state = torch.get_rng_state()
    around = doi.gaussian(x, sigma=0.1, samples=2, generator=seeded(0))
    got = internal_influence(model, "layers.5", qoi.max_class(), around, multiply=True)
    predict(keep_channels(model, "layers.5", torch.tensor([1])), x)
    predict(after(model, "layers.5", x), torch.rand(2, 16, 5, 5, generator=seeded(0)))
    assert not got.requires_grad
    assert got.dtype == x.dtype
    assert torch.equal(x, kept)
    assert torch.equal(state, torch.get_rng_state())
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks for m in model.modules())
    assert not model.training


def test_a_part_that_works_in_place_does_no_harm():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True), nn.Linear(3, 2)).eval()
    x = torch.randn(5, 4, generator=seeded(0))
    got = internal_influence(model, "0", qoi.class_score(1), doi.point(x))
    z = (x @ model[0].weight.T + model[0].bias).detach()
    torch.testing.assert_close(got, (z > 0) * model[2].weight[1].detach())


# Bad input


def wrong(**change):
    given = {
        "model": load("lenet5"),
        "slice": "layers.5",
        "quantity": qoi.class_score(3),
        "distribution": doi.point(torch.zeros(2, 1, 28, 28)),
    }
    options = change.pop("options", {})
    return lambda: internal_influence(**(given | change), **options)


X = torch.zeros(2, 1, 28, 28)
BAD = {
    "a training model": (wrong(model=LeNet5()), "model: is in training mode"),
    "an unknown slice": (wrong(slice="layers.99"), "slice: 'layers.99' is no part of LeNet5"),
    "a class too many": (wrong(quantity=qoi.class_score(10)), "k: expected a column"),
    "an unknown part": (wrong(quantity=qoi.channel("no", 1)), "quantity: 'no' is no part"),
    "a quantity before the slice": (
        wrong(quantity=qoi.channel("layers.1", 1)),
        "quantity: does not depend on the slice",
    ),
    "a constant": (wrong(quantity=lambda z: torch.zeros(len(z))), "quantity: does not depend"),
    "too many numbers": (wrong(quantity=lambda z: z), r"quantity: expected shape \(2,\)"),
    "a slope that is not finite": (
        wrong(quantity=lambda z: 0 * z[:, 0] / (z[:, 0] - z[:, 0])),
        "model: the gradient of the quantity is not finite",
    ),
    "an empty chunk": (wrong(options={"batch_size": 0}), "batch_size: expected"),
    "a negative class": (lambda: qoi.class_score(-1), "k: expected"),
    "one class twice": (lambda: qoi.comparative(3, 3), "other: expected another class"),
    "no steps": (lambda: doi.segment(X, steps=0), "steps: expected"),
    "a baseline of another shape": (lambda: doi.segment(X, torch.zeros(3, 28)), "baseline: "),
    "no examples": (lambda: doi.data(X[:0]), "x: expected at least one"),
    "integers": (lambda: doi.point(X.long()), "x: expected a tensor of floats"),
    "values that are not finite": (lambda: doi.point(X / 0), "x: contains values"),
    "negative noise": (
        lambda: doi.gaussian(X, sigma=-1, generator=seeded(0)),
        "sigma: expected",
    ),
    "a class without examples": (
        lambda: doi.class_data(X, torch.zeros(2).long(), 4),
        "k: no example of class 4",
    ),
    "a cut at no part": (lambda: after(load("lenet5"), "no", X), "at: 'no' is no part"),
    "a way around the cut": (
        lambda: after(
            load("efficientnet-lite0"), "blocks.2.project", torch.full((1, 3, 64, 64), 0.5)
        ),
        "at: there is a way from x to the output around",
    ),
    "no channels": (
        lambda: keep_channels(load("lenet5"), "layers.5", torch.zeros(0).long()),
        "keep: expected at least one",
    ),
    "a channel too many": (
        lambda: keep_channels(load("lenet5"), "layers.5", torch.tensor([16]))(X),
        "keep: expected channels",
    ),
    "more experts than channels": (
        lambda: expert_channels(torch.zeros(1, 4), 5),
        "k: expected at most 4",
    ),
    "influence of positions": (
        lambda: expert_channels(torch.zeros(1, 4, 2, 2), 1),
        "influence: expected shape",
    ),
    "one class only": (
        lambda: detector_scores(torch.zeros(3, 2), torch.zeros(3).long(), 0),
        "y: expected some examples of class 0, and some",
    ),
}


@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_bad_input_is_named(call):
    action, problem = call
    with pytest.raises(ValueError, match=problem):
        action()


# Experts


def test_scores_are_those_of_scikit_learn():
    logits = torch.randint(4, (200, 3), generator=seeded(0)).double()  # with many ties
    y = torch.randint(3, (200,), generator=seeded(1))
    for k in range(3):
        said, true = (logits.argmax(1) == k).numpy(), (y == k).numpy()
        got = detector_scores(logits, y, k)
        assert got.recall == pytest.approx(recall_score(true, said))
        assert got.precision == pytest.approx(precision_score(true, said))
        assert got.auc == pytest.approx(roc_auc_score(true, logits[:, k].numpy()))


def test_precision_of_an_answer_never_given_is_nan():
    got = detector_scores(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1]), 1)
    assert got.recall == 0
    assert got.precision != got.precision


def test_experts_come_in_order_and_the_first_of_equals_first():
    influence = torch.tensor([[1.0, 3.0, 3.0, -9.0], [0.0, 0.0, 0.0, 0.0]])
    assert expert_channels(influence, 3).tolist() == [[1, 2, 0], [0, 1, 2]]


def test_keeping_all_channels_changes_nothing_and_keeping_few_zeroes_the_rest(fine, few):
    x, _ = few
    assert torch.equal(predict(keep_channels(fine, "layers.5", torch.arange(16)), x), fine(x))
    z = computed(fine, "layers.5", x)
    z[:, [i for i in range(16) if i not in (2, 9)]] = 0
    got = predict(keep_channels(fine, "layers.5", torch.tensor([9, 2])), x)
    torch.testing.assert_close(got, after(fine, "layers.5", x)(z), rtol=0, atol=1e-14)


@cache
def trained(seed):
    if seed == 0:
        return load("lenet5")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LeNet5()
        fit(model, *mnist10k("train"), epochs=3, generator=seeded(seed))
    return model.requires_grad_(False)


def ablation(model, seed):
    """Mean recall, precision and auc over classes: experts, contrasted experts, random channels."""
    (x_train, y_train), (x, y) = mnist10k("train"), mnist10k("test")
    x_train, y_train = x_train[:2000], y_train[:2000]
    at = "layers.5"
    rest, z = after(model, at, x), computed(model, at, x)
    found = {"experts": [], "contrast": [], "random": []}

    def kept(channels):
        mask = torch.zeros(16).index_fill(0, channels, 1.0)
        return predict(rest, z * mask[:, None, None])

    for k in range(10):
        args = (model, at, qoi.class_score(k))
        chi = internal_influence(*args, doi.class_data(x_train, y_train, k))
        best = expert_channels(sum_over_positions(chi), 4)[0]
        found["experts"].append(detector_scores(kept(best), y, k))
        own, others = (
            internal_influence(*args, doi.data(x_train[rows]), multiply=True)
            for rows in (y_train == k, y_train != k)
        )
        best = expert_channels(sum_over_positions(own - others), 4)[0]
        found["contrast"].append(detector_scores(kept(best), y, k))
    for _ in range(10):
        logits = kept(torch.randperm(16, generator=seeded(seed))[:4])
        found["random"] += [detector_scores(logits, y, k) for k in range(10)]
    return {name: torch.tensor(scores).nanmean(0) for name, scores in found.items()}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_experts_keep_recall_and_lose_precision(seed):
    scores = ablation(trained(seed), seed)
    (recall, precision, auc), chance = scores["experts"], scores["random"]
    assert recall >= chance[0] + 0.08
    assert precision <= chance[1] - 0.15, "recall alone flatters the experts"
    assert auc <= chance[2] - 0.005, "and without a threshold they are behind chance"
    assert scores["contrast"][2] >= auc + 0.01
    assert scores["contrast"][1] >= precision + 0.2
