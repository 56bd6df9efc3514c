"""Two domains without pairs: digits and a thicker pen, photographs and their posters."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d, pad

from sdl_lib import validate
from sdl_lib.data.mnist import mnist10k
from sdl_lib.data.photographs import photograph

POSTER_PHOTOS = ("cat", "coffee", "rocket", "motorcycle", "flower")
"""The photographs of the training patches; the temple is held out."""
INKS = ((0.10, 0.12, 0.30), (0.75, 0.25, 0.20), (0.93, 0.68, 0.30), (0.98, 0.94, 0.82))
"""Red, green and blue of a poster's four inks, from dark to light."""
_BOUNDS = (0.25, 0.45, 0.65)
_SIZE, _PATCH = 96, 24


class Unpaired(NamedTuple):
    """Two training sets made of different originals, and a test set with its translation."""

    x: Tensor
    y: Tensor
    partners: Tensor
    """the true translations of ``x``: nothing is trained on them, unless it says so"""
    x_test: Tensor
    truth: Tensor
    """the true translations of ``x_test``, for measuring"""


def negatives(x: Tensor, negative: Tensor) -> Tensor:
    """``x`` with the pictures that are marked in ``negative``, shape (n,), inverted to 1 - x.

    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.images(x)
    return torch.where(negative.view(-1, *[1] * (x.ndim - 1)), 1 - x, x)


def thicken(x: Tensor, negative: Tensor) -> Tensor:
    """Digits as drawn by a thicker pen: their ink spreads by one pixel to all sides.

    Parameters
    ----------
    x : Tensor, shape (n, 1, h, w), values in [0, 1]
    negative : Tensor, shape (n,), bool: dark ink on light paper, instead of light on dark

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    light = negatives(x, negative)
    return negatives(max_pool2d(light, 3, stride=1, padding=1), negative)


def unpaired_digits(*, generator: torch.Generator | None = None) -> Unpaired:
    """Digits of 16 x 16 pixels, and other digits by a thicker pen; half of each are negatives.

    Both domains look the same after inverting all of their pictures: nothing in them says which
    negative belongs to which positive.

    Parameters
    ----------
    generator : decides which pictures are negatives; default: a new one with seed 0

    Returns
    -------
    Unpaired : 4,000 training digits each, shape (n, 1, 16, 16), and 1,000 of the test digits.

    References
    ----------
    Made from MNIST-10k (passport: :doc:`/book/appendix/data-and-models`). Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    generator = generator or torch.Generator().manual_seed(0)
    digits, test = (
        pad(avg_pool2d(mnist10k(part)[0], 2), (1, 1, 1, 1)) for part in ("train", "test")
    )
    sets = []
    for light in (digits[:4000], digits[4000:], test[:1000]):
        negative = torch.rand(len(light), generator=generator) < 0.5
        x = negatives(light, negative)
        sets.append((x, thicken(x, negative)))
    (x, partners), (_, y), (x_test, truth) = sets
    return Unpaired(x, y, partners, x_test, truth)


def poster(x: Tensor) -> Tensor:
    """Print pictures as posters of four inks, chosen by lightness alone: the colours are lost.

    Parameters
    ----------
    x : Tensor, shape (n, 3, h, w), values in [0, 1]

    Returns
    -------
    Tensor, same shape: each pixel is one of :data:`INKS`, by the mean lightness around it.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.images(x)
    if x.ndim != 4 or x.shape[1] != 3:
        raise ValueError(f"x: expected colour pictures (n, 3, h, w), found {tuple(x.shape)}")
    smooth = avg_pool2d(pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    light = (smooth * smooth.new_tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1)
    ink = torch.bucketize(light, light.new_tensor(_BOUNDS))
    return x.new_tensor(INKS)[ink].permute(0, 3, 1, 2)


def unpaired_posters(n: int = 2000, *, generator: torch.Generator | None = None) -> Unpaired:
    """Patches from the left halves of five photographs, and posters of their right halves.

    Parameters
    ----------
    n : patches of each domain
    generator : of the places; default: a new one with seed 0

    Returns
    -------
    Unpaired : patches (n, 3, 24, 24), and the photograph of a temple (1, 3, 96, 96) for testing.

    References
    ----------
    Made from the photographs of :func:`photograph`. Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.count(n, "n")
    generator = generator or torch.Generator().manual_seed(0)
    photos = torch.cat([photograph(name, _SIZE) for name in POSTER_PHOTOS])
    half = _SIZE // 2
    halves = (photos[..., :half], poster(photos)[..., half:])
    temple = photograph("temple", _SIZE)
    x, y = (_patches(pictures, n, generator) for pictures in halves)
    return Unpaired(x, y, poster(x), temple, poster(temple))


def _patches(pictures: Tensor, n: int, generator: torch.Generator) -> Tensor:
    which = torch.randint(len(pictures), (n,), generator=generator)
    top, left = (
        torch.randint(side - _PATCH + 1, (n,), generator=generator) for side in pictures.shape[-2:]
    )
    across = torch.arange(_PATCH)
    rows, columns = (top[:, None] + across)[:, :, None], (left[:, None] + across)[:, None]
    return pictures[which[:, None, None], :, rows, columns].permute(0, 3, 1, 2).contiguous()
