"""Convolution, pooling and receptive fields: against torch, SciPy and the support of gradients."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.signal import correlate2d
from torch import nn
from torch.nn import functional as F

from sdl_lib.convolution import ReceptiveField, conv2d, max_pool2d, receptive_field, windows
from sdl_lib.models import VGG8

seeds = st.integers(0, 2**31 - 1)
sides = st.tuples(st.integers(1, 4), st.integers(1, 4))
steps = st.tuples(st.integers(1, 3), st.integers(1, 3))
edges = st.tuples(st.integers(0, 3), st.integers(0, 3))


def random(seed, *shapes, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes]


@st.composite
def problems(draw):
    """Shapes of pictures and kernels that fit together, and the settings of a convolution."""
    kernel, dilation, padding = draw(sides), draw(steps), draw(edges)
    groups, inward, outward = (draw(st.integers(1, 3)) for _ in range(3))
    least = [1 + d * (k - 1) - 2 * p for k, d, p in zip(kernel, dilation, padding, strict=True)]
    height, width = (max(1, side) + draw(st.integers(0, 6)) for side in least)
    shapes = (
        (draw(st.integers(1, 3)), groups * inward, height, width),
        (groups * outward, inward, *kernel),
        (groups * outward,),
    )
    settings = {"stride": draw(steps), "padding": padding, "dilation": dilation, "groups": groups}
    return shapes, settings


@given(problems(), seeds)
def test_convolution_equals_torchs(problem, seed):
    shapes, settings = problem
    x, weight, bias = random(seed, *shapes)
    for b in (bias, None):
        theirs = F.conv2d(x, weight, b, **settings)
        torch.testing.assert_close(conv2d(x, weight, b, **settings), theirs, rtol=0, atol=1e-5)


@given(problems(), seeds)
def test_gradients_of_the_convolution_equal_torchs(problem, seed):
    shapes, settings = problem
    given = [t.requires_grad_() for t in random(seed, *shapes, dtype=torch.float64)]
    ours, theirs = conv2d(*given, **settings), F.conv2d(*given, **settings)
    (above,) = random(seed + 1, ours.shape, dtype=torch.float64)
    pairs = zip(
        torch.autograd.grad(ours, given, above),
        torch.autograd.grad(theirs, given, above),
        strict=True,
    )
    for a, b in pairs:
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


@given(seeds, sides, st.integers(4, 9), st.integers(4, 9))
def test_convolution_of_one_channel_is_scipys_correlation(seed, kernel, height, width):
    x, weight = random(seed, (1, 1, height, width), (1, 1, *kernel), dtype=torch.float64)
    theirs = correlate2d(x[0, 0].numpy(), weight[0, 0].numpy(), mode="valid")
    np.testing.assert_allclose(conv2d(x, weight)[0, 0].numpy(), theirs, atol=1e-12)


@given(seeds, sides, steps, edges, steps, st.integers(0, 5), st.booleans())
def test_pooling_and_its_gradient_equal_torchs(seed, kernel, stride, padding, dilation, more, ties):
    padding = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
    height, width = (d * (k - 1) + 1 + more for k, d in zip(kernel, dilation, strict=True))
    (x,) = random(seed, (2, 3, height, width), dtype=torch.float64)
    x = (x.round().relu() if ties else x).requires_grad_()
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    ours, theirs = max_pool2d(x, kernel, **options), F.max_pool2d(x, kernel, **options)
    assert torch.equal(ours, theirs)
    (a,), (b,) = (torch.autograd.grad(y.sum(), x) for y in (ours, theirs))
    torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_pooling_windows_lie_side_by_side_by_default():
    x = torch.arange(30.0).view(1, 1, 5, 6)
    assert torch.equal(max_pool2d(x, 2), F.max_pool2d(x, 2))
    assert max_pool2d(x, (2, 3)).shape == (1, 1, 2, 2)


@given(seeds, st.integers(0, 3), st.integers(0, 3))
def test_convolution_is_equivariant_away_from_the_border(seed, down, right):
    x, weight = random(seed, (1, 2, 12, 12), (3, 2, 3, 3), dtype=torch.float64)
    moved = x.roll((down, right), (2, 3))
    a, b = conv2d(moved, weight), conv2d(x, weight).roll((down, right), (2, 3))
    inside = (..., slice(down, None), slice(right, None))
    torch.testing.assert_close(a[inside], b[inside], rtol=0, atol=1e-12)


@given(seeds, st.integers(1, 3), st.integers(0, 6))
def test_pooling_is_equivariant_for_multiples_of_its_stride(seed, kernel, times):
    (x,) = random(seed, (1, 2, 24, 24))
    pooled = max_pool2d(x, kernel)
    times = min(times, pooled.shape[2] - 1)
    moved = max_pool2d(x.roll(times * kernel, 2), kernel)
    assert torch.equal(moved[:, :, times:], pooled[:, :, : pooled.shape[2] - times])


def test_windows_are_a_view_and_inputs_stay_as_they_are():
    x, weight, bias = random(0, (2, 4, 6, 6), (6, 2, 3, 3), (6,))
    before = [t.clone() for t in (x, weight, bias)]
    assert windows(x, 3).data_ptr() == x.data_ptr()
    conv2d(x, weight, bias, groups=2, padding=1)
    max_pool2d(x, 2, padding=1)
    assert all(torch.equal(a, b) for a, b in zip((x, weight, bias), before, strict=True))


def test_pictures_may_be_turned_or_stretched_in_memory():
    x, weight = random(0, (2, 3, 6, 8), (4, 3, 3, 2))
    for y in (x.transpose(2, 3), x[:, :1].expand(-1, 3, -1, -1), x.flip(3), x[..., ::2]):
        torch.testing.assert_close(conv2d(y, weight), F.conv2d(y, weight), rtol=0, atol=1e-5)


def test_no_picture_is_a_batch_as_well():
    assert conv2d(torch.empty(0, 1, 5, 5), torch.ones(2, 1, 3, 3)).shape == (0, 2, 3, 3)
    assert max_pool2d(torch.empty(0, 1, 6, 6), 2).shape == (0, 1, 3, 3)


X, W = torch.zeros(1, 4, 6, 6), torch.zeros(2, 4, 3, 3)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: conv2d(X[0], W), r"x: expected shape \(n, c, h, w\)"),
        (lambda: conv2d(X.long(), W), "x: expected a tensor of floats, found torch.int64"),
        (lambda: conv2d([[1.0]], W), "x: expected a tensor of floats, found list"),
        (lambda: conv2d(X, W[0]), "weight: expected shape"),
        (lambda: conv2d(X, W.double()), "weight: expected the dtype of x"),
        (lambda: conv2d(X, W[:, :3]), "weight: expected 4 / 1 channels, found 3"),
        (lambda: conv2d(X, W[:, :2], groups=2, bias=torch.zeros(3)), r"bias: expected shape \(2,"),
        (lambda: conv2d(X, torch.zeros(3, 2, 3, 3), groups=2), "groups: expected a divisor"),
        (lambda: conv2d(X, W, groups=0), "groups: expected an integer of at least 1"),
        (lambda: conv2d(X, W, stride=0), "stride: expected an integer of at least 1, found 0"),
        (lambda: conv2d(X, W, stride=(1, 2, 3)), "stride: expected one number or two"),
        (lambda: conv2d(X, W, padding=-1), "padding: expected an integer of at least 0"),
        (lambda: conv2d(X, W, dilation=3), r"kernel: reaches over \(7, 7\) .* only \(6, 6\)"),
        (lambda: max_pool2d(X, 7), "kernel: reaches"),
        (lambda: max_pool2d(X, 2, padding=2), "padding: expected at most half"),
        (lambda: max_pool2d(X, 2.5), "kernel: expected an integer"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# receptive fields


@st.composite
def stacks(draw):
    """Layers with positive weights; averages in place of maxima, so that nothing is hidden."""
    layers, channels = [], 1
    for _ in range(draw(st.integers(1, 4))):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        padding = draw(st.integers(0, kernel // 2))
        if draw(st.booleans()):
            layers.append(nn.AvgPool2d(kernel, stride, padding))
        else:
            dilation = draw(st.integers(1, 2))
            layers.append(nn.Conv2d(channels, 2, kernel, stride, padding, dilation))
            nn.init.uniform_(layers[-1].weight, 0.5, 1)
            nn.init.zeros_(layers[-1].bias)
            channels = 2
        layers.append(nn.ReLU())
    return nn.Sequential(*layers).double()


def seen_by(layers, field, unit):
    """The rows and columns of the input whose change changes the unit, as masks."""
    side = field.at(unit).stop + 3 * field.stride
    x = torch.rand(1, 1, side, side, dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(layers(x)[0, 0, unit, unit], x)
    support = gradient[0, 0] != 0
    return support.any(1), support.any(0)


@given(stacks())
def test_receptive_field_is_the_support_of_a_gradient(layers):
    field = receptive_field(layers)[-1]
    unit = -(field.offset // field.stride)  # the first whose field lies inside the picture
    assume(field.at(unit).stop < 400)
    for mask in seen_by(layers, field, unit):
        (found,) = mask.nonzero(as_tuple=True)
        assert (int(found[0]), int(found[-1])) == (field.at(unit)[0], field.at(unit)[-1])
        gaps = any(
            getattr(part, "dilation", (1, 1)) != (1, 1)
            or np.max(part.stride) > np.max(part.kernel_size)
            for part in layers
            if not isinstance(part, nn.ReLU)
        )
        assert gaps or len(found) == field.size


def test_receptive_field_of_lenet5(lenet):
    fields = receptive_field(lenet.layers[:6])
    assert [f.size for f in fields] == [5, 5, 6, 14, 14, 16]
    assert [f.stride for f in fields] == [1, 1, 2, 2, 2, 4]
    assert {f.offset for f in fields} == {-2}
    assert fields[5] == ReceptiveField(size=16, stride=4, offset=-2)
    assert list(fields[2].at(3)) == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("layer", [2, 5])
def test_lenet5_sees_exactly_its_field(lenet, layer):
    """The shipped network, with its maxima and its ReLUs, over many pictures of noise."""
    field = receptive_field(lenet.layers[:6])[layer]
    x = torch.rand(256, 1, 28, 28, generator=torch.Generator().manual_seed(0)).requires_grad_()
    maps = lenet.layers[: layer + 1](x)
    (gradient,) = torch.autograd.grad(maps[:, :, 2, 1].sum(), x)
    seen = (gradient != 0).any(0)[0]
    expected = torch.zeros(28, 28, dtype=torch.bool)
    rows, columns = ([i for i in field.at(unit) if i >= 0] for unit in (2, 1))
    for i, j in itertools.product(rows, columns):
        expected[i, j] = True
    assert torch.equal(seen, expected)


def test_small_kernels_in_a_stack_see_as_much_as_a_large_one():
    three, seven = [nn.Conv2d(1, 1, 3)] * 3, [nn.Conv2d(1, 1, 7)]
    assert receptive_field(three)[-1] == receptive_field(seven)[-1]
    layers = VGG8().layers
    flatten = next(i for i, part in enumerate(layers) if isinstance(part, nn.Flatten))
    assert receptive_field(layers[:flatten])[-1].size >= 28


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.Linear(3, 3), "number 1 is no sliding window"),
        (nn.Conv2d(1, 1, (3, 5)), r"number 1 has the kernel_size \(3, 5\)"),
        (nn.Conv2d(1, 1, 3, padding="same"), "padding 'same'"),
        (nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), "with zeros around"),
    ],
)
def test_layers_without_a_receptive_field_are_refused(layer, said):
    with pytest.raises(ValueError, match=said):
        receptive_field([nn.ReLU(), layer])
