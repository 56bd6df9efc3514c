"""Captions such as "a small red circle left of a blue square", and pictures drawn after them."""

import math
from functools import cache
from itertools import product
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sdl_lib import validate
from sdl_lib.data import passports

CAPTION_SLOTS = ("size", "colour", "shape", "relation", "other colour", "other shape")
SHAPE_COLOURS = {"red": (0.85, 0.16, 0.16), "green": (0.1, 0.62, 0.3), "blue": (0.12, 0.32, 0.86)}
PAPER = 0.95
SIDE = 32
SHAPE_RADII = {"small": 4.5, "large": 7.0}
OTHER_RADIUS = 5.5
_AWAY = {"left of": (-1, 0), "above": (0, -1)}
_APART = 7.5  # pixels of each thing from the middle


@cache
def caption_words() -> tuple[tuple[str, ...], ...]:
    """The words that may stand in each of the six :data:`CAPTION_SLOTS`; 16 in all."""
    text = passports.shipped(Path(__file__).with_suffix(".txt")).decode()
    return tuple(tuple(w.replace("-", " ") for w in line.split()) for line in text.splitlines())


@cache
def _all() -> Tensor:
    rows = product(*(range(len(slot)) for slot in caption_words()))
    return torch.tensor([row for row in rows if row[1] != row[4]])


def all_captions() -> Tensor:
    """Every caption as word numbers, shape (216, 6): the two things differ in colour."""
    return _all().clone()


def captions(words: Tensor) -> list[str]:
    """The sentence of each row of word numbers ``words``, shape (n, 6).

    Raises
    ------
    ValueError : if a row names a word that there is not, or two things of one colour.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    _check(words)
    slots = caption_words()
    rows = [[slot[i] for slot, i in zip(slots, row, strict=True)] for row in words.tolist()]
    return [f"a {' '.join(row[:4])} a {' '.join(row[4:])}" for row in rows]


def parse_caption(text: str) -> Tensor:
    """The word numbers, shape (6,), of one caption.

    Raises
    ------
    ValueError : if ``text`` is none of the 216 captions.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    wanted = " ".join(text.lower().split())
    known = _numbered()
    if wanted not in known:
        raise ValueError(
            "text: expected a caption such as 'a small red circle left of a blue square', with "
            f"two colours that differ, found {text!r}"
        )
    return _all()[known[wanted]].clone()


@cache
def _numbered() -> dict[str, int]:
    return {text: i for i, text in enumerate(captions(_all()))}


def encode_captions(words: Tensor) -> Tensor:
    """What a network takes: one of each slot's words is 1, the others 0; shape (n, 16), floats."""
    _check(words)
    sizes = [len(slot) for slot in caption_words()]
    parts = [one_hot(words[:, i], size) for i, size in enumerate(sizes)]
    return torch.cat(parts, dim=1).float()


def captioned_shapes(n: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw ``n`` random captions and a picture of each; see :func:`draw_captions`.

    Returns
    -------
    x : Tensor, shape (n, 3, 32, 32), float32 in [0, 1]
    words : LongTensor, shape (n, 6), rows of :func:`all_captions`, all equally likely

    Raises
    ------
    ValueError : if ``n`` is negative.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`. Explained in
    :doc:`/book/security/conditional-gans`.
    """
    validate.count(n, "n", least=0)
    source = generator or torch.Generator().manual_seed(0)
    words = _all()[torch.randint(len(_all()), (n,), generator=source)]
    return draw_captions(words, generator=source), words


def draw_captions(
    words: Tensor, *, generator: torch.Generator | None = None, jitter: float = 1.0
) -> Tensor:
    """One picture for each caption: two coloured shapes on light paper, with soft edges.

    Parameters
    ----------
    words : LongTensor, shape (n, 6): word numbers
    generator : the source of all chance, on the CPU; default: a new one with seed 0
    jitter : how far place, size and tint vary; at 0 a caption has one picture

    Returns
    -------
    Tensor, shape (n, 3, 32, 32), float32 in [0, 1]

    Raises
    ------
    ValueError : for words that make no caption, or a jitter that is negative or not finite.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    _check(words)
    validate.radius(jitter, "jitter")
    source = generator or torch.Generator().manual_seed(0)
    slots, n = caption_words(), len(words)
    away = torch.tensor([_AWAY[w] for w in slots[3]]).float()[words[:, 3]]
    radius = torch.tensor([SHAPE_RADII[w] for w in slots[0]])[words[:, 0]]
    picture = torch.full((n, 3, SIDE, SIDE), PAPER)
    for sign, size, colour, shape in (
        (1, radius, 1, 2),
        (-1, torch.full((n,), OTHER_RADIUS), 4, 5),
    ):
        slack = jitter * (0.8 + 2.2 * (1 - away.abs()))  # wider along than apart
        place = SIDE / 2 + sign * _APART * away + slack * _noise((n, 2), source)
        cover = shape_cover(words[:, shape], place, size + 0.4 * jitter * _noise((n,), source))
        paint = torch.tensor([SHAPE_COLOURS[w] for w in slots[colour]])[words[:, colour]]
        paint = paint + 0.06 * jitter * _noise((n, 3), source)
        picture = picture + cover[:, None] * (paint[..., None, None] - picture)
    return picture.clamp_(0, 1)


def shape_cover(shape: Tensor, place: Tensor, radius: Tensor) -> Tensor:
    """How much of each pixel a shape covers, shape (n, 32, 32), by its distance to the edge.

    Parameters
    ----------
    shape : LongTensor, shape (n,): 0 for a circle, 1 for a square, 2 for a triangle
    place : Tensor, shape (n, 2): its middle, across and down, in pixels
    radius : Tensor, shape (n,): of the circle; the others are about as large
    """
    line = torch.arange(SIDE).to(place) + 0.5
    across = (line - place[:, :1])[:, None, :]
    down = (line - place[:, 1:])[:, :, None]
    cover = torch.empty(len(shape), SIDE, SIDE)
    for number, edge in enumerate((_circle, _square, _triangle)):
        rows = shape == number
        cover[rows] = 0.5 - edge(across[rows], down[rows], radius[rows, None, None])
    return cover.clamp_(0, 1)


# the distance to the edge, negative inside, from places across and down


def _circle(across: Tensor, down: Tensor, r: Tensor) -> Tensor:
    return (across.square() + down.square()).sqrt() - r


def _square(across: Tensor, down: Tensor, r: Tensor) -> Tensor:
    return torch.maximum(across.abs(), down.abs()) - 0.88 * r


def _triangle(across: Tensor, down: Tensor, r: Tensor) -> Tensor:
    side = across.abs() * math.cos(math.pi / 6) - down * 0.5
    return torch.maximum(down - 0.75 * r, side - 0.525 * r)


def _noise(size: tuple[int, ...], source: torch.Generator) -> Tensor:
    return 2 * torch.rand(size, generator=source) - 1


def _check(words: Tensor) -> None:
    sizes = torch.tensor([len(slot) for slot in caption_words()])
    if not isinstance(words, Tensor) or words.dtype != torch.int64:
        raise ValueError("words: expected word numbers of dtype torch.int64")
    if words.ndim != 2 or words.shape[1] != len(sizes):
        raise ValueError(f"words: expected shape (n, 6), found {tuple(words.shape)}")
    if bool(((words < 0) | (words >= sizes)).any()):
        raise ValueError(f"words: expected numbers below {sizes.tolist()}, one for each slot")
    if bool((words[:, 1] == words[:, 4]).any()):
        raise ValueError("words: expected two colours that differ in each caption")
