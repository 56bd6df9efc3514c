"""The counts of operations are torch's own, and scale as they must."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sdl_lib.cost import layer_costs
from sdl_lib.models import MLP, VGG8, LeNet5, Softmax


def torchs_count(model, x):
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    return counter.get_total_flops()


@pytest.mark.parametrize("kind", [Softmax, MLP, LeNet5, VGG8])
@pytest.mark.parametrize("n", [1, 5])
def test_operations_are_those_that_torch_counts(kind, n):
    model, x = kind().eval(), torch.rand(n, 1, 28, 28)
    costs = layer_costs(model, x)
    assert sum(c.flops for c in costs) == torchs_count(model, x)
    matrices = sum(p.numel() for p in model.parameters() if p.ndim > 1)
    assert sum(c.weights for c in costs) == matrices


def test_awkward_convolutions():
    model = nn.Sequential(
        nn.Conv2d(4, 6, (3, 5), stride=(2, 1), padding=1, groups=2), nn.Conv2d(6, 3, 1)
    ).eval()
    x = torch.rand(2, 4, 11, 9)
    assert sum(c.flops for c in layer_costs(model, x)) == torchs_count(model, x)


def test_a_dense_layer_by_hand():
    model = nn.Sequential(nn.Linear(20, 30)).eval()
    (cost,) = layer_costs(model, torch.rand(8, 20))
    assert (cost.name, cost.flops, cost.weights) == ("0", 2 * 8 * 20 * 30, 600)
    assert cost.numbers == 8 * 20 + 8 * 30
    assert cost.intensity == 2 * 8 * 600 / (4 * (600 + 400))


def test_the_model_is_left_as_it_was():
    model = MLP().eval()
    layer_costs(model, torch.rand(1, 1, 28, 28))
    assert not any(m._forward_hooks for m in model.modules())
    with pytest.raises(RuntimeError):
        layer_costs(model, torch.rand(1, 5))
    assert not any(m._forward_hooks for m in model.modules())


def test_bad_models_are_named():
    with pytest.raises(ValueError, match=r"^model: is in training mode"):
        layer_costs(MLP(), torch.rand(1, 1, 28, 28))
    with pytest.raises(ValueError, match=r"^model: has no dense"):
        layer_costs(nn.ReLU().eval(), torch.rand(1, 3))
