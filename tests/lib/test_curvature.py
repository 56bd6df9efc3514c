"""Hessian-vector products against the explicit Hessian, torch's own, and closed forms."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sdl_lib.curvature import gradient, hessian, hvp, largest_curvature, loss_of_weights


def small_network(seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)).double().eval()
    x = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    y = torch.randint(3, (20,), generator=generator)
    return model, x, y


@given(st.integers(0, 1000))
def test_hvp_is_the_hessian_times_v_and_symmetric(seed):
    f, w = loss_of_weights(*small_network(seed))
    u, v = torch.randn(2, len(w), generator=torch.Generator().manual_seed(seed)).double()
    explicit = torch.func.jacrev(torch.func.jacrev(f))(w)
    torch.testing.assert_close(hvp(f, w, v), explicit @ v, rtol=0, atol=1e-12)
    torch.testing.assert_close(hessian(f, w), explicit, rtol=0, atol=1e-12)
    assert abs(float(u @ hvp(f, w, v) - v @ hvp(f, w, u))) < 1e-12


@given(st.integers(0, 1000))
def test_hvp_is_the_slope_of_the_gradient(seed):
    f, w = loss_of_weights(*small_network(seed))
    v = torch.randn(len(w), generator=torch.Generator().manual_seed(seed)).double()
    h = 1e-5
    slope = (gradient(f, w + h * v) - gradient(f, w - h * v)) / (2 * h)
    torch.testing.assert_close(hvp(f, w, v), slope, rtol=1e-6, atol=1e-8)


def test_gradient_is_that_of_backward():
    model, x, y = small_network(0)
    nn.functional.cross_entropy(model(x), y).backward()
    expected = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert torch.equal(gradient(*loss_of_weights(model, x, y)), expected)


def test_largest_curvature_is_the_largest_eigenvalue_in_size():
    chance = torch.Generator().manual_seed(0)
    Q = torch.linalg.qr(torch.randn(6, 6, generator=chance).double()).Q
    for values in ([1, 2, 3, 4, 5, 9], [-9, 1, 2, 3, 4, 5]):
        A = Q @ torch.tensor(values).double().diag() @ Q.T
        found = largest_curvature(lambda w, A=A: 0.5 * w @ A @ w, Q[0], steps=100)
        assert found == pytest.approx(max(values, key=abs), rel=1e-9)
    f, w = loss_of_weights(*small_network(3))
    explicit = torch.linalg.eigvalsh(hessian(f, w))
    expected = float(max(explicit, key=abs))
    assert largest_curvature(f, w, steps=500) == pytest.approx(expected, rel=1e-6)


def test_a_plane_and_a_constant_have_no_curvature():
    w = torch.ones(3)
    assert torch.equal(hvp(lambda w: w.sum(), w, w), torch.zeros(3))
    assert torch.equal(hessian(lambda w: w.sum(), w), torch.zeros(3, 3))
    assert largest_curvature(lambda w: w.sum(), w) == 0


def test_shapes_other_than_vectors():
    x = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)).double()
    assert torch.allclose(hvp(lambda w: (w**3).sum(), x, torch.ones_like(x)), 6 * x)
    assert torch.allclose(hessian(lambda w: (w**3).sum(), x), 6 * x.flatten().diag())


def test_nothing_is_changed():
    model, x, y = small_network(1)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    f, w = loss_of_weights(model, x, y)
    start, state = w.clone(), torch.get_rng_state()
    hvp(f, w, torch.ones_like(w))
    largest_curvature(f, w, steps=3)
    assert torch.equal(w, start)
    assert torch.equal(torch.get_rng_state(), state)
    assert w.grad is None
    for name, p in model.named_parameters():
        assert torch.equal(p, before[name])
        assert p.grad is None
        assert p.requires_grad
    w.zero_()  # a copy, not a view of the model
    assert torch.equal(model[0].weight, before["0.weight"])


def test_bad_arguments_are_named():
    model, x, y = small_network(2)
    f, w = loss_of_weights(model, x, y)
    with pytest.raises(ValueError, match=r"^v: expected the shape \(31,\)"):
        hvp(f, w, w[:-1])
    with pytest.raises(ValueError, match=r"^x: expected a tensor of floats"):
        hvp(f, w.long(), w)
    with pytest.raises(ValueError, match=r"^x: contains values that are not finite"):
        gradient(f, w / 0)
    with pytest.raises(ValueError, match=r"^f: expected one number, found shape \(31,\)"):
        gradient(lambda v: v, w)
    with pytest.raises(ValueError, match=r"^steps:"):
        largest_curvature(f, w, steps=0)
    with pytest.raises(ValueError, match=r"^y:"):
        loss_of_weights(model, x, y[:-1])
    with pytest.raises(ValueError, match=r"^model: is in training mode"):
        loss_of_weights(model.train(), x, y)
