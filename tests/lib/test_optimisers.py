"""The optimisers by hand walk the paths of torch's, and obey the theorems about bowls."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sdl_lib.curvature import largest_curvature, loss_of_weights
from sdl_lib.models import Softmax
from sdl_lib.optimisers import adam, gd, momentum, newton


def bowl(values, seed=0):
    """A quadratic with these curvatures, in random directions, and its minimum."""
    generator = torch.Generator().manual_seed(seed)
    n = len(values)
    Q = torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64)).Q
    A = Q @ torch.as_tensor(values, dtype=torch.float64).diag() @ Q.T
    goal = torch.randn(n, generator=generator, dtype=torch.float64)
    return (lambda w: 0.5 * (w - goal) @ A @ (w - goal)), goal, Q


def torchs(make, f, w, steps):
    w = w.clone().requires_grad_()
    optimiser, path = make([w]), [w.detach().clone()]
    for _ in range(steps):
        optimiser.zero_grad()
        f(w).backward()
        optimiser.step()
        path.append(w.detach().clone())
    return torch.stack(path)


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 5 * (w[1] - w[0] ** 2) ** 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("ours", "theirs", "options", "theirs_options"),
    [
        (gd, torch.optim.SGD, {"lr": 0.01}, {"lr": 0.01}),
        (momentum, torch.optim.SGD, {"lr": 0.005}, {"lr": 0.005, "momentum": 0.9}),
        (
            momentum,
            torch.optim.SGD,
            {"lr": 0.01, "beta": 0.5},
            {"lr": 0.01, "momentum": 0.5},
        ),
        (adam, torch.optim.Adam, {"lr": 0.05}, {"lr": 0.05}),
        (
            adam,
            torch.optim.Adam,
            {"lr": 0.005, "betas": (0.5, 0.9), "eps": 1e-3},
            {"lr": 0.005, "betas": (0.5, 0.9), "eps": 1e-3},
        ),
    ],
    ids=["gd", "momentum", "momentum-.5", "adam", "adam-other"],
)
def test_paths_are_those_of_torch(ours, theirs, options, theirs_options, seed):
    w = torch.randn(2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    path = ours(rosenbrock, w, steps=200, **options)
    other = torchs(lambda p: theirs(p, **theirs_options), rosenbrock, w, 200)
    assert path.shape == (201, 2)
    # a short memory makes Adam oscillate, which amplifies rounding: there only the beginning
    steps = 50 if "eps" in options else 200
    torch.testing.assert_close(path[:steps], other[:steps], rtol=0, atol=1e-6)
    torch.testing.assert_close(path[:20], other[:20], rtol=0, atol=1e-12)


def test_paths_on_a_real_network_are_those_of_torch(digits):
    model = Softmax().eval()
    f, w = loss_of_weights(model, *digits)
    for ours, make in (
        (gd(f, w, lr=0.5, steps=10), lambda p: torch.optim.SGD(p, 0.5)),
        (adam(f, w, lr=0.01, steps=10), lambda p: torch.optim.Adam(p, 0.01)),
    ):
        torch.testing.assert_close(ours, torchs(make, f, w, 10), rtol=0, atol=1e-6)


@given(st.floats(1.5, 1e4), st.integers(1, 60))
def test_the_worst_bowl_shrinks_by_the_rate_of_the_theorem(kappa, steps):
    curvatures = torch.tensor([1 / kappa, 1.0], dtype=torch.float64)
    worst = torch.ones(2, dtype=torch.float64)
    path = gd(
        lambda w: 0.5 * (curvatures * w * w).sum(), worst, lr=2 / (1 + 1 / kappa), steps=steps
    )
    rho = (kappa - 1) / (kappa + 1)
    torch.testing.assert_close(path[-1].norm(), rho**steps * worst.norm(), rtol=1e-9, atol=0)


@given(st.integers(0, 10_000), st.floats(2, 1e3))
def test_no_start_does_worse_than_the_theorem(seed, kappa):
    f, goal, _ = bowl([1 / kappa, 0.3, 1.0] if kappa > 4 else [1 / kappa, 1.0], seed)
    path = gd(f, torch.zeros_like(goal), lr=2 / (1 + 1 / kappa), steps=20)
    error = (path - goal).norm(dim=1)
    assert bool((error[1:] <= (kappa - 1) / (kappa + 1) * error[:-1] + 1e-14).all())


def test_gd_converges_below_two_over_l_and_not_beyond():
    f, goal, Q = bowl([0.05, 0.4, 1.0])
    steepest = goal + Q[:, 2]
    assert (gd(f, steepest, lr=1.98, steps=1000)[-1] - goal).norm() < 1e-6
    assert (gd(f, steepest, lr=2.02, steps=1000)[-1] - goal).norm() > 1e6


@pytest.mark.parametrize("kappa", [4.0, 100.0, 2500.0])
def test_momentum_has_the_rate_of_the_root(kappa):
    root = math.sqrt(kappa)
    lr, beta = 4 / (1 + 1 / root) ** 2, ((root - 1) / (root + 1)) ** 2
    # between the ends, both eigenvalues of a step have the modulus sqrt(beta)
    for curvature in torch.linspace(1 / kappa, 1, 9, dtype=torch.float64)[1:-1].tolist():
        step = torch.tensor([[1 - lr * curvature, -lr * beta], [curvature, beta]]).double()
        moduli = torch.linalg.eigvals(step).abs()
        assert float((moduli - math.sqrt(beta)).abs().max()) < 1e-6
    f, goal, _ = bowl([1 / kappa, 1.0])
    start = torch.zeros_like(goal)
    steps = int(12 * root)
    ball = (momentum(f, start, lr=lr, beta=beta, steps=steps)[-1] - goal).norm()
    hiker = (gd(f, start, lr=2 / (1 + 1 / kappa), steps=steps)[-1] - goal).norm()
    assert ball < hiker


def test_momentum_without_memory_is_gradient_descent():
    f, goal, _ = bowl([0.1, 1.0])
    start = torch.zeros_like(goal)
    assert torch.equal(momentum(f, start, lr=0.5, beta=0, steps=9), gd(f, start, lr=0.5, steps=9))


@given(st.integers(0, 1000), st.sampled_from([1e-3, 10.0, 1e4]))
def test_adam_ignores_the_scale_of_the_loss(seed, scale):
    f, goal, _ = bowl([0.2, 1.0, 3.0], seed)
    start = goal + 1
    path = adam(f, start, lr=0.01, eps=0, steps=30)
    louder = adam(lambda w: scale * f(w), start, lr=0.01, eps=0, steps=30)
    torch.testing.assert_close(path, louder, rtol=0, atol=1e-9)
    # and its first step is the learning rate, in every coordinate
    torch.testing.assert_close((path[1] - path[0]).abs(), torch.full_like(start, 0.01))


def test_adam_depends_on_the_axes_and_the_others_do_not():
    turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]]).double() / math.sqrt(2)
    curvatures = torch.tensor([0.01, 1.0]).double()

    def upright(w):
        return 0.5 * (curvatures * w * w).sum()

    def turned(w):
        return upright(turn.T @ w)

    start = torch.tensor([-1.8, 1.2]).double()

    def final(method, f, w, **options):
        return float(f(method(f, w, **options)[-1]))

    for method, options in ((gd, {"lr": 1.0}), (momentum, {"lr": 1.0, "beta": 0.8})):
        pair = [final(method, f, w, steps=50, **options)
                for f, w in ((upright, start), (turned, turn @ start))]  # fmt: skip
        assert pair[0] == pytest.approx(pair[1], rel=1e-9)
    ahead = final(adam, upright, start, lr=0.03, steps=300)
    assert final(adam, turned, start, lr=0.03, steps=300) > 100 * ahead


@given(st.integers(0, 10_000), st.floats(1, 1e5), st.integers(2, 10))
def test_newton_solves_a_quadratic_in_one_step(seed, kappa, n):
    values = torch.logspace(-math.log10(kappa), 0, n).tolist()
    f, goal, _ = bowl(values, seed)
    path = newton(f, torch.zeros_like(goal))
    assert path.shape == (2, n)
    assert float((path[-1] - goal).abs().max()) < 1e-8


def test_newton_doubles_the_digits_near_a_minimum():
    w = torch.tensor([0.9, 0.85]).double()
    error = (newton(rosenbrock, w, steps=6) - 1).norm(dim=1)
    assert error[-1] < 1e-12
    assert all(b <= 20 * a * a + 1e-15 for a, b in pairwise(error[1:]))


def test_newton_does_not_care_for_the_shape_or_the_axes():
    M = torch.randn(2, 2, generator=torch.Generator().manual_seed(1)).double()
    w = torch.tensor([0.3, -0.4]).double()
    plain = newton(rosenbrock, M @ w, steps=4)
    bent = newton(lambda u: rosenbrock(M @ u), w, steps=4)
    torch.testing.assert_close(bent @ M.T, plain)
    square = newton(lambda u: rosenbrock(u.flatten()), (M @ w).view(1, 2), steps=4)
    torch.testing.assert_close(square[:, 0], plain)


def test_newton_goes_to_a_saddle_and_damping_can_prevent_it():
    def saddle(w):
        return w[0] ** 2 - w[1] ** 2 + w[1] ** 4 / 4

    begin = torch.tensor([1.0, 0.5]).double()
    assert newton(saddle, begin, steps=20)[-1].norm() < 1e-9
    assert saddle(newton(saddle, begin, damping=3.0, steps=200)[-1]) == pytest.approx(-1)
    assert saddle(gd(saddle, begin, lr=0.1, steps=200)[-1]) == pytest.approx(-1)


def test_strong_damping_is_a_short_gradient_step():
    f, goal, _ = bowl([0.1, 1.0])
    w = goal + 1
    step = newton(f, w, damping=1e6)[1] - w
    torch.testing.assert_close(step, gd(f, w, lr=1e-6, steps=1)[1] - w, rtol=1e-5, atol=0)


def test_nothing_that_was_passed_is_changed(digits):
    model = Softmax().eval()
    f, w = loss_of_weights(model, *digits)
    before, state = w.clone(), torch.get_rng_state()
    for path in (gd(f, w, lr=1, steps=2), adam(f, w, lr=0.1, steps=2)):
        assert not path.requires_grad
        assert torch.equal(path[0], before)
    assert torch.equal(w, before)
    assert w.grad is None
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)
    assert gd(f, w, lr=1, steps=0).shape == (1, len(w))
    with torch.no_grad():  # as on a page
        assert gd(f, w, lr=1, steps=1).shape == (2, len(w))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda f, w: gd(f, w, lr=-1, steps=1), "lr"),
        (lambda f, w: gd(f, w, lr=math.nan, steps=1), "lr"),
        (lambda f, w: gd(f, w, lr=1, steps=-1), "steps"),
        (lambda f, w: gd(f, w.long(), lr=1, steps=1), "x"),
        (lambda f, w: gd(f, w / 0, lr=1, steps=1), "x"),
        (lambda f, w: gd(lambda v: v, w, lr=1, steps=1), "f"),
        (lambda f, w: momentum(f, w, lr=1, beta=1, steps=1), "beta"),
        (lambda f, w: momentum(f, w, lr=1, beta=-0.1, steps=1), "beta"),
        (lambda f, w: adam(f, w, lr=1, betas=(0.9, 1.5), steps=1), "betas"),
        (lambda f, w: adam(f, w, lr=1, eps=-1, steps=1), "eps"),
        (lambda f, w: newton(f, w, damping=-1), "damping"),
        (lambda f, w: newton(lambda v: v.sum(), w), "f"),
    ],
)
def test_bad_settings_are_named(call, name):
    f, goal, _ = bowl([0.1, 1.0])
    with pytest.raises(ValueError, match=f"^{name}:"):
        call(f, goal + 1)


@pytest.mark.parametrize("seed", range(3))
def test_on_real_digits_the_edge_is_where_the_curvature_says(seed, digits):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval()
    f, w = loss_of_weights(model, *digits)
    limit = 2 / largest_curvature(f, w, steps=20)

    def rises(multiple):
        path = gd(f, w, lr=multiple * limit, steps=40)
        return max(torch.stack([f(p) for p in path]).diff().tolist())

    assert rises(0.5) < 0
    assert rises(2.5) > 0
