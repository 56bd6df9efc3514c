"""Two real processes compute the gradient of one."""

import pytest
import torch
from torch import nn

from sdl_lib import parallel
from sdl_lib.curvature import gradient, loss_of_weights
from sdl_lib.models import MLP, Softmax
from sdl_lib.parallel import all_reduce_gradient


@pytest.mark.parametrize("sizes", [[50, 50], [1, 99], [20, 30, 50]])
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_the_mean_is_the_weighted_mean_of_the_shards(digits, sizes, seed):
    torch.manual_seed(seed)
    model = MLP().double().eval()
    x, y = digits[0][:100].double(), digits[1][:100]
    whole = gradient(*loss_of_weights(model, x, y))
    parts = zip(x.split(sizes), y.split(sizes), sizes, strict=True)
    found = sum(n / 100 * gradient(*loss_of_weights(model, a, b)) for a, b, n in parts)
    torch.testing.assert_close(found, whole, rtol=0, atol=1e-12)


def test_two_processes_give_the_gradient_of_one(digits):
    torch.manual_seed(0)
    model = Softmax().eval()
    x, y = digits[0][:101], digits[1][:101]  # shards of 51 and 50
    state = torch.get_rng_state()
    held = all_reduce_gradient(model, x, y, workers=2)
    assert held.shape == (2, 7850)
    assert torch.equal(held[0], held[1])
    whole = gradient(*loss_of_weights(model, x, y))
    assert float((held[0] - whole).abs().max()) <= 1e-6
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)


def test_a_worker_that_fails_is_quoted(digits, monkeypatch):
    x, y = digits[0][:4, :, :5], digits[1][:4]  # pictures of the wrong shape
    with pytest.raises(RuntimeError, match=r"(?s)worker \d failed:.*shapes cannot be multiplied"):
        all_reduce_gradient(Softmax().eval(), x, y)


def test_bad_arguments_are_named(digits):
    x, y = digits
    with pytest.raises(ValueError, match=r"^x: expected at least 2 examples, found 1"):
        all_reduce_gradient(MLP().eval(), x[:1], y[:1])
    with pytest.raises(ValueError, match=r"^workers:"):
        all_reduce_gradient(MLP().eval(), x, y, workers=0)
    with pytest.raises(ValueError, match=r"^model: is in training mode"):
        all_reduce_gradient(MLP(), x, y)
    with pytest.raises(ValueError, match=r"^model: expected a network of sdl_lib.models"):
        all_reduce_gradient(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval(), x, y)
    with pytest.raises(ValueError, match=r"^model: its shapes are not those of MLP\(\)"):
        all_reduce_gradient(MLP(hidden=8).eval(), x, y)
    with pytest.raises(ValueError, match=r"^y:"):
        all_reduce_gradient(MLP().eval(), x, y[:3])


def test_workers_meet_on_this_machine_alone(monkeypatch):
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    found = parallel._loopback()
    assert found.get("GLOO_SOCKET_IFNAME", "lo") in ("lo", "lo0")
