"""Where a letter stands, said in waves."""

import torch
from torch import Tensor

from sdl_lib import validate


def sinusoidal_positions(length: int, width: int) -> Tensor:
    r"""Sines and cosines of the place, at wavelengths from :math:`2\pi` to :math:`20000\pi`.

    The inner product of two rows depends on their distance alone.

    Parameters
    ----------
    length : rows, one a place
    width : columns; an even number

    Returns
    -------
    Tensor, shape (length, width), float64: sines in the even columns, cosines in the odd ones.

    Raises
    ------
    ValueError : if ``width`` is odd.

    References
    ----------
    Vaswani et al. (2017). Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    validate.count(length, "length")
    validate.count(width, "width", least=2)
    if width % 2:
        raise ValueError(f"width: expected an even number, found {width}")
    place = torch.arange(length, dtype=torch.float64)[:, None]
    frequency = 10_000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    waves = torch.empty(length, width, dtype=torch.float64)
    waves[:, 0::2] = (place * frequency).sin()
    waves[:, 1::2] = (place * frequency).cos()
    return waves
