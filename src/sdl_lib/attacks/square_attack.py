"""Square Attack: a random search that asks the model for its logits and nothing else."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.geometry import Norm, length, project
from sdl_lib.attacks.gradient import check_arguments, check_logits
from sdl_lib.attacks.verdict import clearly_fooled, depth

# share of the picture that a square covers, halved when so many of 10,000 queries are spent
_HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


# what the box cuts off a change is given to the rest of it, so many times
_ROUNDS = 2


class Asked(NamedTuple):
    """What a search with queries found, which images fool the model, and what each has cost."""

    x_adv: Tensor
    success: Tensor
    queries: Tensor


def square_attack(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    norm: Norm = "linf",
    queries: int = 1000,
    share: float = 0.8,
    target: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Asked:
    """Change a random square; keep the change where it brings the example nearer to an error.

    Parameters
    ----------
    model, target : as for :func:`fgsm`; no gradient is asked for
    x, y : Tensor, shape (n, c, h, w), in [0, 1], and LongTensor, shape (n,)
    eps, norm : radius and norm, ``"linf"`` or ``"l2"``
    queries : most logits that may be asked for, for each example, that of ``x`` included
    share : of the picture that the first squares cover; they shrink as the queries are spent
    generator : the source of squares and colours; default: a new one with seed 0

    Returns
    -------
    x_adv : Tensor as ``x``, in the ball and in [0, 1]: a success, or else the nearest to one
    success : BoolTensor, shape (n,)
    queries : LongTensor, shape (n,): spent on each example, until its success

    Raises
    ------
    ValueError : as :func:`fgsm`; if ``x`` are no pictures; for a bad setting.

    References
    ----------
    Andriushchenko et al. (2020). Explained in :doc:`/book/security/defence-and-evaluation`.
    """
    check_arguments(model, x, y, eps, target)
    validate.choice(norm, ("linf", "l2"), "norm")
    validate.count(queries, "queries")
    if x.ndim != 4:
        raise ValueError(f"x: expected pictures (n, c, h, w), found shape {tuple(x.shape)}")
    if not 0 < share <= 1:
        raise ValueError(f"share: expected a number above 0 and at most 1, found {share}")
    x = x.detach()
    x_adv, spent = x.clone(), torch.ones(len(x), dtype=torch.int64, device=x.device)
    if len(x) == 0:
        return Asked(x_adv, spent.bool(), spent)
    logits = check_logits(model, x, y, target)
    success, lead = clearly_fooled(logits, y, target), depth(logits, y, target)
    walk = _Walk(x, float(eps), norm, generator or torch.Generator().manual_seed(0))
    rows = (~success).nonzero().flatten()
    walk.keep(rows)
    aims = None if target is None else target[rows]
    here, labels, lead = walk.x.clone(), y[rows], torch.full_like(lead[rows], -torch.inf)
    for t in range(1, queries):
        if len(rows) == 0:
            break
        candidate = walk.stripes() if t == 1 else walk.square(here, _side(x, share, t, queries))
        logits = training.predict(model, candidate)
        now = depth(logits, labels, aims)
        better = now > lead
        here[better], lead = candidate[better], torch.maximum(now, lead)
        hit = clearly_fooled(logits, labels, aims) if bool((now > 0).any()) else now > 0
        spent[rows] += 1
        if bool(hit.any()):
            x_adv[rows[hit]], success[rows[hit]] = here[hit], True
            stay = ~hit
            walk.keep(stay)
            rows, here, labels, lead = rows[stay], here[stay], labels[stay], lead[stay]
            aims = None if aims is None else aims[stay]
    x_adv[rows] = here
    return Asked(x_adv, success, spent)


def _side(x: Tensor, share: float, t: int, queries: int) -> int:
    """Side of the square at query ``t``: its area shrinks on the authors' schedule."""
    spent = int(t / queries * 10_000)
    part = share / 2 ** sum(spent > mark for mark in _HALVINGS)
    height, width = x.shape[2:]
    return min(max(round(math.sqrt(part * height * width)), 1), height, width)


