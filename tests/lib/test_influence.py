"""Influence, leave-one-out, representer points, TracIn: closed forms, laws and other libraries."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from torch import nn

from sdl_lib.attribution import (
    influence_function,
    leave_groups_out,
    leave_one_out,
    representer_points,
    retrain_without,
    self_influence,
    settle,
    tracin,
)
from sdl_lib.attribution.example_gradients import example_gradients
from sdl_lib.attribution.inverse_hessian import cholesky, conjugate_gradient, lissa
from sdl_lib.curvature import hessian, loss_of_weights


def problem(seed, n=30, d=4, classes=3, *, weight_decay=0.05, trained=True):
    chance = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=chance, dtype=torch.float64)
    y = torch.randint(classes, (n,), generator=chance)
    x_test = torch.randn(5, d, generator=chance, dtype=torch.float64)
    y_test = torch.randint(classes, (5,), generator=chance)
    model = nn.Sequential(nn.Linear(d, classes)).double().eval()
    for p in model.parameters():
        nn.init.zeros_(p)
    if trained:
        settle(model, x, y, weight_decay=weight_decay, tolerance=1e-10)
    return model, x, y, x_test, y_test


def softmax_hessian(model, x, weight_decay):
    """In closed form: the sum of (diag p - pp') kron xx' over n, weights first, then biases."""
    p = model(x).softmax(1).detach()
    rows = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    S = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    K, d = p.shape[1], rows.shape[1]
    H = torch.einsum("nkl,na,nb->kalb", S, rows, rows).reshape(K * d, K * d) / len(x)
    order = [k * d + a for k in range(K) for a in range(d - 1)] + [k * d + d - 1 for k in range(K)]
    return H[order][:, order] + weight_decay * torch.eye(K * d, dtype=x.dtype)


def logistic(x, y, keep, weight_decay):
    """The same optimum by scikit-learn: biases penalised, 1/n of all examples kept in the risk."""
    rows = np.concatenate([x.numpy(), np.ones((len(x), 1))], axis=1)[keep.numpy()]
    fit = LogisticRegression(
        C=1 / (weight_decay * len(x)), fit_intercept=False, tol=1e-12, max_iter=10_000
    ).fit(rows, y.numpy()[keep.numpy()])
    return torch.from_numpy(fit.coef_)


def loss(coefficients, x, y):
    rows = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    return nn.functional.cross_entropy(rows @ coefficients.T, y, reduction="none")


def test_settle_finds_the_optimum_of_scikit_learn():
    model, x, y, *_ = problem(0)
    found = torch.cat([model[0].weight, model[0].bias[:, None]], 1).detach()
    expected = logistic(x, y, torch.ones(len(x), dtype=torch.bool), 0.05)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@given(st.integers(0, 1000))
def test_example_gradients_average_to_the_gradient_of_the_mean(seed):
    model, x, y, *_ = problem(seed, trained=False)
    f, w = loss_of_weights(model, x, y)
    mean = torch.func.grad(f)(w)
    torch.testing.assert_close(example_gradients(model, x, y).mean(0), mean, rtol=0, atol=1e-12)


@given(st.integers(0, 30))
def test_influence_is_the_closed_form_of_softmax_regression(seed):
    model, x, y, x_test, y_test = problem(seed)
    H = softmax_hessian(model, x, 0.05)
    expected = (
        example_gradients(model, x_test, y_test)
        @ torch.linalg.solve(H, example_gradients(model, x, y).T)
        / len(x)
    )
    found = influence_function(model, x, y, x_test, y_test, weight_decay=0.05)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-12)


def test_influence_is_the_derivative_of_retraining():
    """Duplicating an example k times and halving: the effect of a small weight, by differences."""
    model, x, y, x_test, y_test = problem(1)
    f0 = nn.functional.cross_entropy(model(x_test), y_test, reduction="none").detach()
    found = influence_function(model, x, y, x_test, y_test, weight_decay=0.05)
    copies = 200  # example 3 weighs 200 of 200 n, take one copy of it away
    many_x, many_y = x.repeat(copies, 1), y.repeat(copies)
    group = torch.zeros(1, len(many_x), dtype=torch.bool)
    group[0, 3] = True
    rise = leave_groups_out(model, many_x, many_y, x_test, y_test, group, weight_decay=0.05)[:, 0]
    assert f0.shape == rise.shape
    torch.testing.assert_close(rise * copies, found[:, 3], rtol=5e-3, atol=1e-6)


def test_leave_one_out_is_retraining_by_scikit_learn():
    model, x, y, x_test, y_test = problem(2)
    rows = torch.tensor([0, 7, 29])
    found = leave_one_out(model, x, y, x_test, y_test, weight_decay=0.05, rows=rows)
    everyone = torch.ones(len(x), dtype=torch.bool)
    before = loss(logistic(x, y, everyone, 0.05), x_test, y_test)
    for column, i in zip(found.T, rows, strict=True):
        keep = everyone.clone()
        keep[i] = False
        expected = loss(logistic(x, y, keep, 0.05), x_test, y_test) - before
        torch.testing.assert_close(column, expected, rtol=0, atol=1e-5)


def test_all_rows_is_the_default_and_a_group_of_one_is_an_example():
    given_ = problem(3, n=12)
    all_rows = leave_one_out(*given_, weight_decay=0.05)
    some = leave_one_out(*given_, weight_decay=0.05, rows=torch.tensor([4, 2]))
    torch.testing.assert_close(some, all_rows[:, [4, 2]], rtol=0, atol=1e-9)


def test_leaving_nobody_out_changes_nothing_and_everybody_leaves_zero_weights():
    model, x, y, *_ = problem(4)
    groups = torch.tensor([[False], [True]]).expand(2, len(x))
    kept, empty = retrain_without(model, x, y, groups, weight_decay=0.05)
    own = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
    torch.testing.assert_close(kept, own, rtol=0, atol=1e-7)
    assert float(empty.abs().max()) < 1e-6
    assert retrain_without(model, x, y, groups[:0], weight_decay=0.05).shape == (0, 15)


def test_self_influence_is_the_diagonal_and_not_negative():
    model, x, y, *_ = problem(5)
    diagonal = influence_function(model, x, y, x, y, weight_decay=0.05).diagonal()
    own = self_influence(model, x, y, weight_decay=0.05)
    torch.testing.assert_close(own, diagonal, rtol=1e-9, atol=1e-12)
    assert float(own.min()) >= 0


def test_solvers_agree():
    given_ = problem(6)
    exact = influence_function(*given_, weight_decay=0.05, damping=0.01)
    by_cg = influence_function(*given_, weight_decay=0.05, damping=0.01, solver="cg")
    torch.testing.assert_close(by_cg, exact, rtol=1e-6, atol=1e-9)
    by_lissa = influence_function(
        *given_, weight_decay=0.05, damping=0.01, solver="lissa", steps=2000, batch_size=30
    )
    assert float(torch.corrcoef(torch.stack([by_lissa.flatten(), exact.flatten()]))[0, 1]) > 0.95
    same = [
        influence_function(
            *given_,
            weight_decay=0.05,
            solver="lissa",
            steps=20,
            generator=torch.Generator().manual_seed(1),
        )
        for _ in range(2)
    ]
    assert torch.equal(*same)


@given(st.integers(0, 200))
def test_solvers_solve_a_known_system(seed):
    chance = torch.Generator().manual_seed(seed)
    root = torch.randn(5, 5, generator=chance, dtype=torch.float64)
    A, b = (
        root @ root.T / 5 + 0.2 * torch.eye(5).double(),
        torch.randn(5, generator=chance).double(),
    )

    def f(w):
        return 0.5 * w @ A @ w

    w = torch.zeros(5, dtype=torch.float64)
    expected = torch.linalg.solve(A + 0.1 * torch.eye(5).double(), b)
    factor = cholesky(f, w, damping=0.1)
    torch.testing.assert_close(torch.cholesky_solve(b[:, None], factor)[:, 0], expected)
    torch.testing.assert_close(conjugate_gradient(f, w, b, damping=0.1), expected)
    scale = float(torch.linalg.eigvalsh(A)[-1]) + 0.1
    series = lissa(lambda: f, w, b, scale=scale, damping=0.1, steps=1000)
    torch.testing.assert_close(series, expected, rtol=1e-6, atol=1e-8)


def test_cholesky_is_of_the_hessian():
    model, x, y, *_ = problem(7)
    f, w = loss_of_weights(model, x, y)
    factor = cholesky(f, w, damping=0.3, chunk=4)
    expected = hessian(f, w) + 0.3 * torch.eye(len(w), dtype=w.dtype)
    torch.testing.assert_close(factor @ factor.T, expected, rtol=0, atol=1e-12)


def test_ridge_leverage_theorem():
    """Leaving out changes predictions by 1/(1 - h) times what influence predicts."""
    chance = torch.Generator().manual_seed(0)
    X, t = torch.randn(20, 3, generator=chance).double(), torch.randn(20, generator=chance).double()
    H = X.T @ X / 20 + 0.1 * torch.eye(3).double()
    theta = torch.linalg.solve(H, X.T @ t / 20)
    for i in range(20):
        step = torch.linalg.solve(H, X[i] * (X[i] @ theta - t[i])) / 20
        h = X[i] @ torch.linalg.solve(H, X[i]) / 20
        less = torch.linalg.solve(H - torch.outer(X[i], X[i]) / 20, (X.T @ t - X[i] * t[i]) / 20)
        assert 0 <= float(h) < 1
        torch.testing.assert_close(less - theta, step / (1 - h), rtol=1e-9, atol=1e-12)


def test_representer_values_add_up_to_the_logit():
    model, x, y, x_test, y_test = problem(8)
    rows = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    rows_test = torch.cat([x_test, torch.ones_like(x_test[:, :1])], 1)
    weights = torch.cat([model[0].weight, model[0].bias[:, None]], 1).T.detach()
    values, gap = representer_points(
        rows, y, weights, rows_test, y_test, weight_decay=0.05, return_gap=True
    )
    assert values.shape == (5, 30)
    assert float(gap.abs().max()) < 1e-5
    logits = model(x_test).gather(1, y_test[:, None])[:, 0].detach()
    torch.testing.assert_close(values.sum(1), logits, rtol=0, atol=1e-5)
    own = representer_points(rows, y, weights, rows, y, weight_decay=0.05)
    assert float(own.diagonal().min()) >= 0  # an example never inhibits its own class in itself
    _, off = representer_points(
        rows, y, 2 * weights, rows_test, y_test, weight_decay=0.05, return_gap=True
    )
    assert float(off.abs().max()) > 0.01


def test_tracin_of_every_step_adds_up_to_the_fall_of_the_loss():
    model, x, y, x_test, y_test = problem(9, trained=False)
    start = nn.functional.cross_entropy(model(x_test), y_test, reduction="none").detach()
    total = torch.zeros(5, 30, dtype=torch.float64)
    for _ in range(50):
        total += tracin([model], x, y, x_test, y_test, lr=0.01 / len(x))
        grads = torch.autograd.grad(
            nn.functional.cross_entropy(model(x), y), list(model.parameters())
        )
        with torch.no_grad():
            for p, g in zip(model.parameters(), grads, strict=True):
                p -= 0.01 * g
    end = nn.functional.cross_entropy(model(x_test), y_test, reduction="none").detach()
    torch.testing.assert_close(total.sum(1), start - end, rtol=0.02, atol=1e-4)
    twice = tracin([model, model], x, y, x_test, y_test, lr=[0.5, 1.5])
    torch.testing.assert_close(twice, tracin([model], x, y, x_test, y_test, lr=2))


def test_nothing_is_changed():
    model, x, y, x_test, y_test = problem(10)
    before = [p.detach().clone() for p in model.parameters()]
    inputs = [t.clone() for t in (x, y, x_test, y_test)]
    state = torch.get_rng_state()
    given_ = (model, x, y, x_test, y_test)
    influence_function(*given_, weight_decay=0.05)
    influence_function(*given_, weight_decay=0.05, solver="lissa", steps=3)
    leave_one_out(*given_, weight_decay=0.05, rows=torch.tensor([1]))
    self_influence(model, x, y, weight_decay=0.05)
    tracin([model], x, y, x_test, y_test, lr=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert not model.training
    for p, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(p, old)
        assert p.grad is None
        assert p.requires_grad
    for found, old in zip((x, y, x_test, y_test), inputs, strict=True):
        assert torch.equal(found, old)


def test_a_network_that_is_not_convex_needs_damping():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 3)).double().eval()
    _, x, y, x_test, y_test = problem(11, trained=False)
    with pytest.raises(ValueError, match=r"^damping: expected enough"):
        influence_function(model, x, y, x_test, y_test, weight_decay=0.0)
    damped = influence_function(model, x, y, x_test, y_test, weight_decay=0.0, damping=2.0)
    assert bool(torch.isfinite(damped).all())


def test_bad_arguments_are_named():
    model, x, y, x_test, y_test = given_ = problem(12)
    with pytest.raises(ValueError, match=r"^solver: expected one of"):
        influence_function(*given_, weight_decay=0.05, solver="magic")
    with pytest.raises(ValueError, match=r"^weight_decay: expected a finite"):
        influence_function(*given_, weight_decay=-1)
    with pytest.raises(ValueError, match=r"^damping: expected a finite"):
        influence_function(*given_, weight_decay=0.05, damping=-1)
    with pytest.raises(ValueError, match=r"^y_test: expected one label"):
        influence_function(model, x, y, x_test, y_test[:2], weight_decay=0.05)
    with pytest.raises(ValueError, match=r"^y: expected one label"):
        self_influence(model, x, y[:2], weight_decay=0.05)
    with pytest.raises(ValueError, match=r"^batch_size"):
        influence_function(*given_, weight_decay=0.05, solver="lissa", batch_size=0)
    with pytest.raises(ValueError, match=r"^groups: expected a tensor of booleans"):
        leave_groups_out(*given_, torch.zeros(1, 4), weight_decay=0.05)
    with pytest.raises(ValueError, match=r"^tolerance: expected a positive"):
        settle(model, x, y, weight_decay=0.05, tolerance=0)
    with pytest.raises(ValueError, match=r"^model: is in training mode"):
        leave_one_out(model.train(), x, y, x_test, y_test, weight_decay=0.05)
    model.eval()
    with pytest.raises(ValueError, match=r"^checkpoints: expected at least one"):
        tracin([], x, y, x_test, y_test, lr=1)
    with pytest.raises(ValueError, match=r"^lr: expected 1 finite"):
        tracin([model], x, y, x_test, y_test, lr=[1.0, 2.0])
    W = torch.zeros(4, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"^weight_decay: expected a positive"):
        representer_points(x, y, W, x_test, y_test, weight_decay=0)
    with pytest.raises(ValueError, match=r"^features: expected shape"):
        representer_points(x[:, :2], y, W, x_test, y_test, weight_decay=1)
    with pytest.raises(ValueError, match=r"^scale: expected a positive"):
        lissa(lambda: torch.sum, W[0], W[0], scale=0)


def test_what_does_not_converge_says_so():
    model, x, y, *_ = problem(13, trained=False)
    with pytest.raises(RuntimeError, match=r"^settle: a gradient of"):
        settle(model, x, y, weight_decay=0.05, tolerance=1e-30, steps=1)
    f, w = loss_of_weights(model, x, y)
    with pytest.raises(RuntimeError, match="not solved after 1 steps"):
        conjugate_gradient(f, w, torch.arange(15).double(), damping=0.01, steps=1)
    with pytest.raises(RuntimeError, match="diverges"):
        lissa(lambda: lambda v: 50 * v @ v, w, torch.ones_like(w), scale=1.0)
    groups = torch.zeros(1, 30, dtype=torch.bool)
    with pytest.raises(RuntimeError, match=r"^retrain_without: a gradient of"):
        retrain_without(model, x, y, groups, weight_decay=0.05, steps=1, tolerance=1e-14)
