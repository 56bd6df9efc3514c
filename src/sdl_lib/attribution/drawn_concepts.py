"""Examples of concepts, drawn in code: stripes and dots in random colours, and tinted pictures."""

import math

import torch
from torch import Tensor

from sdl_lib import validate


def stripes(n: int, *, size: int = 96, generator: torch.Generator) -> Tensor:
    """Stripes of two random colours, at a random angle and width; shape (n, 3, size, size)."""
    along, _, phase = _waves(n, size, (8, 20), generator)
    return _paint((3 * (along + phase).sin()).tanh() / 2 + 0.5, generator)


def dots(n: int, *, size: int = 96, generator: torch.Generator) -> Tensor:
    """Round dots of a random colour on another, in a turned grid; shape (n, 3, size, size)."""
    along, across, phase = _waves(n, size, (12, 24), generator)
    height = (along + phase).cos() + (across + phase).cos() - 1
    return _paint((4 * height).tanh() / 2 + 0.5, generator)


def tint(x: Tensor, colour: tuple[float, float, float], *, strength: float = 0.65) -> Tensor:
    """Grey copies of pictures (n, 3, h, w), mixed with one colour; values in [0, 1]."""
    validate.images(x)
    if not (len(colour) == 3 and all(0 <= c <= 1 for c in colour)):
        raise ValueError(f"colour: expected three numbers in [0, 1], found {colour}")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength: expected a number in [0, 1], found {strength}")
    ink = torch.tensor(colour, dtype=x.dtype)[:, None, None]
    return ((1 - strength) * x.mean(1, keepdim=True) + strength * ink).clamp(0, 1)


def _waves(
    n: int, size: int, pixels: tuple[int, int], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Two phases at right angles, growing by 2 pi over a random number of pixels, and a shift."""
    validate.count(n, "n")
    validate.count(size, "size", least=2)
    chance = torch.rand(3, n, 1, 1, generator=generator)
    angle, period = math.pi * chance[0], pixels[0] + (pixels[1] - pixels[0]) * chance[1]
    line = torch.arange(size).float()
    down, right = torch.meshgrid(line, line, indexing="ij")
    turn = 2 * math.pi / period
    along = turn * (right * angle.cos() + down * angle.sin())
    across = turn * (down * angle.cos() - right * angle.sin())
    return along, across, 2 * math.pi * chance[2]


def _paint(share: Tensor, generator: torch.Generator) -> Tensor:
    first, second = torch.rand(2, len(share), 3, 1, 1, generator=generator)
    share = share[:, None]
    painted: Tensor = share * first + (1 - share) * second
    return painted.clamp(0, 1)
