"""Small pictures of several shapes at once, of which some kinds keep company: sets of labels."""

import torch
from torch import Tensor

from sdl_lib import validate

SCENE_KINDS = ("disc", "ring", "square", "triangle", "cross", "bar")
SIDE = 32
# how often each possible set of kinds is drawn, in the order of SCENE_KINDS; all others: never
SCENE_SETS: dict[tuple[int, ...], float] = {
    (1, 1, 0, 0, 1, 0): 0.25,
    (1, 1, 0, 0, 0, 0): 0.15,
    (0, 0, 1, 1, 0, 1): 0.25,
    (0, 0, 1, 1, 0, 0): 0.15,
    (1, 0, 1, 0, 0, 0): 0.10,
    (1, 1, 1, 1, 1, 1): 0.10,
}


def drawn_scenes(
    n: int, *, generator: torch.Generator | None = None, faint: float = 0.1, noise: float = 0.12
) -> tuple[Tensor, Tensor]:
    """Draw ``n`` pictures, each with one to six kinds of shapes, and their sets of labels.

    Six of the 64 sets of kinds are ever drawn (:data:`SCENE_SETS`): to see a cross is to know
    that there is a disc and a ring. Each shape has its own contrast, so that some hardly show.

    Parameters
    ----------
    n : how many
    generator : the source of all chance, on the CPU; default: a new one with seed 0
    faint : the least contrast of a shape; the largest is 1
    noise : standard deviation of the camera's noise at a pixel

    Returns
    -------
    x : Tensor, shape (n, 1, 32, 32), float32 in [0, 1]
    y : Tensor, shape (n, 6), float32: 1 for each kind of :data:`SCENE_KINDS` that is there, else 0

    Raises
    ------
    ValueError : if ``n`` is negative, ``faint`` is not in [0, 1], or ``noise`` is no such number.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.count(n, "n", least=0)
    validate.radius(noise, "noise")
    if not 0 <= faint <= 1:
        raise ValueError(f"faint: expected a contrast in [0, 1], found {faint}")
    source = generator or torch.Generator().manual_seed(0)
    sets = torch.tensor(list(SCENE_SETS), dtype=torch.float32)
    odds = torch.tensor(list(SCENE_SETS.values()))
    if n == 0:
        return torch.zeros(0, 1, SIDE, SIDE), torch.zeros(0, len(SCENE_KINDS))
    y = sets[torch.multinomial(odds, n, replacement=True, generator=source)]
    cells = torch.rand(n, 9, generator=source).argsort(1)[:, : len(SCENE_KINDS)]
    centre = torch.stack([cells % 3, cells // 3], 2) * (SIDE / 3) + SIDE / 6
    centre = centre + 2 * torch.rand(centre.shape, generator=source) - 1
    size = 3.2 + 1.2 * torch.rand(n, len(SCENE_KINDS), generator=source)
    contrast = faint + (1 - faint) * torch.rand(n, len(SCENE_KINDS), generator=source)
    ink = _shapes(centre, size) * (contrast * y)[..., None, None]
    grain = noise * torch.randn(n, SIDE, SIDE, generator=source)
    return (0.9 - 0.8 * ink.amax(1) + grain).clamp_(0, 1).unsqueeze(1), y


def _shapes(centre: Tensor, size: Tensor) -> Tensor:
    """One shape of each kind; ink (n, 6, 32, 32) in [0, 1], softened over a pixel at the edge."""
    at = torch.arange(SIDE) + 0.5
    x = at.view(1, 1, -1) - centre[..., 0, None, None].transpose(0, 1)[..., 0]
    y = at.view(1, 1, -1) - centre[..., 1, None, None].transpose(0, 1)[..., 0]
    found = []
    for kind, (dx, dy, r) in enumerate(zip(x, y, size.unbind(1), strict=True)):
        u, v, s = dx[:, None, :], dy[:, :, None], r.view(-1, 1, 1)
        outside = _distance(kind, u, v, s)
        found.append((0.5 - outside).clamp(0, 1))
    return torch.stack(found, 1)


def _distance(kind: int, u: Tensor, v: Tensor, s: Tensor) -> Tensor:
    """How far pixels lie outside the shape (negative inside), about, in pixels."""
    a, b = u.abs(), v.abs()
    if kind == 0:
        return (u.square() + v.square()).sqrt() - s
    if kind == 1:
        return ((u.square() + v.square()).sqrt() - s + 0.8).abs() - 0.8
    if kind == 2:
        return torch.maximum(a, b) - 0.85 * s
    if kind == 3:
        return torch.maximum(v - 0.7 * s, 0.9 * a - 0.45 * (v + s))
    if kind == 4:
        return torch.minimum(torch.maximum(a - s, b - 0.9), torch.maximum(b - s, a - 0.9))
    return torch.maximum(a - s, b - 1.1)