@dataclass
class _Walk:
    """The images still worked on, and the candidates around them."""

    x: Tensor
    eps: float
    norm: Norm
    source: torch.Generator

    def keep(self, rows: Tensor) -> None:
        self.x = self.x[rows]

    def _whole(self, high: int) -> Tensor:
        """Uniform from 0 to ``high``, one for each example, shape (n, 1)."""
        drawn = torch.randint(
            high + 1, (len(self.x), 1), generator=self.source, device=self.source.device
        )
        return drawn.to(self.x.device)

    def _signs(self, *shape: int) -> Tensor:
        drawn = torch.randint(
            2, (len(self.x), *shape), generator=self.source, device=self.source.device
        )
        return (2 * drawn - 1).to(self.x)

    def stripes(self) -> Tensor:
        """The start: vertical stripes, or for ``"l2"`` a pattern of small hills and hollows."""
        channels, height, width = self.x.shape[1:]
        if self.norm == "linf":
            return (self.x + self.eps * self._signs(channels, 1, width)).clamp_(0, 1)
        side = max(min(height, width) // 5, 1)
        down, across = height // side, width // side
        signs = self._signs(channels, down, across)
        delta = torch.zeros_like(self.x)
        tiled = torch.einsum("ncij,kl->ncikjl", signs, self._hill(side))
        tile = tiled.reshape(len(self.x), channels, down * side, across * side)
        top, left = (height - down * side) // 2, (width - across * side) // 2
        delta[:, :, top : top + down * side, left : left + across * side] = tile
        return self._at(delta)

    def square(self, here: Tensor, side: int) -> Tensor:
        """A candidate that differs from ``here`` in one square, another for each example."""
        if self.norm == "l2":
            return self._moved_mass(here, max(side, 3))
        at = self._window(side).unsqueeze(1).expand(-1, self.x.shape[1], -1)
        around, now = self.x.flatten(2).gather(2, at), here.flatten(2).gather(2, at)
        colour = self.eps * self._signs(self.x.shape[1], 1)
        new = (around + colour).clamp_(0, 1)
        # a square that is of this colour already would waste the query: take the other
        same = (new == now).flatten(1).all(1).view(-1, 1, 1)
        new = torch.where(same, (around - colour).clamp_(0, 1), new)
        return here.flatten(2).scatter(2, at, new).view_as(here)

    def _moved_mass(self, here: Tensor, side: int) -> Tensor:
        """Take the change out of one window and put its length into a hill in another."""
        channels, height, width = self.x.shape[1:]
        side = min(side + (side + 1) % 2, height, width)
        delta = here - self.x
        to, out = self._window(side), self._window(side)
        union = torch.zeros(len(self.x), height * width, dtype=torch.bool, device=self.x.device)
        union.scatter_(1, to, True).scatter_(1, out, True)
        flat = delta.flatten(2)
        room = (self.eps**2 - length(delta).square()).clamp_min(0).view(-1, 1) / channels
        size = (room + (flat.square() * union.unsqueeze(1)).sum(2)).sqrt()
        at = to.unsqueeze(1).expand(-1, channels, -1)
        old = flat.gather(2, at)
        hill = self._hill(side).flatten() * self._signs(channels, 1)
        tiny = torch.finfo(self.x.dtype).tiny
        new = hill + old / old.norm(dim=2, keepdim=True).clamp_min(tiny)
        new = new / new.norm(dim=2, keepdim=True).clamp_min(tiny) * size.unsqueeze(2)
        emptied = flat.scatter(2, out.unsqueeze(1).expand(-1, channels, -1), 0.0)
        return self._at(emptied.scatter(2, at, new).view_as(delta))

    def _window(self, side: int) -> Tensor:
        """Numbers of the pixels in a random window, shape (n, side * side)."""
        height, width = self.x.shape[2:]
        steps = torch.arange(side, device=self.x.device)
        down = steps + self._whole(height - side)
        across = steps + self._whole(width - side)
        return (down.unsqueeze(2) * width + across.unsqueeze(1)).flatten(1)

    def _hill(self, side: int) -> Tensor:
        """A hill on one half, a hollow on the other, of length 1; turned at random."""
        half = side // 2
        pattern = torch.cat([_slope(half, side), -_slope(side - half, side)])
        pattern = (pattern / pattern.norm().clamp_min(torch.finfo().tiny)).to(self.x)
        turned = torch.rand(1, generator=self.source, device=self.source.device) > 0.5
        hill: Tensor = pattern.T if bool(turned) else pattern
        return hill

    def _at(self, delta: Tensor) -> Tensor:
        """The point at the full distance in the direction of ``delta``, in the box."""
        tiny = torch.finfo(delta.dtype).tiny
        for _ in range(_ROUNDS):
            full = delta * (self.eps / length(delta).clamp_min(tiny))
            delta = (self.x + full).clamp_(0, 1) - self.x
        return project(self.x + delta, self.x, self.eps, "l2")


def _slope(height: int, width: int) -> Tensor:
    """Nested rectangles that add up to a peak, after the authors' formula."""
    slope = torch.zeros(height, width)
    middle, across = height // 2, width // 2
    for ring in range(max(middle, across) + 1):
        rows = slice(max(middle - ring, 0), middle + ring + 1)
        columns = slice(max(across - ring, 0), across + ring + 1)
        slope[rows, columns] += 1 / (ring + 1) ** 2
    scaled: Tensor = slope / slope.norm().clamp_min(torch.finfo().tiny)
    return scaled
