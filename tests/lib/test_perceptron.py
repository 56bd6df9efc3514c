"""The perceptron of our own arrays is torch's, and its first weights scale as theory says."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdl_lib.autodiff import Array
from sdl_lib.perceptron import (
    ACTIVATIONS,
    cross_entropy,
    descend,
    hidden_layers,
    init_layers,
    logits,
)

TORCH = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda z: z}


def problem(seed=0, n=20):
    chance = np.random.default_rng(seed)
    layers = init_layers([5, 8, 7, 3], generator=chance)
    return layers, chance.normal(size=(n, 5)), chance.integers(3, size=n)


def twin(layers):
    return [[torch.tensor(p.data, requires_grad=True) for p in layer] for layer in layers]


def torch_logits(layers, x, activation):
    h = torch.tensor(x)
    for number, (weight, bias) in enumerate(layers, 1):
        h = h @ weight + bias
        h = h if number == len(layers) else TORCH[activation](h)
    return h


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_losses_stay_torchs_through_twenty_steps(activation):
    layers, x, y = problem()
    theirs = twin(layers)
    descent = torch.optim.SGD([p for layer in theirs for p in layer], lr=0.2)
    losses = []
    for _ in range(20):
        loss = cross_entropy(logits(layers, x, activation=activation), y)
        loss.backward()
        descend(layers, lr=0.2)
        scores = torch_logits(theirs, x, activation)
        expected = torch.nn.functional.cross_entropy(scores, torch.tensor(y))
        descent.zero_grad()
        expected.backward()
        descent.step()
        losses.append(loss.data.item())
        assert losses[-1] == pytest.approx(expected.item(), abs=1e-9)
    assert losses[-1] < losses[0]


@given(st.integers(0, 1000), st.floats(-500, 500))
def test_a_shift_of_all_scores_changes_no_loss(seed, shift):
    chance = np.random.default_rng(seed)
    scores, y = chance.normal(size=(6, 4)), chance.integers(4, size=6)
    moved = cross_entropy(Array(scores + shift), y).data
    assert moved == pytest.approx(cross_entropy(Array(scores), y).data, abs=1e-9)


def test_the_loss_of_guessing_is_the_logarithm_of_the_classes():
    loss = cross_entropy(Array(np.zeros((4, 10))), [0, 3, 9, 3])
    assert loss.data == pytest.approx(np.log(10))
    assert cross_entropy(Array([[1e4, 0.0]]), [1]).data == pytest.approx(1e4)


def test_hidden_layers_are_listed_in_order():
    layers, x, _ = problem()
    outputs = hidden_layers(layers, x)
    assert [h.shape for h in outputs] == [(20, 5), (20, 8), (20, 7), (20, 3)]
    assert (outputs[1].data >= 0).all()
    assert (outputs[-1].data < 0).any()


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0, 4.0])
def test_the_jacobian_of_random_relu_layers_scales_by_half_the_gain(gain):
    ratios = []
    for seed in range(400):
        chance = np.random.default_rng(seed)
        layers = init_layers([24, 24, 24, 24, 1], gain=gain, generator=chance)
        outputs = hidden_layers(layers, chance.normal(size=(1, 24)))
        v = chance.normal(size=24)
        (outputs[-2] * v).sum().backward()  # the transposed Jacobian, in a random direction
        ratios.append((outputs[0].grad ** 2).sum() / (v**2).sum())
    assert np.mean(ratios) == pytest.approx((gain / 2) ** 3, rel=0.15)


def lengths(seed, activation, gain):
    chance = np.random.default_rng(seed)
    layers = init_layers([50] + [64] * 20 + [10], gain=gain, generator=chance)
    outputs = hidden_layers(layers, chance.normal(size=(16, 50)), activation=activation)
    cross_entropy(outputs[-1], chance.integers(10, size=16)).backward()
    return [float(np.linalg.norm(h.grad)) for h in outputs[1:-1]]


@pytest.mark.parametrize(
    ("activation", "gain", "low", "high"),
    [
        ("relu", 1.0, 0, 1e-2),
        ("relu", 2.0, 0.1, 10),
        ("relu", 4.0, 1e2, np.inf),
        ("tanh", 1.0, 0.02, 10),
        ("sigmoid", 1.0, 0, 1e-8),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_vanish_stay_or_explode(activation, gain, low, high, seed):
    found = lengths(seed, activation, gain)
    assert low <= found[0] / found[-1] <= high


def test_chance_is_the_generators_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = init_layers([3, 4], generator=np.random.default_rng(5))
    second = init_layers([3, 4], generator=np.random.default_rng(5))
    np.testing.assert_array_equal(first[0][0].data, second[0][0].data)
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    assert not init_layers([3, 4], gain=0.0, generator=np.random.default_rng(5))[0][0].data.any()


def test_bad_input_is_named():
    layers, x, y = problem()
    scores, chance = logits(layers, x), np.random.default_rng(0)
    for bad, named in (
        (lambda: init_layers([3], generator=chance), "^widths:"),
        (lambda: init_layers([3, 0], generator=chance), "^widths:"),
        (lambda: init_layers([3, 2], gain=-1, generator=chance), "^gain:"),
        (lambda: logits(layers, x[:, :4]), "^x:"),
        (lambda: logits(layers, x[0]), "^x:"),
        (lambda: logits(layers, x, activation="step"), "^activation:"),
        (lambda: cross_entropy(scores, y[:3]), "^y:"),
        (lambda: cross_entropy(scores, y + 0.5), "^y:"),
        (lambda: cross_entropy(scores, y + 1), "^y:"),
        (lambda: descend(layers, lr=0.1), "^layers:"),
        (lambda: descend(layers, lr=float("nan")), "^lr:"),
    ):
        with pytest.raises(ValueError, match=named):
            bad()
