"""Losses, softmax regression, numeric gradients, intervals: laws, closed forms, other libraries."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from torch import nn

from sdl_lib import losses
from sdl_lib.data import mnist10k
from sdl_lib.numeric import numeric_gradient, relative_error
from sdl_lib.softmax_regression import (
    as_module,
    descend,
    risk,
    risk_gradient,
    smoothness,
    with_ones,
)
from sdl_lib.training import accuracy


def problem(seed=0, n=30, d=5, classes=4):
    chance = torch.Generator().manual_seed(seed)
    rows = with_ones(torch.randn(n, d, generator=chance, dtype=torch.float64))
    weights = torch.randn(d + 1, classes, generator=chance, dtype=torch.float64)
    return weights, rows, torch.randint(classes, (n,), generator=chance)


seeds = st.integers(0, 10_000)


# losses


@given(seeds, st.sampled_from([1e-3, 1.0, 50.0, 1e4]))
def test_losses_over_classes_are_torchs(seed, scale):
    logits, _, _ = problem(seed)
    y = torch.randint(4, (6,), generator=torch.Generator().manual_seed(seed))
    logits = (scale * logits).requires_grad_()
    torch.testing.assert_close(losses.log_sum_exp(logits), logits.logsumexp(1), rtol=1e-12, atol=0)
    torch.testing.assert_close(losses.softmax(logits), logits.softmax(1), rtol=1e-9, atol=1e-300)
    torch.testing.assert_close(losses.log_softmax(logits), logits.log_softmax(1))
    torchs = nn.functional.cross_entropy(logits, y)
    torch.testing.assert_close(losses.cross_entropy(logits, y), torchs, rtol=1e-12, atol=1e-15)
    (gradient,) = torch.autograd.grad(torchs, logits)
    ours = losses.cross_entropy_gradient(logits.detach(), y)
    torch.testing.assert_close(ours, gradient, rtol=1e-9, atol=1e-15)


@given(seeds, st.floats(-1e3, 1e3))
def test_softmax_does_not_change_when_all_logits_move(seed, shift):
    logits, _, _ = problem(seed)
    p = losses.softmax(logits)
    torch.testing.assert_close(losses.softmax(logits + shift), p, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(p.sum(1), torch.ones(len(p), dtype=p.dtype))


def test_losses_of_the_margin_are_torchs_and_bound_the_error():
    margin = torch.linspace(-800, 800, 4001, dtype=torch.float64).requires_grad_()
    ones = torch.ones_like(margin)
    torchs = nn.functional.binary_cross_entropy_with_logits(margin, ones, reduction="none")
    torch.testing.assert_close(losses.logistic(margin), torchs, rtol=1e-12, atol=1e-300)
    (slope,) = torch.autograd.grad(torchs.sum(), margin, retain_graph=True)
    torch.testing.assert_close(losses.logistic_gradient(margin), slope, rtol=1e-9, atol=1e-15)
    (slope,) = torch.autograd.grad(losses.hinge(margin).sum(), margin)
    torch.testing.assert_close(losses.hinge_gradient(margin), slope)
    error = losses.zero_one(margin)
    assert bool((losses.logistic(margin) / math.log(2) >= error).all())
    assert bool((losses.hinge(margin) >= error).all())


def test_logistic_loss_is_the_cross_entropy_of_two_classes():
    margin = torch.linspace(-5, 5, 21, dtype=torch.float64)
    logits = torch.stack([margin, torch.zeros_like(margin)], 1)
    zeros = torch.zeros(21, dtype=torch.long)
    assert float(losses.cross_entropy(logits, zeros)) == pytest.approx(
        float(losses.logistic(margin).mean()), rel=1e-14
    )


@pytest.mark.parametrize(
    ("logits", "y", "name"),
    [
        (torch.zeros(3), torch.zeros(3, dtype=torch.long), "logits"),
        (torch.zeros(0, 3), torch.zeros(0, dtype=torch.long), "logits"),
        (torch.full((2, 3), torch.nan), torch.zeros(2, dtype=torch.long), "logits"),
        (torch.full((2, 3), torch.inf), torch.zeros(2, dtype=torch.long), "logits"),
        (torch.zeros(2, 3), torch.zeros(2), "y"),
        (torch.zeros(2, 3), torch.tensor([0, 3]), "y"),
        (torch.zeros(2, 3), torch.tensor([-1, 0]), "y"),
        (torch.zeros(2, 3), torch.tensor([0]), "y"),
    ],
)
def test_bad_logits_and_labels_are_named(logits, y, name):
    for function in (losses.cross_entropy, losses.cross_entropy_gradient):
        with pytest.raises(ValueError, match=f"^{name}:"):
            function(logits, y)


# the gradient and its judge


@given(seeds)
def test_analytic_gradient_is_the_numeric_one_and_autograds(seed):
    weights, rows, y = problem(seed, n=15)
    before = weights.clone()
    ours = risk_gradient(weights, rows, y)
    assert relative_error(numeric_gradient(lambda w: risk(w, rows, y), weights), ours) <= 1e-6
    free = weights.clone().requires_grad_()
    (torchs,) = torch.autograd.grad(nn.functional.cross_entropy(rows @ free, y), free)
    torch.testing.assert_close(ours, torchs, rtol=1e-10, atol=1e-14)
    assert torch.equal(weights, before)


@given(seeds)
def test_numeric_gradient_of_a_cubic_errs_by_the_square_of_the_step(seed):
    at = torch.randn(3, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found = numeric_gradient(lambda w: (w**3).sum(), at, step=1e-2)
    # ((w+h)^3 - (w-h)^3) / 2h = 3w^2 + h^2, exactly
    torch.testing.assert_close(found, 3 * at**2 + 1e-4, rtol=1e-9, atol=1e-9)


def test_bad_points_and_steps_are_named():
    with pytest.raises(ValueError, match=r"^at: expected float64"):
        numeric_gradient(torch.sum, torch.zeros(2))
    for step in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=r"^step:"):
            numeric_gradient(torch.sum, torch.zeros(2, dtype=torch.float64), step=step)
    with pytest.raises(ValueError, match=r"^found:"):
        relative_error(torch.zeros(2), torch.zeros(3))
    assert relative_error(torch.zeros(2), torch.zeros(2)) == 0
    assert relative_error(torch.ones(2), torch.zeros(2)) == math.inf


# the way down


@given(seeds, st.floats(0.05, 1.0))
def test_a_safe_rate_never_raises_the_risk(seed, share):
    weights, rows, y = problem(seed)
    safe = 2 / smoothness(rows)
    _, history = descend(rows, y, classes=4, lr=share * safe, epochs=20, start=3 * weights)
    assert all(b <= a + 1e-12 for a, b in pairwise(history))


@given(seeds)
def test_a_step_at_1_over_L_lowers_the_risk_by_what_the_theorem_says(seed):
    weights, rows, y = problem(seed)
    bound = smoothness(rows)
    _, (before, after) = descend(rows, y, classes=4, lr=1 / bound, epochs=1, start=weights)
    slope = float(risk_gradient(weights, rows, y).square().sum())
    assert before - after >= slope / (2 * bound) - 1e-12


@given(seeds)
def test_smoothness_bounds_the_hessian(seed):
    weights, rows, y = problem(seed, n=8, d=3, classes=3)
    hessian = torch.autograd.functional.hessian(lambda w: risk(w, rows, y), weights)
    values = torch.linalg.eigvalsh(hessian.reshape(weights.numel(), -1))
    assert float(values[0]) >= -1e-12  # convex
    assert float(values[-1]) <= smoothness(rows) + 1e-12


def test_the_bound_on_the_hessian_is_reached():
    # two classes at even odds: the Hessian in the logits has the eigenvalue 1/2
    rows = torch.tensor([[1.0]], dtype=torch.float64)
    y = torch.tensor([0])
    zero = torch.zeros(1, 2, dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(lambda w: risk(w, rows, y), zero).reshape(2, 2)
    assert float(torch.linalg.eigvalsh(hessian)[-1]) == pytest.approx(smoothness(rows))


def test_descent_reaches_the_minimum_that_scipy_finds():
    _, rows, y = problem(1, n=60, d=2, classes=3)
    found, history = descend(rows, y, classes=3, lr=1 / smoothness(rows), epochs=3000)
    weights = torch.zeros(3, 3, dtype=torch.float64)

    def value(flat):
        w = torch.from_numpy(flat).view(3, 3)
        return float(risk(w, rows, y)), risk_gradient(w, rows, y).flatten().numpy()

    best = minimize(value, weights.flatten().numpy(), jac=True, method="BFGS")
    assert history[-1] == pytest.approx(best.fun, abs=1e-8)
    assert float(risk_gradient(found, rows, y).norm()) < 1e-5


def test_a_batch_of_all_rows_is_full_gradient_descent():
    _, rows, y = problem(2)
    whole = descend(rows, y, classes=4, lr=0.1, epochs=5)
    batch = descend(rows, y, classes=4, lr=0.1, epochs=5, batch_size=30)
    assert whole[1] == batch[1]
    assert torch.equal(whole[0], batch[0])
    assert whole[1][0] == pytest.approx(math.log(4))


def test_descent_repeats_itself_and_leaves_the_world_alone():
    weights, rows, y = problem(3)
    state, before = torch.get_rng_state(), weights.clone()

    def run(seed):
        chance = torch.Generator().manual_seed(seed)
        return descend(
            rows, y, classes=4, lr=0.1, epochs=2, batch_size=7, generator=chance, start=weights
        )[0]

    assert torch.equal(run(0), run(0))
    assert not torch.equal(run(0), run(1))
    assert torch.equal(weights, before)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"lr": 0.0}, "lr"),
        ({"lr": math.inf}, "lr"),
        ({"epochs": -1}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"classes": 2}, "y"),
        ({"start": torch.zeros(2, 2)}, "start"),
    ],
)
def test_bad_settings_of_descent_are_named(change, name):
    _, rows, y = problem()
    with pytest.raises(ValueError, match=f"^{name}:"):
        descend(rows, y, **{"classes": 4, "lr": 0.1, "epochs": 1} | change)


def test_overflow_is_an_error():
    _, rows, y = problem()
    with pytest.raises(ValueError, match="not finite"):
        descend(1e200 * rows, y, classes=4, lr=1e200, epochs=3)
    with pytest.raises(ValueError, match=r"^rows:"):
        smoothness(torch.zeros(0, 3))


def test_as_module_gives_the_same_scores():
    weights, _, _ = problem()
    x = torch.rand(6, 1, 5, dtype=torch.float64)
    module = as_module(weights)
    assert not module.training
    torch.testing.assert_close(module(x), with_ones(x) @ weights)


# the digits: what the page claims, over three seeds


@pytest.fixture(scope="module")
def rows_of_digits():
    x, y = mnist10k("train")
    return with_ones(x), y


@pytest.mark.parametrize("seed", range(3))
def test_training_lowers_the_risk_and_batches_are_faster(rows_of_digits, seed):
    rows, y = rows_of_digits
    chance = torch.Generator().manual_seed(seed)
    found, batches = descend(rows, y, classes=10, lr=0.1, epochs=3, batch_size=64, generator=chance)
    assert batches[0] == pytest.approx(math.log(10), abs=1e-5)
    _, whole = descend(rows, y, classes=10, lr=10 / smoothness(rows), epochs=3)
    assert whole[-1] - batches[-1] >= 0.1
    x_test, y_test = mnist10k("test")
    model = as_module(found)
    centred = accuracy(model, x_test, y_test)
    assert centred >= 0.85
    assert centred - accuracy(model, x_test.roll(3, dims=3), y_test) >= 0.2


@pytest.mark.parametrize("seed", range(3))
def test_few_digits_overfit_and_random_labels_are_memorised(rows_of_digits, seed):
    rows, y = rows_of_digits
    x_test, y_test = mnist10k("test")
    chance = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(rows), generator=chance)[:200]
    dice = torch.randint(10, (len(rows),), generator=chance)
    for labels, epochs in ((y, 250), (dice, 800)):
        found, _ = descend(
            rows[chosen],
            labels[chosen],
            classes=10,
            lr=0.1,
            epochs=epochs,
            batch_size=50,
            generator=chance,
        )
        right = (rows[chosen] @ found).argmax(1) == labels[chosen]
        new = accuracy(as_module(found), x_test, y_test)
        assert float(right.double().mean()) == 1.0
        assert new <= (0.9 if labels is y else 0.2)
