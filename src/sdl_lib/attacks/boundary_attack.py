"""Boundary attack: walk along the boundary towards the picture, told the class and nothing else."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.geometry import length
from sdl_lib.attacks.gradient import check_arguments, check_logits
from sdl_lib.attacks.square_attack import Asked
from sdl_lib.attacks.verdict import clearly_fooled

_DRAWS = 20  # noise pictures that are tried as a start
_HALVINGS = 10  # of the stretch between the picture and the start
_ASIDE = 10  # every so many steps the step aside is asked about alone
_SEEN = 10  # answers after which a length is judged
_FACTOR = 1.5  # by which a length is changed


def boundary_attack(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    queries: int = 2000,
    target: Tensor | None = None,
    start: Tensor | None = None,
    aside: float = 0.01,
    towards: float = 0.01,
    generator: torch.Generator | None = None,
) -> Asked:
    """From a picture that fools the model, a random step aside and a step towards ``x``.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`; of its logits only the largest matters
    queries : pictures that may be shown to the model for each example, ``x`` included
    start : Tensor as ``x``: pictures that fool the model; default: noise that happens to do so
    aside, towards : first lengths of the two steps, in shares of the distance; each example
        adapts its own, so that about a third of the steps aside and a sixth of all succeed
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    x_adv : Tensor as ``x``: the nearest found; a row without a start is the row of ``x``
    success : BoolTensor, shape (n,)
    queries : LongTensor, shape (n,): spent on each example

    Raises
    ------
    ValueError : as :func:`fgsm`; if ``start`` is no batch of pictures like ``x``.

    References
    ----------
    Brendel, Rauber & Bethge (2018). Explained in :doc:`/book/security/black-box-and-sparse`.
    """
    check_arguments(model, x, y, None, target)
    validate.count(queries, "queries")
    for name, value in (("aside", aside), ("towards", towards)):
        if not 0 < value < 1:
            raise ValueError(f"{name}: expected a share above 0 and below 1, found {value}")
    if start is not None:
        validate.images(start, "start")
        if start.shape != x.shape:
            found = tuple(start.shape)
            raise ValueError(f"start: expected the shape of x, {tuple(x.shape)}, found {found}")
    x = x.detach()
    spent = torch.ones(len(x), dtype=torch.int64, device=x.device)
    if len(x) == 0:
        return Asked(x.clone(), spent.bool(), spent)
    source = generator or torch.Generator().manual_seed(0)
    done = clearly_fooled(check_logits(model, x, y, target), y, target)
    judge = _Judge(model, y, target, spent, queries)
    here, success = _begin(judge, x, done, start, source)
    rows = (success & ~done & (spent < queries)).nonzero().flatten()
    walk = _Walk(x[rows], here[rows], aside, towards)
    step = 0
    while len(rows):
        sideways, candidate = walk.propose(source)
        if step % _ASIDE == 0:
            walk.hear_aside(judge.ask(sideways, rows))
            left = spent[rows] < queries
        else:
            left = torch.ones(len(rows), dtype=torch.bool, device=x.device)
        walk.hear(candidate, left, judge.ask(candidate[left], rows[left]))
        step += 1
        here[rows] = walk.here
        stay = spent[rows] < queries
        if not bool(stay.all()):
            walk.keep(stay)
            rows = rows[stay]
    return Asked(here, success, spent)


@dataclass
class _Judge:
    """Asks the model about candidates, and keeps the account."""

    model: nn.Module
    y: Tensor
    target: Tensor | None
    spent: Tensor
    limit: int

    def ask(self, candidates: Tensor, rows: Tensor) -> Tensor:
        if len(rows) == 0:
            return torch.zeros(0, dtype=torch.bool, device=candidates.device)
        self.spent[rows] += 1
        logits = training.predict(self.model, candidates)
        aims = None if self.target is None else self.target[rows]
        return clearly_fooled(logits, self.y[rows], aims)


def _begin(
    judge: _Judge, x: Tensor, done: Tensor, start: Tensor | None, source: torch.Generator
) -> tuple[Tensor, Tensor]:
    """A start for each example, drawn back towards ``x`` as far as it goes."""
    here, success = x.clone(), done.clone()
    for _ in range(_DRAWS if start is None else 1):
        rows = (~success & (judge.spent < judge.limit)).nonzero().flatten()
        if start is None:
            noise = torch.rand(x[rows].shape, generator=source, device=source.device).to(x)
        else:
            noise = start[rows]
        hit = judge.ask(noise, rows)
        here[rows[hit]], success[rows[hit]] = noise[hit], True
    far = here.clone()
    low, high = torch.zeros(len(x)).to(x), torch.ones(len(x)).to(x)
    for _ in range(_HALVINGS):
        rows = (success & ~done & (judge.spent < judge.limit)).nonzero().flatten()
        middle = (low[rows] + high[rows]) / 2
        blend = torch.lerp(x[rows], far[rows], middle.view(-1, *[1] * (x.ndim - 1)))
        hit = judge.ask(blend, rows)
        high[rows], low[rows] = middle.where(hit, high[rows]), low[rows].where(hit, middle)
        here[rows[hit]] = blend[hit]
    return here, success


class _Walk:
    """The examples that still move, each with its own two step lengths."""

    def __init__(self, x: Tensor, here: Tensor, aside: float, towards: float) -> None:
        shape = (len(x), *[1] * (x.ndim - 1))
        self.x, self.here = x, here
        self.aside = torch.full(shape, aside).to(x)
        self.towards = torch.full(shape, towards).to(x)
        # answers so far, and how many of them were yes: of steps aside, of whole steps
        self.counts = torch.zeros(len(x), 4).to(x)

    def keep(self, rows: Tensor) -> None:
        self.x, self.here, self.counts = self.x[rows], self.here[rows], self.counts[rows]
        self.aside, self.towards = self.aside[rows], self.towards[rows]

    def propose(self, source: torch.Generator) -> tuple[Tensor, Tensor]:
        """A point beside ``here``, as far from ``x``; and a little nearer to ``x`` than that."""
        back = self.x - self.here
        far = length(back).clamp_min(torch.finfo(back.dtype).tiny)
        turn = torch.randn(back.shape, generator=source, device=source.device).to(back)
        along = (turn * back).flatten(1).sum(1).view_as(far) / far**2
        turn = turn - along * back
        turn = turn * (self.aside * far / length(turn).clamp_min(torch.finfo(back.dtype).tiny))
        sideways = self.x + (turn - back) / (1 + self.aside**2).sqrt()
        sideways = sideways.clamp(0, 1)
        return sideways, torch.lerp(sideways, self.x, self.towards).clamp_(0, 1)

    def hear_aside(self, hit: Tensor) -> None:
        self.counts[:, 0] += 1
        self.counts[:, 1] += hit

    def hear(self, candidate: Tensor, asked: Tensor, answers: Tensor) -> None:
        """Move where that fooled the model and is nearer; judge the lengths of the steps."""
        hit = torch.zeros_like(asked).masked_scatter_(asked, answers)
        nearer = (length(candidate - self.x) < length(self.here - self.x)).flatten()
        move = (hit & nearer).view_as(self.aside)
        self.here = torch.where(move, candidate, self.here)
        self.counts[:, 2] += asked
        self.counts[:, 3] += hit
        share = self.counts[:, 1::2] / self.counts[:, ::2].clamp_min(1)
        full = self.counts[:, ::2] >= _SEEN
        for k, (few, many) in enumerate(((0.2, 0.5), (0.1, 0.25))):
            more, less = full[:, k] & (share[:, k] > many), full[:, k] & (share[:, k] < few)
            change = torch.ones_like(share[:, k])
            change = change.where(~more, _FACTOR).where(~less, 1 / _FACTOR).view_as(self.aside)
            if k == 0:
                self.aside = (self.aside * change).clamp(max=0.5)
            self.towards = (self.towards * change).clamp(max=0.5)
            self.counts[:, 2 * k : 2 * k + 2] *= ~full[:, k : k + 1]
