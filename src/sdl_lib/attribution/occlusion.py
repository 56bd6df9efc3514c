"""Occlusion: cover a part, and see what the logit loses."""

from itertools import product

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.gradient import at_once, check_arguments, class_logits
from sdl_lib.attribution.integrated_gradients import as_baseline


def occlusion(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    window: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    baseline: Tensor | float = 0.0,
) -> Tensor:
    r"""The mean of :math:`f_y(x)-f_y(x\text{ covered})` over the windows that cover a pixel.

    Parameters
    ----------
    model, y : as for :func:`saliency`; no gradient is needed
    x : Tensor of floats, shape (n, c, h, w)
    window : height and width of the patch, which covers all channels
    stride : from one place of the patch to the next; default: ``window``, so that they tile x.
        The last patch of a row may hang over the edge.
    baseline : what the patch shows, a number or a Tensor that broadcasts to ``x``

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``, signed, in units of the logit.

    Raises
    ------
    ValueError : as :func:`saliency`, for a window that does not fit, or a stride beyond the window.

    References
    ----------
    Zeiler & Fergus (2014). Explained in :doc:`/book/explanation/gradient-attribution`.
    """
    check_arguments(model, x, y)
    if x.ndim != 4:
        raise ValueError(f"x: expected shape (n, c, h, w), found {tuple(x.shape)}")
    x, cover = x.detach(), as_baseline(baseline, x)
    patches = _patches(
        _pair(window, "window"), _pair(window if stride is None else stride, "stride"), x.shape[2:]
    )
    if len(x) == 0:
        return x.clone()
    whole = class_logits(model, x, y)
    total, times = torch.zeros_like(x), x.new_zeros(x.shape[2:])
    together = max(1, at_once(x) // len(x))  # several patches of a small batch at once
    for first in range(0, len(patches), together):
        chosen = patches[first : first + together]
        covered = x.repeat(len(chosen), *[1] * (x.ndim - 1)).view(len(chosen), *x.shape)
        for i, (rows, columns) in enumerate(chosen):
            covered[i, :, :, rows, columns] = cover[:, :, rows, columns]
        left = class_logits(model, covered.flatten(0, 1), y.repeat(len(chosen)))
        loss = whole - left.view(len(chosen), -1)
        for i, (rows, columns) in enumerate(chosen):
            total[:, :, rows, columns] += loss[i].view(-1, 1, 1, 1)
            times[rows, columns] += 1
    return total / times


def _patches(
    window: tuple[int, int], stride: tuple[int, int], shape: torch.Size
) -> list[tuple[slice, slice]]:
    """Rows and columns of each place of the patch; together they cover the picture."""
    ranges = []
    for side, step, length in zip(window, stride, shape, strict=True):
        if side > length or (step > side and side < length):
            raise ValueError(
                f"window: expected at most {tuple(shape)} and at least the stride {stride}, "
                f"found {window}"
            )
        count = -(-(length - side) // step) + 1  # rounded up
        ranges.append([slice(i * step, i * step + side) for i in range(count)])
    return list(product(*ranges))


def _pair(size: int | tuple[int, int], name: str) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2:
        raise ValueError(f"{name}: expected one number or (height, width), found {size}")
    for side in pair:
        validate.count(side, name)
    return pair
