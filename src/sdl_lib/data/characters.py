"""Two drawn characters, each in any pose, light and expression: cartoons of nobody."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate

POSE = ("yaw", "pitch", "roll", "smile", "open", "eyes", "brows", "side", "light", "backdrop")
CHARACTERS = ("Reed", "Plum")
SIDE = 32
REACH = 1.2  # of the picture, to each side, where a head has a radius below 1
_PIXEL = 2 * REACH / SIDE
TURN = {"yaw": math.radians(34), "pitch": math.radians(22), "roll": math.radians(16)}

Colour = tuple[float, float, float]


class Character(NamedTuple):
    """What makes one of the two: lengths in units in which a head has a radius below 1."""

    radii: tuple[float, float]  # of the head
    skin: Colour
    hair: Colour
    hairline: float  # height on the head, up is negative
    fringe: float  # how far the hairline falls (or rises) to the sides
    locks: tuple[tuple[float, float, float, float], ...]  # behind the head: place, radii
    ears: tuple[float, float]
    eyes: tuple[float, float, float, float]  # place (right one), radii
    brows: tuple[float, float, float]  # height, radii
    nose: tuple[float, float, float, float]  # height, radii, depth
    nose_colour: Colour
    mouth: tuple[float, float, Colour]  # height, half its width
    glasses: float  # radius; none at 0


REED = Character(
    radii=(0.60, 0.84),
    skin=(0.55, 0.76, 0.88),
    hair=(0.16, 0.20, 0.42),
    hairline=-0.50,
    fringe=-0.10,
    locks=((-0.45, -1.0, 0.20, 0.20), (0.0, -1.08, 0.20, 0.24), (0.45, -1.0, 0.20, 0.20)),
    ears=(0.16, 0.22),
    eyes=(0.42, -0.12, 0.17, 0.15),
    brows=(-0.40, 0.20, 0.055),
    nose=(0.16, 0.09, 0.20, 1.25),
    nose_colour=(0.40, 0.60, 0.76),
    mouth=(0.58, 0.26, (0.45, 0.12, 0.20)),
    glasses=0.0,
)
PLUM = Character(
    radii=(0.80, 0.70),
    skin=(0.93, 0.78, 0.52),
    hair=(0.55, 0.18, 0.38),
    hairline=-0.42,
    fringe=0.32,
    locks=((-0.80, -0.85, 0.30, 0.30), (0.80, -0.85, 0.30, 0.30)),
    ears=(0.10, 0.14),
    eyes=(0.36, -0.06, 0.15, 0.16),
    brows=(-0.46, 0.15, 0.045),
    nose=(0.24, 0.15, 0.13, 1.12),
    nose_colour=(0.85, 0.52, 0.38),
    mouth=(0.62, 0.34, (0.50, 0.10, 0.12)),
    glasses=0.25,
)
_BOTH = (REED, PLUM)


def character_faces(
    n: int, who: int, *, tilt: float = 0.0, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Draw ``n`` pictures of one of the two characters in random poses, see `draw_characters`.

    Parameters
    ----------
    n : number of pictures
    who : place in :data:`CHARACTERS`
    tilt : how far the heads roll; at 0 they are upright, as a finder of faces turns them
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    x : Tensor, shape (n, 3, 32, 32), float32 in [0, 1]
    pose : Tensor, shape (n, 10): the parameters in :data:`POSE`, each uniform in [-1, 1], the
        roll in [-tilt, tilt]

    Raises
    ------
    ValueError : if ``n`` is negative, ``tilt`` not in [0, 1], or there is no such character.

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    validate.count(n, "n", least=0)
    if not 0 <= tilt <= 1:
        raise ValueError(f"tilt: expected a number from 0 to 1, found {tilt}")
    source = generator or torch.Generator().manual_seed(0)
    pose = 2 * torch.rand(n, len(POSE), generator=source) - 1
    pose[:, POSE.index("roll")] *= tilt
    return draw_characters(who, pose), pose


def draw_characters(who: int, pose: Tensor) -> Tensor:
    """The same character once for each row of ``pose``; nothing about it is left to chance.

    So the answer to a face swap is known: draw the other character with the same ``pose``.

    Parameters
    ----------
    who : place in :data:`CHARACTERS`
    pose : Tensor, shape (n, 10), of the parameters in :data:`POSE`, in [-1, 1]. The head turns
        (yaw to the right, pitch down, roll clockwise); the mouth smiles and opens, the eyes open,
        the brows rise; light falls from a side and has a strength; the backdrop is dark or light

    Returns
    -------
    Tensor, shape (n, 3, 32, 32), float32 in [0, 1]

    Raises
    ------
    ValueError : if there is no such character, or ``pose`` has another shape or range.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`. Explained in
    :doc:`/book/security/deepfakes-and-forgery`.
    """
    if who not in range(len(CHARACTERS)):
        raise ValueError(f"who: expected 0 ({CHARACTERS[0]}) or 1 ({CHARACTERS[1]}), found {who}")
    validate.finite_batch(pose, "pose")
    if pose.shape[1:] != (len(POSE),):
        raise ValueError(f"pose: expected {len(POSE)} columns, found shape {tuple(pose.shape)}")
    if len(pose) and float(pose.abs().max()) > 1:
        raise ValueError(f"pose: expected values in [-1, 1], found up to {pose.abs().max():.4g}")
    chunks = [_Head(_BOTH[who], rows).draw() for rows in pose.double().split(500)]
    return torch.cat(chunks) if chunks else torch.zeros(0, 3, SIDE, SIDE)


class _Head:
    """One character in n poses: a stack of layers, each pasted over those before."""

    def __init__(self, character: Character, pose: Tensor) -> None:
        self.c = character
        self.p = {name: pose[:, i].view(-1, 1, 1) for i, name in enumerate(POSE)}
        steps = ((torch.arange(SIDE).double() + 0.5) / SIDE * 2 - 1) * REACH
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        roll = TURN["roll"] * self.p["roll"]
        self.x, self.y = x * roll.cos() + y * roll.sin(), y * roll.cos() - x * roll.sin()
        self.yaw, self.pitch = (TURN[name] * self.p[name] for name in ("yaw", "pitch"))
        self.colour = torch.zeros(len(pose), 3, SIDE, SIDE, dtype=torch.float64)
        self.opaque = torch.zeros(len(pose), 1, SIDE, SIDE, dtype=torch.float64)

    def draw(self) -> Tensor:
        self._back()
        self._hair()
        self._eyes()
        self._nose_and_mouth()
        shade = (1 + 0.2 * self.p["light"]) * (1 + 0.45 * self.p["side"] * self.x)
        grey = (0.5 + 0.4 * self.p["backdrop"]).unsqueeze(1)
        return (self.colour * shade.unsqueeze(1) + (1 - self.opaque) * grey).clamp(0, 1).float()

    def _paste(self, cover: Tensor, colour: Colour) -> None:
        """Put a layer of one colour over what is there; ``cover`` is its opacity."""
        cover = cover.unsqueeze(1)
        ink = torch.tensor(colour, dtype=torch.float64).view(3, 1, 1)
        self.colour = self.colour * (1 - cover) + cover * ink
        self.opaque = self.opaque * (1 - cover) + cover

    def _place(self, u: float, v: float, depth: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
        """Where a point of the head comes to lie, and how narrow what is there appears."""
        w = math.sqrt(max(0.0, 1 - u * u - v * v)) * depth
        forward = w * self.yaw.cos() - u * self.yaw.sin()
        x = self.c.radii[0] * (u * self.yaw.cos() + w * self.yaw.sin())
        y = self.c.radii[1] * (v * self.pitch.cos() + forward * self.pitch.sin())
        narrow = (forward / w).clamp(0.4, 1.0) if w else torch.ones_like(forward)
        return x, y, narrow

    def _oval(self, x: Tensor, y: Tensor, rx: Tensor | float, ry: Tensor | float) -> Tensor:
        """The share of each pixel within an ellipse, nearly."""
        rx, ry = (torch.as_tensor(r, dtype=torch.float64) for r in (rx, ry))
        far = (((self.x - x) / rx).square() + ((self.y - y) / ry).square()).sqrt()
        return (0.5 + (1 - far) * torch.minimum(rx, ry) / _PIXEL).clamp(0, 1)

    def _back(self) -> None:
        zero = torch.zeros_like(self.yaw)
        for u, v, rx, ry in self.c.locks:
            x, y, _ = self._place(u, v, 0.0)
            self._paste(self._oval(x, y, rx, ry), self.c.hair)
        for u in (-1.0, 1.0):
            x, y, _ = self._place(u, 0.0, 0.0)
            self._paste(self._oval(x, y, *self.c.ears), self.c.nose_colour)
        self._paste(self._oval(zero, zero, *self.c.radii), self.c.skin)

    def _hair(self) -> None:
        x, y, _ = self._place(0.0, self.c.hairline)
        zero, (rx, ry) = torch.zeros_like(x), self.c.radii
        cap = self._oval(zero, zero, rx + 0.05, ry + 0.05)
        line = y + self.c.fringe * (self.x - x).square()
        self._paste(cap * (0.5 + (line - self.y) / _PIXEL).clamp(0, 1), self.c.hair)

    def _eyes(self) -> None:
        u, v, rx, ry = self.c.eyes
        high, bx, by = self.c.brows
        slit = ry * (0.575 + 0.425 * self.p["eyes"])
        for side in (-1.0, 1.0):
            x, y, narrow = self._place(side * u, v)
            white = self._oval(x, y, narrow * rx, slit)
            self._paste(self._oval(x, y, narrow * rx + 0.03, slit + 0.03), (0.15, 0.12, 0.15))
            self._paste(white, (0.97, 0.97, 0.95))
            self._paste(white * self._oval(x, y, narrow * 0.08, 0.09), (0.10, 0.08, 0.10))
            if self.c.glasses:
                r = self.c.glasses
                ring = self._oval(x, y, narrow * r, r) - self._oval(
                    x, y, narrow * (r - 0.06), r - 0.06
                )
                self._paste(ring, (0.20, 0.15, 0.30))
            x, y, narrow = self._place(side * u, high)
            lift = 0.10 * self.p["brows"] + 0.25 * self.p["brows"] * side * (self.x - x)
            brow = self._oval(x, y - lift, narrow * bx, by)
            self._paste(brow, self.c.hair)

    def _nose_and_mouth(self) -> None:
        v, rx, ry, depth = self.c.nose
        x, y, narrow = self._place(0.0, v, depth)
        self._paste(self._oval(x, y, narrow * rx, ry), self.c.nose_colour)
        v, half, colour = self.c.mouth
        x, y, narrow = self._place(0.0, v)
        along = (self.x - x) / (narrow * half)
        middle = y - 0.16 * self.p["smile"] * (along.square() - 0.5)
        thick = 0.05 + 0.07 * (1 + self.p["open"]) * (1 - along.square()).clamp_min(0)
        inside = (0.5 + (thick - (self.y - middle).abs()) / _PIXEL).clamp(0, 1)
        ends = (0.5 + (1 - along.abs()) * narrow * half / _PIXEL).clamp(0, 1)
        self._paste(inside * ends, colour)
