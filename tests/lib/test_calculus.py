"""What the appendix on multivariate calculus claims of the shipped networks, on other digits."""

import pytest
import torch
from torch.nn.functional import softplus

from sdl_lib.models import load


def gradient_and_slope(model, x, k, seed):
    """In ten random directions: by the gradient, and by differences, over its length."""
    generator = torch.Generator().manual_seed(seed)
    v = torch.randn(10, *x.shape[1:], generator=generator, dtype=x.dtype)
    v = v / v.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    z = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(z)[0, k], z)
    rise = model(x + 1e-6 * v)[:, k] - model(x - 1e-6 * v)[:, k]
    return v.flatten(1) @ gradient.flatten() / gradient.norm(), rise / 2e-6 / gradient.norm()


@pytest.mark.parametrize("i", [1, 2, 3])
def test_the_perceptron_is_differentiable_at_digits_and_lenet_is_not(digits, i):
    x, k = digits[0][i : i + 1].double(), digits[1][i]
    exact, numeric = gradient_and_slope(load("mlp").double(), x, k, seed=i)
    torch.testing.assert_close(exact, numeric, rtol=0, atol=1e-7)
    exact, numeric = gradient_and_slope(load("lenet5").double(), x, k, seed=i)
    assert float((exact - numeric).abs().max()) > 1e-4


def shares(model, k, start, end, n=1000):
    middle = ((torch.arange(n) + 0.5) / n).double().view(-1, 1, 1, 1)
    z = (start + middle * (end - start)).requires_grad_()
    (gradient,) = torch.autograd.grad(model(z)[:, k].sum(), z)
    return (gradient * (end - start)).mean(0).flatten()


@pytest.mark.parametrize("name", ["mlp", "lenet5"])
@pytest.mark.parametrize("i", [1, 2, 3])
def test_every_path_is_complete_and_its_shares_are_its_own(digits, name, i):
    model, x, k = load(name).double(), digits[0][i : i + 1].double(), digits[1][i]
    black, other = torch.zeros_like(x), digits[0][i + 10 : i + 11].double()
    total = float((model(x) - model(black))[0, k])
    straight = shares(model, k, black, x)
    detour = shares(model, k, black, other) + shares(model, k, other, x)
    for parts in (straight, detour):
        assert float(parts.sum()) == pytest.approx(total, abs=0.01 * abs(total))
    assert float((straight - detour).abs().sum() / straight.abs().sum()) >= 0.1


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_the_maximum_is_that_at_the_maximiser(digits, seed):
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(784, generator=generator, dtype=torch.float64).requires_grad_()
    x, y = digits[0].flatten(1).double(), (digits[1] % 2 * 2 - 1).double()
    attacked = x - 0.1 * y[:, None] * w.detach().sign()
    at_attack = softplus(-y * (attacked @ w)).mean()
    maximum = softplus(-y * (x @ w) + 0.1 * w.abs().sum()).mean()
    torch.testing.assert_close(*(torch.autograd.grad(f, w)[0] for f in (at_attack, maximum)))
