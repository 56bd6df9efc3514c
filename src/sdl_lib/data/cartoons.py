"""Cartoon heads of nobody: who it is, how it is held, its landmarks, and the light."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sdl_lib import validate

SIDE = 32
LANDMARKS = 15
_WHO, _HOW = 16, 6


@dataclass(frozen=True)
class Heads:
    """Pictures of heads, and what they were drawn from."""

    x: Tensor
    """shape (n, 3, 32, 32), float32 in [0, 1]"""
    landmarks: Tensor
    """shape (n, 15, 2): across and down, in [-1, 1] inside the picture"""
    sketch: Tensor
    """shape (n, 3, 32, 32): the landmarks as soft dots; eyes, mouth, and the rest"""


def draw_who(n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw ``n`` identities: colours of skin, hair, shirt and eyes, and the shape of a head.

    Returns
    -------
    Tensor, shape (n, 16), each number uniform in [0, 1]

    Raises
    ------
    ValueError : if ``n`` is negative.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.count(n, "n", least=0)
    return torch.rand(n, _WHO, generator=generator or torch.Generator().manual_seed(0))


def draw_how(n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw ``n`` poses: turn, nod, openness and width of the mouth, of the eyes, and of brows.

    Returns
    -------
    Tensor, shape (n, 6), each number uniform in [-1, 1]

    Raises
    ------
    ValueError : if ``n`` is negative.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.count(n, "n", least=0)
    return 2 * torch.rand(n, _HOW, generator=generator or torch.Generator().manual_seed(0)) - 1


def cartoon_heads(
    who: Tensor,
    how: Tensor,
    *,
    light: float = 0.0,
    noise: float = 0.0,
    generator: torch.Generator | None = None,
) -> Heads:
    """One picture for each pair of an identity and a pose.

    Parameters
    ----------
    who : Tensor, shape (n, 16), from :func:`draw_who`
    how : Tensor, shape (n, 6), from :func:`draw_how`
    light : how far the colour of wall and lamp and its strength vary; at 0 they do not
    noise : standard deviation of the camera's noise
    generator : the source of light and noise, on the CPU; default: a new one with seed 0

    Raises
    ------
    ValueError : for rows of another number or length, values out of range, or a bad strength.

    References
    ----------
    The heads are of nobody. Explained in :doc:`/book/security/conditional-gans`.
    """
    _check(who, how)
    for name, value in (("light", light), ("noise", noise)):
        validate.radius(value, name)
    source = generator or torch.Generator().manual_seed(0)
    shape = _geometry(who, how)
    points = _landmarks(shape, how)
    wall = 0.82 + 0.6 * light * (2 * torch.rand(len(who), 3, 1, 1, generator=source) - 1)
    x = _paint(who, shape, points, wall)
    lamp = 1 + light * (2 * torch.rand(len(x), 3, 1, 1, generator=source) - 1)
    dim = 1 - light * torch.rand(len(x), 1, 1, 1, generator=source)
    grain = noise * torch.randn(x.shape, generator=source)
    return Heads((x * lamp * dim + grain).clamp(0, 1), points, sketch(points))


def sketch(landmarks: Tensor) -> Tensor:
    """Landmarks (n, 15, 2) as pictures of soft dots, (n, 3, 32, 32): eyes, mouth, the rest."""
    apart = torch.stack(_grid(), -1)[None, None] - landmarks[:, :, None, None]
    dots = (-apart.square().sum(-1) / 0.01).exp()
    groups = (dots[:, 0:6], dots[:, 6:10], dots[:, 10:15])
    return torch.stack([group.amax(1) for group in groups], 1)


def _check(who: Tensor, how: Tensor) -> None:
    for value, name, width in ((who, "who", _WHO), (how, "how", _HOW)):
        validate.finite_batch(value, name)
        if value.shape != (len(who), width):
            raise ValueError(
                f"{name}: expected shape ({len(who)}, {width}), found {tuple(value.shape)}"
            )
    if who.numel() and (float(who.min()) < 0 or float(who.max()) > 1):
        raise ValueError("who: expected numbers in [0, 1]")
    if how.numel() and float(how.abs().max()) > 1:
        raise ValueError("how: expected numbers in [-1, 1]")


def _grid() -> tuple[Tensor, Tensor]:
    at = (torch.arange(SIDE) + 0.5) * 2 / SIDE - 1
    down, across = torch.meshgrid(at, at, indexing="ij")
    return across, down


def _geometry(who: Tensor, how: Tensor) -> dict[str, Tensor]:
    """Sizes and places in the picture, each of shape (n,)."""
    return {
        "x": 0.12 * how[:, 0],
        "y": 0.02 + 0.06 * how[:, 1],
        "turn": 0.16 * how[:, 0],
        "nod": 0.10 * how[:, 1],
        "wide": 0.46 + 0.14 * who[:, 0],
        "high": 0.58 + 0.14 * who[:, 1],
        "apart": 0.19 + 0.08 * who[:, 2],
        "eye": 0.085 + 0.05 * who[:, 3],
        "brow": 0.16 + 0.05 * who[:, 4],
    }


def _landmarks(g: dict[str, Tensor], how: Tensor) -> Tensor:
    """Eyes (centre, upper and lower lid of each), mouth (4), brows (2), nose, chin, temple."""
    mid, level = g["x"] + g["turn"], g["y"] + g["nod"] - 0.08
    lid = g["eye"] * (0.65 + 0.35 * how[:, 3])
    mouth_y, open_ = g["y"] + g["nod"] + 0.33, 0.05 + 0.045 * how[:, 2]
    half, brow = 0.17 + 0.06 * how[:, 4], level - g["brow"] - 0.04 * how[:, 5]
    left, right = mid - g["apart"], mid + g["apart"]
    points = []
    for side in (left, right):
        points += [(side, level), (side, level - lid), (side, level + lid)]
    points += [(mid - half, mouth_y), (mid + half, mouth_y)]
    points += [(mid, mouth_y - open_), (mid, mouth_y + open_)]
    points += [(left, brow), (right, brow), (mid + 0.3 * g["turn"], level + 0.2)]
    points += [(g["x"], g["y"] + g["high"]), (g["x"] - g["wide"], g["y"])]
    return torch.stack([torch.stack(point, -1) for point in points], 1)


def _paint(who: Tensor, g: dict[str, Tensor], points: Tensor, wall: Tensor) -> Tensor:
    """From back to front: wall, shirt, hair, head, eyes, brows, nose, mouth."""
    across, down = (v[None] for v in _grid())
    at = {name: value[:, None, None] for name, value in g.items()}
    spot = points[..., None, None].unbind(1)
    skin, hair, shirt, iris = _colours(who)
    picture = wall.expand(-1, -1, SIDE, SIDE)

    def over(colour: Tensor, far: Tensor) -> None:
        """Lay a colour where ``far``, in half pictures, is negative; soft over a pixel."""
        nonlocal picture
        share = (0.5 - far * SIDE / 2).clamp(0, 1).unsqueeze(1)
        picture = picture + share * (colour[..., None, None] - picture)

    def oval(cx: Tensor, cy: Tensor, rx: Tensor | float, ry: Tensor | float) -> Tensor:
        reach = (((across - cx) / rx).square() + ((down - cy) / ry).square()).sqrt()
        return (reach - 1) * (torch.as_tensor(rx) + torch.as_tensor(ry)) / 2

    long_hair = (0.1 + 0.75 * who[:, 5])[:, None, None]
    over(shirt, oval(0.5 * at["x"], at["y"] * 0 + 1.25, 0.85, 0.55))
    over(hair, oval(at["x"], at["y"] - 0.12, at["wide"] + 0.12, at["high"] + 0.06))
    behind = torch.maximum((across - at["x"]).abs() - at["wide"] - 0.1, down - at["y"] - long_hair)
    over(hair, torch.maximum(behind, at["y"] - 0.1 - down))
    over(skin, oval(at["x"], at["y"], at["wide"], at["high"]))
    fringe = at["y"] - at["high"] * (0.55 + 0.3 * who[:, 6, None, None])
    over(hair, torch.maximum(oval(at["x"], at["y"], at["wide"], at["high"]), down - fringe))
    white, dark = torch.full_like(skin, 0.97), 0.35 * hair
    for k, brow in ((0, 10), (3, 11)):
        lid = (spot[k + 2][:, 1] - spot[k + 1][:, 1]) / 2
        ball = oval(spot[k][:, 0], spot[k][:, 1], at["eye"] * 1.25, lid.clamp_min(0.02))
        over(white, ball)
        over(iris, torch.maximum(ball, oval(spot[k][:, 0], spot[k][:, 1], 0.07, 0.09)))
        over(dark, oval(spot[brow][:, 0], spot[brow][:, 1], at["eye"] * 1.4, 0.035))
    over(0.8 * skin, oval(spot[12][:, 0], spot[12][:, 1], 0.05, 0.08))
    half = (spot[7][:, 0] - spot[6][:, 0]) / 2
    tall = (spot[9][:, 1] - spot[8][:, 1]) / 2
    lips = torch.stack([0.55 + 0.4 * who[:, 15], 0.15 + 0.2 * who[:, 15], 0.2 + 0 * who[:, 15]], 1)
    over(lips, oval(spot[8][:, 0], spot[6][:, 1], half, tall + 0.03))
    over(
        0.2 * white, oval(spot[8][:, 0], spot[6][:, 1], 0.7 * half, (tall - 0.03).clamp_min(0.005))
    )
    return picture


def _colours(who: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Skin, hair, shirt and iris, each (n, 3): a mixture of dark and light, or free."""
    shade, warm = who[:, 7:8], who[:, 8:9]
    dark, light = torch.tensor([0.32, 0.20, 0.14]), torch.tensor([0.98, 0.82, 0.70])
    skin = dark + (light - dark) * shade + 0.05 * (warm - 0.5)
    hair = torch.tensor([0.08, 0.06, 0.05]) + who[:, 9:10] * torch.tensor([0.80, 0.62, 0.30])
    hair = hair + 0.25 * who[:, 10:11] * torch.tensor([0.5, -0.05, -0.05])
    shirt = 0.15 + 0.75 * who[:, 11:14]
    iris = torch.tensor([0.25, 0.16, 0.1]) + who[:, 14:15] * torch.tensor([-0.05, 0.3, 0.55])
    return skin.clamp(0, 1), hair.clamp(0, 1), shirt, iris.clamp(0, 1)
