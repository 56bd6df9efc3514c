"""Pictures of four soft squares: two tell the class, two tell it only because of the sample."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate

_LOW, _LENGTH = (1.0, 3.0), 3.0  # where the intensities of either class begin, and their range


class ConfoundedSquares(NamedTuple):
    """Pictures ``x`` (n, 1, side, side), classes ``y``, and the two intensities, each (n,)."""

    x: Tensor
    y: Tensor
    factor: Tensor
    confounder: Tensor


def paint_squares(factor: Tensor, confounder: Tensor, *, side: int = 32) -> Tensor:
    """Four Gaussian spots: on the diagonal as bright as ``factor``, off it as ``confounder``.

    Parameters
    ----------
    factor, confounder : Tensors, shape (n,), float
    side : of the picture, in pixels: even, at least 4

    Returns
    -------
    Tensor, shape (n, 1, side, side), of the type of ``factor``. It is linear in both.

    Raises
    ------
    ValueError : if the shapes differ, or ``side`` is odd or too small.

    References
    ----------
    Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    validate.count(side, "side", least=4)
    if side % 2:
        raise ValueError(f"side: expected an even number, found {side}")
    if factor.ndim != 1 or factor.shape != confounder.shape:
        raise ValueError(
            f"confounder: expected one number for each of {tuple(factor.shape)}, found "
            f"{tuple(confounder.shape)}"
        )
    half = side // 2
    place = (torch.arange(half).to(factor) - (half - 1) / 2) * 4 / half  # in deviations
    spot = torch.exp(-(place[:, None] ** 2 + place**2) / 2)
    one, other = factor[:, None, None] * spot, confounder[:, None, None] * spot
    rows = torch.cat([one, other], 2), torch.cat([other, one], 2)
    return torch.cat(rows, 1)[:, None]


def confounded_squares(
    n: int,
    *,
    side: int = 32,
    noise: float = 0.01,
    shuffled: bool = False,
    generator: torch.Generator,
) -> ConfoundedSquares:
    """Draw pictures whose class moves a factor, and with it, in this sample, a confounder.

    Each class has half of the pictures, in turn. Factor and confounder are uniform from 1 to 4 in
    class 0 and from 3 to 6 in class 1, independent of each other within a class.

    Parameters
    ----------
    n : number of pictures
    side : of a picture, in pixels
    noise : standard deviation of the Gaussian noise on each pixel
    shuffled : let the confounder follow a class that is dealt out anew, so that it tells nothing
        about the picture's own
    generator : the source of chance

    Returns
    -------
    ConfoundedSquares : all float32 but the classes

    Raises
    ------
    ValueError : if an argument is out of its range.

    References
    ----------
    After Adeli et al. (2021). Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    validate.count(n, "n")
    validate.radius(noise, "noise")
    y = torch.arange(n) % 2
    other = y[torch.randperm(n, generator=generator)] if shuffled else y
    low = torch.tensor(_LOW)
    factor = low[y] + _LENGTH * torch.rand(n, generator=generator)
    confounder = low[other] + _LENGTH * torch.rand(n, generator=generator)
    x = paint_squares(factor, confounder, side=side)
    x = x + noise * torch.randn(x.shape, generator=generator)
    return ConfoundedSquares(x, y, factor, confounder)
