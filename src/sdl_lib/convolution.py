"""Convolution and pooling by hand, and what a unit of a stack of them can see."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from torch import Tensor, nn

from sdl_lib import validate

Pair = int | tuple[int, int]  # one number for both axes, or (rows, columns)

# layers whose every output looks at one input alone
_POINTWISE = (
    nn.Identity,
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.GELU,
    nn.Sigmoid,
    nn.Tanh,
    nn.BatchNorm2d,
    nn.Dropout,
    nn.Dropout2d,
)
_SLIDING = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)


def windows(
    x: Tensor,
    kernel: Pair,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    fill: float = 0.0,
) -> Tensor:
    """Every patch that a sliding window sees, as a view: no pixel is copied but for the padding.

    Parameters
    ----------
    x : Tensor of floats, shape (n, c, h, w)
    kernel, stride, padding, dilation : in pixels; one number, or one for rows and one for columns
    fill : the value of the padding

    Returns
    -------
    Tensor, shape (n, c, rows, columns, kernel rows, kernel columns): entry [..., i, j, a, b] is
    the padded picture at row i * stride + a * dilation, and likewise its column.

    Raises
    ------
    ValueError : if ``x`` is no batch of pictures, a setting is out of range, or the window does
        not fit into the padded picture.

    References
    ----------
    Explained in :doc:`/book/fundamentals/convolutional-networks`.
    """
    _pictures(x)
    size, step = _pair(kernel, "kernel"), _pair(stride, "stride")
    gap, edge = _pair(dilation, "dilation"), _pair(padding, "padding", least=0)
    frame = (edge[1], edge[1], edge[0], edge[0])
    padded = (nn.functional.pad(x, frame, value=fill) if any(edge) else x).contiguous()
    n, c, *sides = padded.shape
    reach = [gap[i] * (size[i] - 1) + 1 for i in (0, 1)]
    if reach[0] > sides[0] or reach[1] > sides[1]:
        raise ValueError(f"kernel: reaches over {tuple(reach)} pixels, found only {tuple(sides)}")
    places = [(sides[i] - reach[i]) // step[i] + 1 for i in (0, 1)]
    to_n, to_c, *to = padded.stride()  # how far apart neighbours are in memory
    walk = [step[i] * to[i] for i in (0, 1)]
    look = [gap[i] * to[i] for i in (0, 1)]
    return padded.as_strided((n, c, *places, *size), (to_n, to_c, *walk, *look))


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    r"""A convolution as one matrix product: :math:`y_o = b_o + \sum_{c,a,b} w_{ocab}\,x_c[\cdot]`.

    Parameters
    ----------
    x : Tensor of floats, shape (n, c, h, w)
    weight : Tensor, shape (out, c / groups, kernel rows, kernel columns); it is not flipped
    bias : Tensor, shape (out,)
    stride, padding, dilation : in pixels; one number, or one for rows and one for columns
    groups : parts into which the channels fall; a part of the output sees one of the input

    Returns
    -------
    Tensor, shape (n, out, rows, columns), as ``torch.nn.functional.conv2d`` gives it.

    Raises
    ------
    ValueError : if shapes do not fit together, a setting is out of range, or the window does not
        fit into the padded picture.

    References
    ----------
    LeCun et al. (1998). Explained in :doc:`/book/fundamentals/convolutional-networks`.
    """
    _pictures(x)
    _kernels(x, weight, bias, groups)
    kernel = (weight.shape[2], weight.shape[3])
    seen = windows(x, kernel, stride=stride, padding=padding, dilation=dilation)
    n, _, rows, columns = seen.shape[:4]
    # one row a place and a group; in it, all that the window sees there
    seen = seen.unflatten(1, (groups, weight.shape[1])).permute(0, 1, 3, 4, 2, 5, 6)
    patches = seen.reshape(n, groups, rows * columns, weight[0].numel())
    kernels = weight.reshape(groups, len(weight) // groups, weight[0].numel())
    y: Tensor = (patches @ kernels.mT).mT.reshape(n, len(weight), rows, columns)
    return y if bias is None else y + bias.view(-1, 1, 1)


def max_pool2d(
    x: Tensor,
    kernel: Pair,
    *,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> Tensor:
    """The largest value that a sliding window sees, in each channel by itself.

    Parameters
    ----------
    x : Tensor of floats, shape (n, c, h, w)
    kernel : side of the window; one number, or one for rows and one for columns
    stride : default: ``kernel``, so that windows lie side by side
    padding : at most half of ``kernel``; padding is never the largest
    dilation : distance between neighbours in the window

    Returns
    -------
    Tensor, shape (n, c, rows, columns). Where several values are the largest, the gradient goes
    to the first, as it does in torch.

    Raises
    ------
    ValueError : if ``x`` is no batch of pictures, a setting is out of range, or the window does
        not fit into the padded picture.

    References
    ----------
    Explained in :doc:`/book/fundamentals/convolutional-networks`.
    """
    size, edge = _pair(kernel, "kernel"), _pair(padding, "padding", least=0)
    if 2 * edge[0] > size[0] or 2 * edge[1] > size[1]:
        raise ValueError(f"padding: expected at most half of the kernel {size}, found {edge}")
    step = size if stride is None else stride
    lowest = -float("inf")
    seen = windows(x, size, stride=step, padding=edge, dilation=dilation, fill=lowest)
    return seen.flatten(-2).max(-1).values


class ReceptiveField(NamedTuple):
    """What the units of a layer see of the input, along one axis; all numbers are in pixels."""

    size: int  # of the stretch that one unit sees
    stride: int  # from the stretch of one unit to that of its neighbour
    offset: int  # where the stretch of unit 0 begins; negative: in the padding

    def at(self, unit: int) -> range:
        """The rows (or columns) of the input that unit number ``unit`` sees, padding included."""
        first = self.offset + unit * self.stride
        return range(first, first + self.size)


def receptive_field(layers: Iterable[nn.Module]) -> list[ReceptiveField]:
    r"""The receptive field after each layer, from kernels, strides and paddings alone.

    With a kernel of side k, stride s, padding p and dilation d, a layer makes of (size, stride,
    offset) = (r, j, o): :math:`(r + (k-1)dj,\; sj,\; o - pj)`.

    Parameters
    ----------
    layers : square convolutions and poolings with zeros around, and layers that work on each
        value by itself, such as ReLU; for example ``model.layers[:6]``

    Returns
    -------
    list of ReceptiveField, one for each layer. A dilated or strided window may leave out pixels
    inside its field, never its two ends.

    Raises
    ------
    ValueError : if a layer is of another kind, or its window is not square.

    References
    ----------
    Dumoulin & Visin (2016). Explained in :doc:`/book/fundamentals/convolutional-networks`.
    """
    field, fields = ReceptiveField(1, 1, 0), []
    for i, layer in enumerate(layers):
        kernel, stride, padding, dilation = _window(layer, i)
        field = ReceptiveField(
            size=field.size + (kernel - 1) * dilation * field.stride,
            stride=field.stride * stride,
            offset=field.offset - padding * field.stride,
        )
        fields.append(field)
    return fields


def _window(layer: nn.Module, i: int) -> tuple[int, int, int, int]:
    """Kernel, stride, padding and dilation of layer number ``i``."""
    if isinstance(layer, _POINTWISE):
        return 1, 1, 0, 1
    zeros = getattr(layer, "padding_mode", "zeros") == "zeros"
    if not isinstance(layer, _SLIDING) or not zeros:
        raise ValueError(f"layers: number {i} is no sliding window with zeros around: {layer}")
    found = []
    for name in ("kernel_size", "stride", "padding", "dilation"):
        value = getattr(layer, name, 1)  # average pooling has no dilation
        sides = value if isinstance(value, tuple) else (value, value)
        if isinstance(value, str) or sides[0] != sides[1]:
            raise ValueError(f"layers: number {i} has the {name} {value!r}, expected a square")
        found.append(int(sides[0]))
    return found[0], found[1], found[2], found[3]


def _pair(value: Pair, name: str, *, least: int = 1) -> tuple[int, int]:
    sides: tuple[Any, ...] = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(sides) != 2:
        raise ValueError(f"{name}: expected one number or two, found {value!r}")
    for side in sides:
        validate.count(side, name, least=least)
    return sides


def _pictures(x: Tensor) -> None:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        found = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"x: expected a tensor of floats, found {found}")
    if x.ndim != 4:
        raise ValueError(f"x: expected shape (n, c, h, w), found {tuple(x.shape)}")


def _kernels(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    validate.count(groups, "groups")
    if not isinstance(weight, Tensor) or weight.ndim != 4 or weight.numel() == 0:
        found = tuple(weight.shape) if isinstance(weight, Tensor) else type(weight).__name__
        raise ValueError(f"weight: expected shape (out, c / groups, rows, columns), found {found}")
    if weight.dtype != x.dtype:
        raise ValueError(f"weight: expected the dtype of x, {x.dtype}, found {weight.dtype}")
    if x.shape[1] != groups * weight.shape[1]:
        raise ValueError(
            f"weight: expected {x.shape[1]} / {groups} channels, found {weight.shape[1]}"
        )
    if len(weight) % groups:
        raise ValueError(f"groups: expected a divisor of {len(weight)} kernels, found {groups}")
    if bias is not None and bias.shape != (len(weight),):
        raise ValueError(f"bias: expected shape ({len(weight)},), found {tuple(bias.shape)}")
