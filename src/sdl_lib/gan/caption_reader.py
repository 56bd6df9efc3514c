"""Read the caption off a picture in closed form: colours, places, outlines; nothing is trained."""

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.data.captions import (
    OTHER_RADIUS,
    PAPER,
    SHAPE_COLOURS,
    SHAPE_RADII,
    SIDE,
    caption_words,
    shape_cover,
)

_RADII = (*SHAPE_RADII.values(), OTHER_RADIUS)
_CHUNK = 16  # pictures at a time: what fits the cache
_LOW = 0.15  # radii from a triangle's place down to its centre of mass


def read_captions(x: Tensor) -> Tensor:
    """The caption that fits each picture best, as word numbers; shape (n, 6).

    Each pixel is split into paper and the three colours. The two colours with most paint are the
    two things; the first is the one further to the upper left. Every shape in every size is laid
    at the centre of its colour, and the largest overlap, intersection over union, is taken.

    Parameters
    ----------
    x : Tensor, shape (n, 3, 32, 32), values in [0, 1]

    Raises
    ------
    ValueError : if ``x`` are not such pictures.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.images(x)
    if x.shape[1:] != (3, SIDE, SIDE):
        raise ValueError(f"x: expected shape (n, 3, 32, 32), found {tuple(x.shape)}")
    if not len(x):
        return torch.zeros(0, 6, dtype=torch.int64)
    return torch.cat([_read(part) for part in x.detach().split(_CHUNK)])


def _read(x: Tensor) -> Tensor:
    cover = colour_shares(x)
    mass = cover.sum((2, 3)).clamp_min(1e-6)
    line = torch.arange(SIDE).to(x) + 0.5
    centre = torch.stack([cover.sum(2) @ line, cover.sum(3) @ line], dim=2) / mass[..., None]
    fits = _fits(cover, centre)
    two = mass.topk(2).indices
    place = centre.sum(2).gather(1, two)
    rows = torch.arange(len(x))
    first, other = two[rows, place.argmin(1)], two[rows, place.argmax(1)]
    away = (centre[rows, first] - centre[rows, other]).abs()
    relation = (away[:, 0] < away[:, 1]).long()
    best = fits[rows, first][..., :2].flatten(1).argmax(1)
    what = fits[rows, other][..., 2].argmax(1)
    return torch.stack([best % 2, first, best // 2, relation, other, what], dim=1)


def colour_shares(x: Tensor) -> Tensor:
    """How much of each pixel is red, green and blue paint on the paper, in [0, 1]; as ``x``."""
    paints = torch.tensor(list(SHAPE_COLOURS.values())).to(x) - PAPER
    shares = torch.einsum("nchw,ck->nkhw", x - PAPER, torch.linalg.inv(paints))
    return (shares * 2 - 0.5).clamp(0, 1)  # tints and noise are no second colour


def _fits(cover: Tensor, centre: Tensor) -> Tensor:
    """The overlap of each colour with each shape in each size, shape (n, 3, 3, 3)."""
    n, shapes = len(cover), len(caption_words()[2])
    shape = torch.arange(shapes).repeat_interleave(len(_RADII)).repeat(3 * n)
    radius = torch.tensor(_RADII).repeat(3 * n * shapes)
    place = centre.reshape(-1, 1, 2).expand(-1, shapes * len(_RADII), -1).reshape(-1, 2).clone()
    place[:, 1] -= _LOW * radius * (shape == 2)
    laid = shape_cover(shape, place, radius).view(n, 3, -1, SIDE, SIDE)
    mine = cover[:, :, None]
    shared = torch.minimum(laid, mine).sum((3, 4))
    both = shared / (laid.sum((3, 4)) + mine.sum((3, 4)) - shared)
    return both.view(n, 3, shapes, len(_RADII))
