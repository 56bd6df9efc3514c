"""Our attributions against those of captum, on the same network and inputs.

EfficientNet in float64: of its millions of ReLU6 units some always stand so near a kink that a
float32 rounding puts them on its other side, and single pixels then differ by 1e-3.
"""

import copy

import pytest
import torch
from captum.attr import (
    LRP,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule
from torch import nn

from sdl_lib.attribution import (
    grad_cam,
    gradient_x_input,
    guided_backprop,
    integrated_gradients,
    lrp,
    occlusion,
    saliency,
    smoothgrad,
)
from sdl_lib.data import photograph
from sdl_lib.models import load

# captum tells that it asks for the input's gradient, and that it puts hooks on the model
pytestmark = [
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already:UserWarning"),
    pytest.mark.filterwarnings("ignore:Setting backward hooks:UserWarning"),
]


@pytest.fixture(scope="module", params=["lenet5", "mlp", "efficientnet-lite0"])
def problem(request, digits):
    """A network, inputs, and for each a class that need not be its answer."""
    if request.param == "efficientnet-lite0":
        x = torch.cat([photograph("cat", 96), photograph("coffee", 96)])
        return load(request.param).double(), x.double(), torch.tensor([285, 504])
    x, y = digits[0][:16], (digits[1][:16] + torch.arange(16) % 2) % 10
    return load(request.param), x, y


def assert_same(ours, theirs):
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours, theirs.detach().to(ours), rtol=0, atol=1e-5)


def test_saliency(problem):
    model, x, y = problem
    assert_same(saliency(model, x, y), Saliency(model).attribute(x, y, abs=False))


def test_gradient_x_input(problem):
    model, x, y = problem
    assert_same(gradient_x_input(model, x, y), InputXGradient(model).attribute(x, y))


def test_smoothgrad(problem):
    model, x, y = problem
    ours = smoothgrad(model, x, y, samples=5, sigma=0.1, generator=torch.Generator().manual_seed(3))
    # captum draws from the global generator; one sample at a time, it draws what we draw
    with torch.random.fork_rng():
        torch.manual_seed(3)
        theirs = NoiseTunnel(Saliency(model)).attribute(
            x, "smoothgrad", 5, 1, 0.1, target=y, abs=False
        )
    assert_same(ours, theirs)


@pytest.mark.parametrize(
    ("rule", "theirs"), [("midpoint", "riemann_middle"), ("gauss-legendre", "gausslegendre")]
)
@pytest.mark.parametrize("level", [0.0, 0.7])
def test_integrated_gradients(problem, rule, theirs, level):
    # with 8 steps the midpoints are exact in float32, to which captum rounds them
    model, x, y = problem
    ours, gap = integrated_gradients(
        model, x, y, baseline=level, steps=8, rule=rule, return_gap=True
    )
    expected, delta = IntegratedGradients(model).attribute(
        x, level, y, n_steps=8, method=theirs, return_convergence_delta=True
    )
    assert_same(ours, expected)
    torch.testing.assert_close(gap, delta.to(gap), rtol=0, atol=1e-4)


def with_plain_relu(model):
    """A copy in which each ReLU6 is a ReLU and a module: all that captum's hooks can guide."""
    model = copy.deepcopy(model)
    for part in model.modules():
        for name, child in part.named_children():
            if isinstance(child, nn.ReLU6):
                setattr(part, name, nn.ReLU())
    return model.eval()


def test_guided_backprop(problem):
    model, x, y = problem
    model = with_plain_relu(model)
    assert_same(guided_backprop(model, x, y), GuidedBackprop(model).attribute(x, y))


LAYERS = {"LeNet5": ["layers.3", "layers.4"], "EfficientNetLite0": ["blocks.4", "head"]}


def test_grad_cam(problem):
    model, x, y = problem
    for layer in LAYERS.get(type(model).__name__, []):
        coarse = LayerGradCam(model, model.get_submodule(layer)).attribute(x, y)
        theirs = LayerAttribution.interpolate(coarse, x.shape[2:], "bilinear")
        assert_same(grad_cam(model, x, y, layer=layer), theirs.expand_as(x))


@pytest.mark.parametrize(("window", "stride"), [((24, 24), (24, 24)), ((40, 28), (32, 20))])
def test_occlusion(problem, window, stride):
    model, x, y = problem
    scale = 1 if x.shape[1] == 3 else 4
    window, stride = (tuple(side // scale for side in pair) for pair in (window, stride))
    theirs = Occlusion(model).attribute(
        x, (x.shape[1], *window), (x.shape[1], *stride), baselines=0.25, target=y
    )
    assert_same(occlusion(model, x, y, window=window, stride=stride, baseline=0.25), theirs)


class Flattened(nn.Module):
    """A network for digits whose flattening is no module: captum's LRP knows none for it."""

    def __init__(self, layers):
        super().__init__()
        cut = [isinstance(layer, nn.Flatten) for layer in layers].index(True)
        self.maps, self.dense = nn.Sequential(nn.Dropout(), *layers[:cut]), layers[cut + 1 :]

    def forward(self, x):
        return self.dense(self.maps(x).flatten(1))


@pytest.fixture(params=["lenet5", "mlp"])
def digit_problem(request, digits):
    return Flattened(load(request.param).layers).eval(), digits[0][:16], digits[1][:16]


@pytest.mark.parametrize("epsilon", [1e-9, 0.01])
def test_lrp_epsilon(digit_problem, epsilon):
    model, x, y = digit_problem
    for part in model.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.rule = EpsilonRule(epsilon)
    theirs = LRP(model).attribute(x, y)
    assert_same(lrp(model, x, y, rule="epsilon", epsilon=epsilon), theirs)


def test_lrp_positive(digit_problem):
    model, x, y = digit_problem
    for part in model.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.rule = Alpha1_Beta0_Rule(set_bias_to_zero=True)
    theirs = LRP(model).attribute(x, y)
    assert_same(lrp(model, x, y, rule="z+"), theirs)
