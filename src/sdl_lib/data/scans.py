"""Scans of lungs: one real slice of a computed tomography, and drawn patches to train on."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.data import passports

PATCH = 32  # pixels of 0.66 mm: 21 mm of lung
HOLE = slice(8, 24)  # rows and columns of a patch where a nodule may lie
_WINDOW = (-1000.0, 400.0)  # Hounsfield units drawn black and white
_VESSELS, _DOTS = 6, 2


def ct_slice() -> Tensor:
    """One real slice of a chest, around a vertebra, with lung at both sides.

    Returns
    -------
    Tensor, shape (1, 1, 128, 128), float32 in [0, 1]: black is -1000 Hounsfield units (air),
    white 400 and more (bone). A pixel is 0.66 mm wide, the slice 5 mm thick.

    Raises
    ------
    DataError : if the shipped file is missing or damaged.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`. Used in
    :doc:`/book/security/physical-audio-and-medical`.
    """
    return _window(torch.from_numpy(_slice()).float())[None, None]


def lung_patches(*, stride: int = 4) -> tuple[Tensor, Tensor]:
    """All patches of the real slice whose middle is lung, and where they lie.

    Parameters
    ----------
    stride : pixels from one patch to the next

    Returns
    -------
    x : Tensor, shape (n, 1, 32, 32) in [0, 1]
    centre : LongTensor, shape (n, 2): row and column in the slice; the patch reaches 16 pixels
        above and to the left of it, and 15 below and to the right

    Raises
    ------
    ValueError : if ``stride`` is not a positive integer.
    """
    validate.count(stride, "stride")
    scan = ct_slice()
    grid = scan.unfold(2, PATCH, stride).unfold(3, PATCH, stride)[0, 0]
    rows, columns = torch.meshgrid(*(torch.arange(n) for n in grid.shape[:2]), indexing="ij")
    centre = torch.stack([rows, columns], -1).flatten(0, 1) * stride + PATCH // 2
    x = grid.flatten(0, 1).unsqueeze(1)
    tissue = x[..., HOLE, HOLE].flatten(1) > _window(torch.tensor(-300.0))
    # the walls of the chest are tissue in a block; a vessel is a few pixels
    inside = tissue.double().mean(1) < 0.02
    return x[inside].contiguous(), centre[inside]


def lung_phantoms(n: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw patches of lung: texture, vessels, now and then the wall of the chest, and a nodule.

    The statistics are set by eye after the lungs of :func:`ct_slice`. A nodule is a rounded body
    of soft tissue, 3 to 6.5 mm across, near the middle; a vessel is thinner, and long or round.

    Parameters
    ----------
    n : number of patches
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    x : Tensor, shape (n, 1, 32, 32) in [0, 1], windowed as :func:`ct_slice`
    y : LongTensor, shape (n,): 1 where there is a nodule, about half of them

    Raises
    ------
    ValueError : if ``n`` is not an integer of at least 0.

    References
    ----------
    Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    validate.count(n, "n", least=0)
    chance = _Chance(n, generator or torch.Generator().manual_seed(0))
    middle = (PATCH - 1) / 2
    steps = torch.arange(PATCH) - middle
    v, u = (g.expand(n, -1, -1) for g in torch.meshgrid(steps, steps, indexing="ij"))
    lung = chance.between(-860, -800) + chance.between(-1.5, 1.5) * v
    lung = lung + nn.functional.interpolate(
        18 * chance.normal(1, 6, 6), size=(PATCH, PATCH), mode="bicubic"
    ).squeeze(1)
    for _ in range(_VESSELS):
        lung = torch.maximum(lung, _vessel(chance, u, v))
    for _ in range(_DOTS):
        lung = torch.maximum(lung, _dot(chance, u, v))
    wall = torch.sigmoid(_outside(chance, u, v))
    lung = torch.lerp(lung, chance.between(-20, 80).expand_as(lung), wall)
    y = torch.randint(2, (n,), generator=chance.generator)
    body = _body(chance, u, v) * y.view(-1, 1, 1)
    hu = torch.lerp(lung, chance.between(-80, 60).expand_as(lung), body)
    noise = nn.functional.avg_pool2d(chance.normal(1, PATCH + 1, PATCH + 1), 2, 1).squeeze(1)
    return _window(hu + 28 * noise).unsqueeze(1), y


class _Chance:
    """Random numbers for n patches at once."""

    def __init__(self, n: int, generator: torch.Generator) -> None:
        self.n, self.generator = n, generator

    def between(self, low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(self.n, 1, 1, generator=self.generator)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.n, *shape, generator=self.generator)


def _vessel(chance: _Chance, u: Tensor, v: Tensor) -> Tensor:
    """A bent tube that begins somewhere and thins out; brightness in Hounsfield units."""
    x0, y0, angle = chance.between(-18, 18), chance.between(-18, 18), chance.between(0, 6.2832)
    along = (u - x0) * angle.cos() + (v - y0) * angle.sin()
    across = (v - y0) * angle.cos() - (u - x0) * angle.sin()
    across = across - chance.between(-0.02, 0.02) * along**2
    radius = (chance.between(0.6, 1.7) - 0.02 * along.clamp_min(0)).clamp_min(0.5)
    peak = 620 * (radius / 1.6).pow(1.5) * (chance.between(0, 1) < 0.6)
    begun = torch.sigmoid(along + 1)
    return -860 + peak * begun * torch.exp(-((across / radius) ** 2) / 2)


def _dot(chance: _Chance, u: Tensor, v: Tensor) -> Tensor:
    """A vessel that crosses the slice."""
    x0, y0, radius = chance.between(-14, 14), chance.between(-14, 14), chance.between(0.6, 1.5)
    squared = ((u - x0) ** 2 + (v - y0) ** 2) / radius**2
    peak = 430 * radius * (chance.between(0, 1) < 0.5)
    return -860 + peak * torch.exp(-squared / 2)


def _outside(chance: _Chance, u: Tensor, v: Tensor) -> Tensor:
    """Signed distance beyond the wall of the chest, in pixels; three patches of ten have one."""
    angle = chance.between(0, 6.2832)
    far = torch.where(chance.between(0, 1) < 0.3, chance.between(8, 16), 60.0)
    bend = chance.between(-0.01, 0.01) * (v * angle.cos() - u * angle.sin()) ** 2
    return (u * angle.cos() + v * angle.sin() + bend - far) / 0.9


def _body(chance: _Chance, u: Tensor, v: Tensor) -> Tensor:
    """The share of each pixel that a nodule fills."""
    dx, dy = u - chance.between(-1.5, 1.5), v - chance.between(-1.5, 1.5)
    angle, tilt = torch.atan2(dy, dx), chance.between(0, 6.2832)
    lobes = 1 + chance.between(0, 0.12) * torch.cos(3 * angle + chance.between(0, 6.2832))
    oval = 1 + chance.between(0, 0.15) * torch.cos(2 * (angle - tilt))
    radius = chance.between(2.3, 4.8) * lobes * oval
    return torch.sigmoid((radius - (dx**2 + dy**2).sqrt()) / 0.7)


def _window(hu: Tensor) -> Tensor:
    low, high = _WINDOW
    return ((hu - low) / (high - low)).clamp(0, 1)


@cache
def _slice() -> np.ndarray:
    content = passports.shipped(Path(__file__).with_suffix(".npz"))
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        hounsfield: np.ndarray = archive["hounsfield"]
    return hounsfield
