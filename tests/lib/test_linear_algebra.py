"""Duals attain Hölder's bound, components agree with scikit-learn, power iteration with LAPACK."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from torch import nn

from sdl_lib.data import mnist10k
from sdl_lib.linear_algebra import (
    dual_exponent,
    dual_norm,
    power_iteration,
    principal_components,
    steepest_direction,
)
from sdl_lib.models import load

EXPONENTS = st.sampled_from([1.0, 1.5, 2.0, 3.0, 10.0, math.inf])
SEEDS = st.integers(0, 10_000)


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(EXPONENTS)
def test_the_dual_of_the_dual_is_the_norm_itself(p):
    assert dual_exponent(dual_exponent(p)) == pytest.approx(p)


@given(EXPONENTS, SEEDS, st.integers(1, 30))
def test_the_steepest_direction_is_a_unit_vector_and_attains_the_dual_norm(p, seed, d):
    w = noise(d, seed=seed)
    r = steepest_direction(w, p=p)
    one = torch.ones((), dtype=w.dtype)
    torch.testing.assert_close(torch.linalg.vector_norm(r, ord=p), one)
    torch.testing.assert_close((w * r).sum(), dual_norm(w, p=p))


@given(EXPONENTS, SEEDS)
def test_no_direction_beats_the_dual_norm(p, seed):
    w, r = noise(12, seed=seed), noise(500, 12, seed=seed + 1)
    reach = r @ w / torch.linalg.vector_norm(r, ord=p, dim=1)
    assert float(reach.max()) <= float(dual_norm(w, p=p)) * (1 + 1e-12)


def test_the_three_usual_directions():
    w = torch.tensor([[3.0, -4.0], [0.0, 0.0]])
    signs, unit, one = (steepest_direction(w, p=p) for p in (math.inf, 2, 1))
    assert torch.equal(signs, torch.tensor([[1.0, -1.0], [0.0, 0.0]]))
    torch.testing.assert_close(unit, w / 5)
    assert torch.equal(one, torch.tensor([[0.0, -1.0], [0.0, 0.0]]))


def test_zero_has_no_steepest_direction_and_large_numbers_do():
    for p in (1, 2, 3, math.inf):
        assert not steepest_direction(torch.zeros(3), p=p).any()
    huge = torch.tensor([1e300, -1e300], dtype=torch.float64)
    assert bool(steepest_direction(huge, p=1.1).isfinite().all())


def test_components_agree_with_scikit_learn(digits):
    x = digits[0].flatten(1).double()
    ours = principal_components(x, k=5)
    theirs = PCA(5, svd_solver="full").fit(x.numpy())
    # a direction has no sign of its own
    agreement = (ours.directions @ torch.from_numpy(theirs.components_).T).abs()
    torch.testing.assert_close(agreement, torch.eye(5).double(), rtol=0, atol=1e-9)
    torch.testing.assert_close(ours.variances, torch.from_numpy(theirs.explained_variance_))
    shares = torch.from_numpy(theirs.explained_variance_ratio_)
    torch.testing.assert_close(ours.variances / ours.total, shares)


@given(SEEDS, st.integers(1, 6))
def test_the_error_of_a_projection_is_the_variance_left_out(seed, k):
    x = noise(20, 6, seed=seed) @ noise(6, 6, seed=seed + 1)
    found = principal_components(x, k=k)
    centred = x - found.mean
    rest = centred - centred @ found.directions.T @ found.directions
    left = found.total - found.variances.sum()
    torch.testing.assert_close(rest.square().sum() / 19, left, rtol=1e-9, atol=1e-9)


def test_components_point_where_their_largest_entry_is_positive():
    x = noise(30, 5)
    for found in (principal_components(x, k=3), principal_components(-x, k=3)):
        assert bool((found.directions.amax(1) > found.directions.amin(1).abs()).all())


@given(SEEDS)
def test_power_iteration_on_a_matrix_with_a_gap_is_its_largest_singular_value(seed):
    stretch = torch.diag(torch.tensor([2.0] + [1.0] * 5, dtype=torch.float64))
    u, v = (torch.linalg.qr(noise(6, 6, seed=seed + i))[0] for i in range(2))
    matrix = u @ stretch @ v.T
    sigma, direction = power_iteration(lambda x: matrix @ x, matrix[0])
    assert float(sigma) == pytest.approx(2)
    assert abs(float(direction @ v[:, 0])) == pytest.approx(1)


@given(SEEDS, st.integers(1, 8), st.integers(1, 8))
def test_power_iteration_never_overshoots_and_returns_what_its_direction_gives(seed, m, n):
    matrix = noise(m, n, seed=seed)
    sigma, direction = power_iteration(lambda x: matrix @ x, matrix[0], steps=3)
    assert float(sigma) <= float(torch.linalg.matrix_norm(matrix, 2)) * (1 + 1e-12)
    torch.testing.assert_close((matrix @ direction).norm(), sigma)


def test_power_iteration_on_the_layers_of_the_perceptron():
    for layer in load("mlp").double().layers:
        if isinstance(layer, nn.Linear):
            x = torch.zeros(layer.in_features, dtype=torch.float64)
            sigma, _ = power_iteration(layer, x, steps=500)
            torch.testing.assert_close(sigma, torch.linalg.matrix_norm(layer.weight, 2))


def test_power_iteration_on_a_convolution_equals_that_of_its_matrix():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = nn.Conv2d(2, 3, 3, padding=1).double()
    x = torch.zeros(1, 2, 5, 5, dtype=torch.float64)
    columns = [layer(e.view_as(x)) - layer(x) for e in torch.eye(50, dtype=torch.float64)]
    matrix = torch.stack([c.flatten() for c in columns], dim=1)
    sigma, v = power_iteration(layer, x, steps=2000)
    torch.testing.assert_close(sigma, torch.linalg.matrix_norm(matrix, 2).detach())
    assert v.shape == x.shape
    assert not sigma.requires_grad


def test_power_iteration_at_a_point_is_the_norm_of_the_jacobian(digits):
    network = load("lenet5").double()
    x = digits[0][:1].double()
    jacobian = torch.func.jacrev(network)(x).reshape(10, 784)
    sigma, _ = power_iteration(network, x, steps=300)
    torch.testing.assert_close(sigma, torch.linalg.matrix_norm(jacobian, 2), rtol=1e-6, atol=0)


def test_a_map_to_zero_has_norm_zero():
    sigma, v = power_iteration(lambda x: 0 * x, torch.zeros(4))
    assert float(sigma) == 0
    assert float(v.norm()) == pytest.approx(1)


def test_nothing_outside_changes():
    layer, x = nn.Linear(4, 3), torch.ones(4, requires_grad=True)
    state = torch.random.get_rng_state()
    power_iteration(layer, x, steps=3)
    principal_components(torch.eye(4), k=2)
    steepest_direction(x, p=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert x.grad is None
    assert layer.weight.grad is None
    assert layer.training
    assert torch.equal(x.detach(), torch.ones(4))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: dual_exponent(0.5), "p"),
        (lambda: dual_exponent(math.nan), "p"),
        (lambda: dual_norm(torch.ones(2), p=0), "p"),
        (lambda: dual_norm(torch.tensor([1.0, math.nan]), p=2), "w"),
        (lambda: steepest_direction(torch.tensor([1, 2]), p=2), "w"),
        (lambda: steepest_direction(torch.ones(2), p=-1), "p"),
        (lambda: principal_components(torch.ones(3), k=1), "x"),
        (lambda: principal_components(torch.ones(1, 3), k=1), "x"),
        (lambda: principal_components(torch.eye(3), k=4), "k"),
        (lambda: principal_components(torch.eye(3), k=0), "k"),
        (lambda: principal_components(torch.full((3, 3), math.inf), k=1), "x"),
        (lambda: power_iteration(lambda x: x, torch.ones(2), steps=0), "steps"),
        (lambda: power_iteration(lambda x: x, torch.tensor([math.inf])), "x"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises(ValueError, match=f"^{name}: "):
        call()


@pytest.mark.parametrize("seed", range(3))
def test_components_hold_more_of_new_digits_than_chance_directions(seed):
    x, new = (mnist10k(split)[0][:1000].flatten(1).double() for split in ("train", "test"))
    found = principal_components(x, k=50)
    rest = new - found.mean
    chance = torch.linalg.qr(noise(784, 50, seed=seed))[0]
    ours, theirs = (rest @ basis for basis in (found.directions.T, chance))
    gain = (ours.square().sum() - theirs.square().sum()) / rest.square().sum()
    assert float(gain) > 0.5


def test_the_product_of_spectral_norms_bounds_the_stretch_of_the_perceptron(digits):
    network, x = load("mlp").double(), digits[0].double()
    bound = math.prod(
        float(power_iteration(layer, layer.weight[0], steps=300)[0])
        for layer in (network.layers[1], network.layers[3])
    )
    moved, apart = torch.pdist(network(x)), torch.pdist(x.flatten(1))
    assert 1 < float((moved / apart).max()) <= bound
