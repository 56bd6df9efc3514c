"""Attributions: axioms, closed forms, and what bad input gets."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
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
from sdl_lib.attribution.integrated_gradients import quadrature
from sdl_lib.data import mnist10k, photograph
from sdl_lib.models import MLP, load
from sdl_lib.training import fit

METHODS = {
    "saliency": saliency,
    "gradient_x_input": gradient_x_input,
    "smoothgrad": lambda model, x, y: smoothgrad(
        model, x, y, samples=3, generator=torch.Generator().manual_seed(0)
    ),
    "integrated_gradients": lambda model, x, y: integrated_gradients(model, x, y, steps=5),
    "guided_backprop": guided_backprop,
    "grad_cam": lambda model, x, y: grad_cam(model, x, y, layer="layers.4"),
    "occlusion": lambda model, x, y: occlusion(model, x, y, window=7),
    "lrp epsilon": lambda model, x, y: lrp(model, x, y),
    "lrp z+": lambda model, x, y: lrp(model, x, y, rule="z+"),
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


class Capped(nn.Module):
    """min(2a + 3b, 1): rises, and is flat from 1 on."""

    def forward(self, x):
        return (2 * x[:, :1] + 3 * x[:, 1:]).clamp(max=1)


def relu_net(seed=0, *, bias=True, inputs=6, classes=3):
    torch.manual_seed(seed)
    layers = (nn.Linear(inputs, 8, bias), nn.ReLU(), nn.Linear(8, classes, bias))
    return nn.Sequential(*layers).double().eval()


def affine(seed, inputs=6, classes=3):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, classes)).double().eval()


# --- what all have in common


@every_method
def test_shape_dtype_and_no_trace(method, lenet, digits):
    model, x, y = copy.deepcopy(lenet).requires_grad_(True), digits[0][:3], digits[1][:3]
    kept, state = x.clone(), torch.random.get_rng_state()
    result = method(model, x, y)
    assert result.shape == x.shape
    assert result.dtype == x.dtype
    assert not result.requires_grad
    assert bool(result.isfinite().all())
    assert bool((result != 0).any())
    assert torch.equal(x, kept)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
    assert not model.training


@every_method
def test_in_double_precision(method, lenet, digits):
    x, y = digits[0][:2], digits[1][:2]
    fine = method(copy.deepcopy(lenet).double(), x.double(), y)
    assert fine.dtype == torch.float64
    torch.testing.assert_close(method(lenet, x, y).double(), fine, rtol=1e-3, atol=1e-4)


@every_method
def test_an_empty_batch(method, lenet, digits):
    assert method(lenet, digits[0][:0], digits[1][:0]).shape == (0, 1, 28, 28)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "smoothgrad"])
def test_an_example_does_not_depend_on_its_batch(name, lenet, digits):
    model, x, y = copy.deepcopy(lenet).double(), digits[0].double(), digits[1]
    together = METHODS[name](model, torch.cat([x, x[:7]]), torch.cat([y, y[:7]]))
    torch.testing.assert_close(METHODS[name](model, x[5:6], y[5:6]), together[5:6])
    torch.testing.assert_close(together[-7:], together[:7])


@every_method
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, x, y: (m.train(), x, y), "model: is in training mode"),
        (lambda m, x, y: (m, x.long(), y), "x: expected a tensor of floats"),
        (lambda m, x, y: (m, x / 0, y), "x: contains values that are not finite"),
        (lambda m, x, y: (m, x, y[:1]), "y: expected one label for each of 2"),
        (lambda m, x, y: (m, x, y.float()), "y: expected class numbers of dtype"),
        (lambda m, x, y: (m, x, y + 10), "y: expected class numbers from 0 to 9"),
    ],
)
def test_bad_input(method, change, message, lenet, digits):
    arguments = change(copy.deepcopy(lenet), digits[0][:2], digits[1][:2])
    with pytest.raises(ValueError, match=message):
        method(*arguments)


def test_a_model_that_gives_no_finite_logits():
    model = nn.Sequential(nn.Linear(2, 2)).eval()
    nn.init.constant_(model[0].weight, torch.inf)
    with pytest.raises(ValueError, match="logits that are not finite"):
        saliency(model, torch.ones(1, 2), torch.tensor([0]))


def test_a_gradient_that_is_not_finite():
    class Root(nn.Module):
        def forward(self, x):
            return x.sqrt()

    with pytest.raises(ValueError, match="gradient with respect to x is not finite"):
        saliency(Root().eval(), torch.zeros(1, 2), torch.tensor([0]))


# --- a linear model: all agree


@given(st.integers(0, 1000))
def test_on_a_linear_model_the_gradient_methods_agree(seed):
    model = affine(seed)
    x, y = torch.randn(4, 6).double(), torch.tensor([0, 1, 2, 1])
    weights = model[1].weight[y]
    noise = torch.Generator().manual_seed(seed)
    torch.testing.assert_close(saliency(model, x, y), weights)
    torch.testing.assert_close(smoothgrad(model, x, y, samples=2, generator=noise), weights)
    product = gradient_x_input(model, x, y)
    torch.testing.assert_close(product, x * weights)
    torch.testing.assert_close(integrated_gradients(model, x, y, steps=1), product)
    torch.testing.assert_close(lrp(model, x, y, epsilon=0), product)
    b = torch.randn(6).double()
    ours = integrated_gradients(model, x, y, baseline=b, steps=3)
    torch.testing.assert_close(ours, (x - b) * weights)


def test_occlusion_of_a_linear_model_is_its_gradient_times_input():
    model, y = affine(0, inputs=18), torch.tensor([2, 0])
    x = torch.randn(2, 2, 3, 3).double()
    product = gradient_x_input(model, x, y).sum(1, keepdim=True)
    torch.testing.assert_close(occlusion(model, x, y, window=1), product.expand_as(x))


# --- integrated gradients


@given(st.integers(0, 1000), st.sampled_from(["midpoint", "gauss-legendre"]))
def test_completeness(seed, rule):
    torch.manual_seed(seed)
    smooth = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).double().eval()
    x, b = torch.randn(2, 4, 5).double()
    y = torch.tensor([0, 1, 2, 0])
    ig, gap = integrated_gradients(smooth, x, y, baseline=b, steps=200, rule=rule, return_gap=True)
    rows = torch.arange(4)
    rise = (smooth(x) - smooth(b))[rows, y]
    torch.testing.assert_close(gap, ig.sum(1) - rise.detach())
    assert float(gap.abs().max()) < 1e-3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("steps", [1, 4, 16, 64, 256])
def test_the_gap_is_at_most_the_variation_over_twice_the_steps(seed, steps):
    """One hidden layer: the slope along the path jumps where a unit switches, by a known height."""
    model, y = relu_net(seed), torch.zeros(64).long()
    x = torch.randn(64, 6, generator=torch.Generator().manual_seed(seed)).double()
    before, after = model[0](torch.zeros_like(x)), model[0](x)
    jumps = (model[2].weight[0] * (after - before)).abs()
    variation = (jumps * (before * after < 0)).sum(1)
    _, gap = integrated_gradients(model, x, y, steps=steps, return_gap=True)
    assert (gap.abs() <= variation / (2 * steps) + 1e-12).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_gap_shrinks_on_a_network_trained_on_digits(seed, digits):
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 24), nn.ReLU(), nn.Linear(24, 10))
    x, y = digits
    fit(network, x, y, epochs=10)
    network.double()
    gaps = [
        integrated_gradients(network, x.double(), y, steps=n, return_gap=True)[1].abs().mean()
        for n in (10, 160)
    ]
    assert gaps[1] < gaps[0] / 8  # a 16th, or nearly: the kinks fall where they fall


def test_a_capped_sum_in_closed_form():
    """min(2a + 3b, 1) at (2, 1): the gradient is (2, 3) until t = 1/7, so IG = (4/7, 3/7)."""
    x, y = torch.tensor([[2.0, 1.0]]).double(), torch.tensor([0])
    exact = torch.tensor([[4 / 7, 3 / 7]]).double()
    for steps in (7, 70, 700, 7000):
        for rule in ("midpoint", "gauss-legendre"):
            if rule == "gauss-legendre" and steps > 100:
                continue
            ig = integrated_gradients(Capped().eval(), x, y, steps=steps, rule=rule)
            assert float((ig - exact).abs().max()) <= 4 / steps
    assert float((ig - exact).abs().max()) < 1e-3


def test_sensitivity_and_a_feature_that_is_not_used():
    x, y = torch.tensor([[2.0, 1.0]]), torch.tensor([0])
    # the gradient sees nothing where the function is flat, though the answer changed on the way
    assert not saliency(Capped().eval(), x, y).any()
    assert (integrated_gradients(Capped().eval(), x, y) > 0).all()
    model = relu_net()
    with torch.no_grad():
        model[0].weight[:, 2] = 0
    ig = integrated_gradients(model, torch.rand(5, 6).double(), torch.zeros(5).long())
    assert not ig[:, 2].any()


def test_implementation_invariance():
    """The same function from other layers: units permuted and scaled."""
    model = relu_net()
    twin = relu_net()
    order = torch.randperm(8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        twin[0].weight.copy_(2 * model[0].weight[order])
        twin[0].bias.copy_(2 * model[0].bias[order])
        twin[2].weight.copy_(model[2].weight[:, order] / 2)
    x, y = torch.rand(5, 6).double(), torch.zeros(5).long()
    torch.testing.assert_close(integrated_gradients(model, x, y), integrated_gradients(twin, x, y))
    torch.testing.assert_close(saliency(model, x, y), saliency(twin, x, y))


@pytest.mark.parametrize("steps", [1, 2, 5, 20])
def test_quadrature_is_exact_for_the_polynomials_it_should_be(steps):
    for rule, degree in (("midpoint", 1), ("gauss-legendre", 2 * steps - 1)):
        nodes, weights = quadrature(steps, rule)
        for power in range(degree + 1):
            found = float((weights * nodes**power).sum())
            assert found == pytest.approx(1 / (power + 1), abs=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps: expected an integer of at least 1"),
        ({"rule": "right"}, "rule: expected one of midpoint, gauss-legendre"),
        ({"baseline": torch.zeros(3)}, "baseline: expected a shape that broadcasts"),
        ({"baseline": torch.inf}, "baseline: contains values that are not finite"),
    ],
)
def test_bad_settings_of_the_path(options, message, lenet, digits):
    with pytest.raises(ValueError, match=message):
        integrated_gradients(lenet, digits[0][:2], digits[1][:2], **options)


# --- the others


def test_smoothgrad_repeats_and_tends_to_the_gradient(lenet, digits):
    x, y = digits[0][:4], digits[1][:4]

    def drawn(seed, sigma=0.2):
        chance = torch.Generator().manual_seed(seed)
        return smoothgrad(lenet, x, y, samples=4, sigma=sigma, generator=chance)

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
    torch.testing.assert_close(drawn(1, sigma=0), saliency(lenet, x, y))
    with pytest.raises(ValueError, match="sigma: expected a finite number of at least 0"):
        drawn(1, sigma=-1)


def test_guided_backprop_sees_a_functional_relu():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.second(torch.relu(self.first(x)))

    torch.manual_seed(0)
    written = Functional().eval()
    modules = nn.Sequential(written.first, nn.ReLU(), written.second).eval()
    x, y = torch.randn(5, 6), torch.tensor([0, 1, 2, 0, 1])
    guided = guided_backprop(written, x, y)
    assert torch.equal(guided, guided_backprop(modules, x, y))
    assert not torch.allclose(guided, saliency(written, x, y))
    first, second = written.first.weight, written.second.weight[y]
    active = (written.first(x) > 0).float()
    torch.testing.assert_close(guided, (second.clamp(min=0) * active) @ first)


def test_guided_backprop_guides_relu6():
    model, x, y = load("efficientnet-lite0"), photograph("cat", 64), torch.tensor([285])
    assert not torch.allclose(guided_backprop(model, x, y), saliency(model, x, y))


def test_guided_backprop_needs_a_relu():
    with pytest.raises(ValueError, match="has no ReLU"):
        guided_backprop(affine(0), torch.randn(1, 6).double(), torch.tensor([0]))


def test_grad_cam_by_hand(lenet, digits):
    x, y = digits[0][:2], digits[1][:2]
    maps = lenet.layers[:5](x).requires_grad_()
    logits = lenet.layers[5:](maps)[torch.arange(2), y]
    (slope,) = torch.autograd.grad(logits.sum(), maps)
    coarse = (slope.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)
    fine = nn.functional.interpolate(coarse, (28, 28), mode="bilinear").detach()
    torch.testing.assert_close(grad_cam(lenet, x, y, layer="layers.4"), fine)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("layers.99", "layer: expected one of layers"),
        ("", "layer: expected one of layers"),
        ("layers.8", "layer: expected one output"),
    ],
)
def test_grad_cam_of_an_impossible_layer(layer, message, lenet, digits):
    with pytest.raises(ValueError, match=message):
        grad_cam(lenet, digits[0][:2], digits[1][:2], layer=layer)


def test_occlusion_of_everything_is_the_rise_over_the_baseline(lenet, digits):
    x, y = digits[0][:3], digits[1][:3]
    rise = (lenet(x) - lenet(0.5 * torch.ones_like(x)))[torch.arange(3), y]
    covered = occlusion(lenet, x, y, window=28, baseline=0.5)
    torch.testing.assert_close(covered, rise.view(3, 1, 1, 1).expand_as(x).detach())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 29}, "window: expected at most"),
        ({"window": 4, "stride": 5}, "window: expected at most"),
        ({"window": 0}, "window: expected an integer of at least 1"),
        ({"window": 4, "stride": 0}, "stride: expected an integer of at least 1"),
        ({"window": (4, 4, 4)}, "window: expected one number or"),
    ],
)
def test_windows_that_do_not_fit(options, message, lenet, digits):
    with pytest.raises(ValueError, match=message):
        occlusion(lenet, digits[0][:2], digits[1][:2], **options)


# --- relevance


def test_relevance_is_conserved_by_the_positive_rule(lenet, digits):
    x, y = 0.98 * digits[0].double() + 0.02, digits[1]  # no patch is quite black
    for model in (copy.deepcopy(lenet).double(), load("mlp").double()):
        relevance, gap = lrp(model, x, y, rule="z+", return_gap=True)
        logits = model(x)[torch.arange(128), y]
        assert float(gap.abs().max()) < 1e-12
        torch.testing.assert_close(relevance.sum((1, 2, 3)), logits.detach())


def test_a_unit_that_only_its_bias_wakes_keeps_its_relevance(lenet, digits):
    """Black patches: convolution units with a positive bias have no input to share with."""
    _, gap = lrp(lenet, *digits, rule="z+", return_gap=True)
    assert float(gap.abs().min()) > 1e-3


def test_without_biases_epsilon_conserves_and_is_gradient_times_input():
    model, x = relu_net(bias=False), torch.randn(20, 6).double()
    y = torch.zeros(20).long()
    relevance, gap = lrp(model, x, y, epsilon=0, return_gap=True)
    assert float(gap.abs().max()) < 1e-12
    torch.testing.assert_close(relevance, gradient_x_input(model, x, y))


def test_what_the_biases_take():
    """With biases the epsilon rule loses exactly gradient times bias, layer by layer."""
    model, x, y = relu_net(), torch.randn(20, 6).double(), torch.ones(20).long()
    _, gap = lrp(model, x, y, epsilon=0, return_gap=True)
    active = (model[0](x) > 0).double()
    taken = (model[2].weight[y] * active) @ model[0].bias + model[2].bias[y]
    torch.testing.assert_close(gap, -taken.detach())


def test_the_epsilon_rule_written_out():
    model, x, y = relu_net(), torch.randn(7, 6).double(), torch.zeros(7).long()
    hidden = model[0](x)
    active = hidden.relu()
    top = model[2](active)[:, 0]

    def steady(z, eps=0.3):
        return z + eps * torch.where(z >= 0, 1.0, -1.0)

    middle = active * model[2].weight[0] * (top / steady(top))[:, None]
    bottom = x * ((middle / steady(hidden)) @ model[0].weight)
    torch.testing.assert_close(lrp(model, x, y, epsilon=0.3), bottom.detach())


def test_relevance_goes_through_sums_and_batch_normalisation():
    model, x = load("efficientnet-lite0").double(), photograph("coffee", 64).double()
    y = torch.tensor([504])
    assert lrp(model, x, y).shape == x.shape
    with pytest.raises(ValueError, match=r"the z\+ rule does not cover"):
        lrp(model, x, y, rule="z+")


@pytest.mark.parametrize("rule", ["epsilon", "z+"])
def test_relevance_meets_a_function_without_a_rule(rule):
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh()).eval()
    with pytest.raises(ValueError, match="does not cover tanh"):
        lrp(model, torch.rand(2, 3), torch.tensor([0, 1]), rule=rule)


def test_relevance_with_bad_settings(lenet, digits):
    x, y = digits[0][:2], digits[1][:2]
    with pytest.raises(ValueError, match="x: the z\\+ rule needs"):
        lrp(lenet, x - 1, y, rule="z+")
    with pytest.raises(ValueError, match="rule: expected one of"):
        lrp(lenet, x, y, rule="gamma")
    with pytest.raises(ValueError, match="epsilon: expected a finite number"):
        lrp(lenet, x, y, epsilon=-1)


def test_capped_and_pooled_units_pass_relevance_on():
    """ReLU6 at its cap and average pooling hand on what they get."""
    model = nn.Sequential(
        nn.Conv2d(1, 2, 1, bias=False), nn.ReLU6(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(2, 2)
    ).eval()
    nn.init.constant_(model[0].weight, 9.0)
    nn.init.zeros_(model[4].bias)
    x, y = torch.ones(1, 1, 2, 2), torch.tensor([0])
    assert not saliency(model, x, y).any()  # the cap is flat
    relevance, gap = lrp(model, x, y, rule="z+", return_gap=True)
    assert float(gap.abs().max()) < 1e-5
    assert (relevance != 0).all()


# --- what the page claims, over three networks


@pytest.mark.parametrize("seed", range(3))
def test_right_ends_err_more_than_midpoints_and_to_one_side(seed):
    x, y = mnist10k("train")
    torch.manual_seed(seed)
    network = MLP()
    fit(network, x[:3000], y[:3000], epochs=5)
    network.double()
    x, y = (part[:200] for part in mnist10k("test"))
    x, n = x.double(), 5
    right = sum(saliency(network, (k + 1) / n * x, y) for k in range(n)) * x / n
    _, middle = integrated_gradients(network, x, y, steps=n, return_gap=True)
    rows = torch.arange(200)
    rise = (network(x) - network(torch.zeros_like(x)))[rows, y].detach()
    gap = right.sum((1, 2, 3)) - rise
    assert gap.abs().mean() > 1.3 * middle.abs().mean()
    assert gap.mean().abs() > 0.7 * gap.abs().mean()


@pytest.mark.parametrize("seed", range(3))
def test_epsilon_zero_is_gradient_times_input_on_digits(seed, digits):
    torch.manual_seed(seed)
    network = MLP().double().eval()
    x, y = digits[0].double(), digits[1]
    torch.testing.assert_close(lrp(network, x, y, epsilon=0), gradient_x_input(network, x, y))


def test_a_black_baseline_is_blind_to_black(lenet, digits):
    x, y = digits
    assert not integrated_gradients(lenet, x, y)[x == 0].any()
    assert integrated_gradients(lenet, x, y, baseline=1.0)[x == 0].any()
