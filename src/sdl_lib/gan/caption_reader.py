"""Read the caption off a picture in closed form: colours, places, outlines; nothing is trained."""

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.data.captions import PAPER, SHAPE_COLOURS, SIDE, caption_words, shape_cover

_RADII = (4.0, 7.0, 5.5)  # of the first thing, small and large, and of the other
_CHUNK = 16  # pictures at a time: what fits the cache
_LOW = 0.15  # radii from a triangle's place down to its centre of mass


def read_captions(x: Tensor) -> Tensor:
    """The caption that fits each picture best, as word numbers; shape (n, 6).

    Each pixel is split into paper and the three colours. Every shape in every size is laid at the
    centre of each colour and scored by its overlap, intersection over union; the two things that
    fit best together, in two colours, make the caption. Their centres make the relation.

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
    first, other = fits[:, :, :, :2], fits[:, :, :, 2]
    # every pair of things: (colour, shape, size) and (colour, shape)
    pairs = first[..., None, None] + other[:, None, None, None]
    pairs = pairs.diagonal_scatter(torch.full_like(pairs.diagonal(0, 1, 4), -1), 0, 1, 4)
    sizes = pairs.shape[1:]
    best = pairs.flatten(1).argmax(1)
    found = torch.stack(torch.unravel_index(best, sizes))
    rows = torch.arange(len(x))
    away = centre[rows, found[0]] - centre[rows, found[3]]
    across = away[:, 0].abs() > away[:, 1].abs()
    relation = torch.where(across, (away[:, 0] > 0).long(), 2 + (away[:, 1] > 0).long())
    return torch.stack([found[2], found[0], found[1], relation, found[3], found[4]], dim=1)


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
