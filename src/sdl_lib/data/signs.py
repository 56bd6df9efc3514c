"""Traffic lights and signs in colour, drawn afresh for every seed: pose, light, noise."""

import io
import math
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.data import passports

SIGN_CLASSES = (
    "red light",
    "amber light",
    "green light",
    "dark light",
    "stop",
    "limit 30",
    "limit 80",
    "limit 120",
    "give way",
    "no entry",
    "turn right",
    "straight on",
    "priority road",
)
SIDE = 32
_HALF = 0.76  # half the height of a sign, of the picture's half, before pose


def traffic_signs(
    n: int,
    *,
    generator: torch.Generator | None = None,
    pose: float = 1.0,
    light: float = 1.0,
    noise: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Draw ``n`` pictures of random traffic lights and signs; see :func:`draw_signs`.

    Returns
    -------
    x : Tensor, shape (n, 3, 32, 32), float32 in [0, 1]: red, green, blue
    y : LongTensor, shape (n,): number of the class in :data:`SIGN_CLASSES`, all equally likely

    Raises
    ------
    ValueError : if ``n`` is negative, or as :func:`draw_signs`.

    References
    ----------
    Explained in :doc:`/book/security/black-box-and-sparse`.
    """
    validate.count(n, "n", least=0)
    source = generator or torch.Generator().manual_seed(0)
    y = torch.randint(len(SIGN_CLASSES), (n,), generator=source)
    return draw_signs(y, generator=source, pose=pose, light=light, noise=noise), y


def draw_signs(
    y: Tensor,
    *,
    generator: torch.Generator | None = None,
    pose: float = 1.0,
    light: float = 1.0,
    noise: float = 1.0,
) -> Tensor:
    """One picture for each class number in ``y``, in front of a blurred street.

    Parameters
    ----------
    y : LongTensor, shape (n,): numbers of classes in :data:`SIGN_CLASSES`
    generator : the source of all chance, on the CPU; default: a new one with seed 0
    pose : how far place, size, angle and slant vary; at 0 all stand upright in the middle
    light : how far brightness, tint, shade and background vary; at 0 noon, before plain grey
    noise : of the camera; at 1 a standard deviation of .03 a pixel

    Returns
    -------
    Tensor, shape (n, 3, 32, 32), float32 in [0, 1]

    Raises
    ------
    ValueError : if a label is no class, or a strength is negative or not finite.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.labels(y, len(y), len(SIGN_CLASSES))
    for name, value in (("pose", pose), ("light", light), ("noise", noise)):
        validate.radius(value, name)
    if len(y) == 0:
        return torch.zeros(0, 3, SIDE, SIDE)
    source = generator or torch.Generator().manual_seed(0)
    layer = _placed(sign_templates()[y], pose, source)
    street = _street(len(y), light, source)
    picture = layer[:, :3] + (1 - layer[:, 3:]) * street
    picture = _lit(picture, light, source)
    grain = 0.03 * noise * torch.randn(picture.shape, generator=source)
    return (picture + grain).clamp_(0, 1)


def sign_templates() -> Tensor:
    """All signs from the front, shape (13, 4, 40, 40) in [0, 1]: red, green, blue, opacity.

    Colours are multiplied by the opacity already: paste with ``t[:3] + (1 - t[3:]) * behind``.
    """
    return torch.from_numpy(_templates()).permute(0, 3, 1, 2).float().div(255)


@cache
def _templates() -> np.ndarray:
    content = passports.shipped(Path(__file__).with_suffix(".npz"))
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        found: np.ndarray = archive["templates"]
        return found


def _between(shape: tuple[int, ...], low: float, high: float, source: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=source)


def _placed(templates: Tensor, pose: float, source: torch.Generator) -> Tensor:
    """Turn, slant, scale and shift each template; shape (n, 4, 32, 32)."""
    n = len(templates)
    angle = pose * math.radians(9) * _between((n,), -1, 1, source)
    slant = pose * 0.14 * _between((n, 2), -1, 1, source)
    size = _HALF * (1 + pose * _between((n, 1, 1), -0.18, 0.14, source))
    shift = pose * 0.13 * _between((n, 2, 1), -1, 1, source)
    one, cos, sin = torch.ones(n), angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], 1).view(n, 2, 2)
    lean = torch.stack([one, slant[:, 0], slant[:, 1], one], 1).view(n, 2, 2)
    # affine_grid asks whence a pixel comes: the inverse of where the sign goes
    back = torch.linalg.inv(size * turn @ lean)
    grid = nn.functional.affine_grid(
        torch.cat([back, -back @ shift], 2), [n, 4, SIDE, SIDE], align_corners=False
    )
    placed: Tensor = nn.functional.grid_sample(templates, grid, align_corners=False)
    return placed


def _street(n: int, light: float, source: torch.Generator) -> Tensor:
    """Sky above, road below, blurred houses and trees; shape (n, 3, 32, 32)."""
    grey, colour = torch.rand((2, n, 3, 4, 4), generator=source)
    coarse = 0.65 * grey[:, :1] + 0.35 * colour
    blurred = nn.functional.interpolate(coarse, SIDE, mode="bicubic", align_corners=False)
    tones = _between((2, n, 1, 1, 1), 0.15, 0.85, source)
    top, bottom = tones + 0.15 * _between((2, n, 3, 1, 1), -1, 1, source)
    down = torch.linspace(0, 1, SIDE).view(1, 1, SIDE, 1)
    slope = (1 - down) * top + down * bottom
    return 0.55 + light * (0.65 * slope + 0.35 * blurred - 0.55)


def _lit(picture: Tensor, light: float, source: torch.Generator) -> Tensor:
    """Brightness, contrast, a tint, and a shade that falls over the picture from one side."""
    n = len(picture)
    gain = 1 + light * _between((n, 1, 1, 1), -0.35, 0.15, source)
    tint = 1 + light * _between((n, 3, 1, 1), -0.12, 0.12, source)
    haze = light * _between((n, 1, 1, 1), 0.0, 0.12, source)
    across = torch.linspace(-1, 1, SIDE)
    way = _between((n, 2, 1, 1), -0.15, 0.15, source)
    shade = 1 + light * (
        way[:, :1] * across.view(1, 1, 1, -1) + way[:, 1:] * across.view(1, 1, -1, 1)
    )
    return haze + (1 - haze) * picture * gain * tint * shade
