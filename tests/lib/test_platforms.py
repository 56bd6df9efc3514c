"""What the chapter on platforms claims of seeds, of the order of sums, and of fewer bits."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sdl_lib.data import mnist10k
from sdl_lib.models import MLP
from sdl_lib.training import accuracy, batches, fit, predict


def trained(seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MLP()
    x, y = mnist10k("train")
    fit(model, x[:1000], y[:1000], epochs=2, generator=torch.Generator().manual_seed(seed))
    return nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_gives_the_same_bits_and_another_does_not(seed):
    assert torch.equal(trained(seed), trained(seed))
    assert not torch.equal(trained(seed), trained(seed + 1))


@pytest.mark.parametrize("seed", range(3))
def test_a_sum_depends_on_its_order_within_rounding(seed):
    many = torch.randn(1_000_000, generator=torch.Generator().manual_seed(seed))
    exact = math.fsum(many.tolist())
    sums = [float(many.view(parts, -1).sum(1).sum()) for parts in (1, 2, 5, 8)]
    sums += [float(many.flip(0).sum()), float(many.sort().values.sum())]
    assert len(set(sums)) >= 2
    assert all(abs(s - exact) < 0.1 for s in sums)


@given(st.floats(1e-30, 1e30))
def test_bfloat16_keeps_eight_bits(value):
    a = torch.tensor(value)
    assert abs(float(a.bfloat16()) - float(a)) <= 2**-8 * float(a)


def test_small_steps_vanish_in_bfloat16_and_not_in_single_precision():
    for dtype, expected in ((torch.bfloat16, 1.0), (torch.float32, 0.0)):
        weight = torch.ones((), dtype=dtype)
        for _ in range(1000):
            weight -= 0.001
        assert float(weight) == pytest.approx(expected, abs=1e-4)


def test_logits_under_autocast_are_close(lenet, digits):
    exact = predict(lenet, digits[0])
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        rough = lenet(digits[0]).float()
    assert 0 < float((rough - exact).norm() / exact.norm()) < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_training_in_mixed_precision_costs_little(seed):
    x, y = mnist10k("train")
    scores = []
    for half in (False, True):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = MLP()
        optimiser, chance = torch.optim.Adam(model.parameters()), torch.Generator()
        for rows in batches(4000, 64, generator=chance.manual_seed(seed)):
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                logits = model(x[rows])
            loss = nn.functional.cross_entropy(logits.float(), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        scores.append(accuracy(model.eval(), *mnist10k("test")))
    assert abs(scores[0] - scores[1]) <= 0.015
    assert min(scores) > 0.8
