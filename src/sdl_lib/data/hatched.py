"""Edges of handwritten digits, and the digits hatched: what a picture leaves open."""

import torch
from torch import Tensor, nn

from sdl_lib import validate

PERIOD, DARK, LIGHT = 5, 3, 0.3  # of five diagonals three keep their ink, two are thinned


def hatched_digits(x: Tensor, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """The edges of digits, and the same digits hatched with diagonal lines of unknown phase.

    The edge of a digit is its outermost ink: what an erosion by 3 x 3 pixels takes away. In the
    hatched digit, three of every five diagonals keep their ink and two have .3 of it. Where the
    lines begin is drawn anew for each picture, and the edges do not tell.

    Parameters
    ----------
    x : Tensor, shape (n, 1, h, w) in [0, 1]: digits, 1 is ink
    generator : of the phases, on the CPU; default: a new one with seed 0

    Returns
    -------
    edges, hatched : Tensors as ``x``; the edges are 0 or 1

    Raises
    ------
    ValueError : if ``x`` is no such batch.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.images(x)
    if x.ndim != 4 or x.shape[1] != 1:
        raise ValueError(f"x: expected shape (n, 1, h, w), found {tuple(x.shape)}")
    source = generator or torch.Generator().manual_seed(0)
    ink = (x > 0.5).float()
    core = -nn.functional.max_pool2d(-ink, 3, 1, 1)
    phase = torch.randint(PERIOD, (len(x), 1, 1, 1), generator=source)
    down, across = (torch.arange(side) for side in x.shape[2:])
    kept = (down[:, None] + across + phase) % PERIOD < DARK
    return ink - core, x * torch.where(kept, 1.0, LIGHT)
