"""Auto-PGD: projected gradient ascent that chooses its own step size."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.deepfool import likeliest_others
from sdl_lib.attacks.geometry import Norm, length, project, unit
from sdl_lib.attacks.gradient import check_arguments, check_logits, pull_back
from sdl_lib.attacks.losses import Loss, loss_and_slope
from sdl_lib.attacks.verdict import Disguise, clearly_fooled

Objective = Literal["ce", "dlr", "targeted-dlr"]


def apgd(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    norm: Norm = "linf",
    loss: Objective = "ce",
    steps: int = 100,
    rho: float = 0.75,
    rivals: int = 9,
    target: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Disguise:
    r"""Ascend with momentum; where progress stalls, halve the step and return to the best point.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    eps, norm : radius and norm, ``"linf"`` or ``"l2"``
    loss : ``"ce"``, the cross-entropy; ``"dlr"``, the difference of logits over their spread,
        which does not change when the logits are scaled; ``"targeted-dlr"``: one run towards
        each of the ``rivals`` likeliest wrong classes, on the examples that still stand
    steps : gradients of a run
    rho : halve a step if the loss rose in less than this share of the steps since the last check
    generator : the source of the start; default: a new one with seed 0

    Returns
    -------
    x_adv : Tensor as ``x``, in the ball and in [0, 1]: a success, or else the highest loss met
    success : BoolTensor, shape (n,)

    Raises
    ------
    ValueError : as :func:`fgsm`; for a bad setting; if the model has too few classes for ``loss``.

    References
    ----------
    Croce & Hein (2020). Explained in :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, eps, target)
    validate.choice(norm, ("linf", "l2"), "norm")
    validate.choice(loss, ("ce", "dlr", "targeted-dlr"), "loss")
    validate.count(steps, "steps")
    validate.count(rivals, "rivals")
    validate.radius(rho, "rho")
    if loss == "targeted-dlr" and target is not None:
        raise ValueError("target: is chosen by the loss 'targeted-dlr'; leave one of them out")
    x = x.detach()
    if len(x) == 0:
        return Disguise(x.clone(), torch.zeros(0, dtype=torch.bool, device=x.device))
    logits = check_logits(model, x, y, target)
    _check_classes(logits.shape[1], loss)
    source = generator or torch.Generator().manual_seed(0)
    kind: Loss = "ce" if loss == "ce" else "dlr"
    aims = [None] if loss != "targeted-dlr" else likeliest_others(logits, y, rivals).unbind(1)
    x_adv, standing = x.clone(), ~clearly_fooled(logits, y, target)
    for rival in aims:
        rows = standing.nonzero().flatten()
        if len(rows) == 0:
            break
        run = _Run(model, x[rows], y[rows], _at(target, rows), _at(rival, rows), kind, norm, eps)
        x_adv[rows] = run.climb(steps, rho, source)
        standing[rows] = ~_judge(model, x_adv[rows], y[rows], _at(target, rows))
    return Disguise(x_adv, ~standing)


@dataclass
class _Run:
    model: nn.Module
    x: Tensor
    y: Tensor
    target: Tensor | None
    rival: Tensor | None
    kind: Loss
    norm: Norm
    eps: float

    def climb(self, steps: int, rho: float, source: torch.Generator) -> Tensor:
        """One ascent from a random point of the sphere; the best success or else the best loss."""
        here = before = self._start(source)
        gradient, value, logits = self._look(here)
        best, best_gradient, best_value = here, gradient, value
        wrong = clearly_fooled(logits, self.y, self.target)
        found = here
        size = torch.full_like(value, 2 * self.eps)
        checks = _checkpoints(steps)
        rises, last_check = torch.zeros_like(value), 0
        halved, value_then = torch.ones_like(value, dtype=torch.bool), best_value
        for t in range(steps):
            here, before = self._move(here, before, gradient, size, 0.75 if t else 1.0), here
            previous = value
            gradient, value, logits = self._look(here)
            hit = clearly_fooled(logits, self.y, self.target)
            wrong, found = wrong | hit, self._where(hit, here, found)
            rises += value > previous if t else 0
            higher = value > best_value
            best = self._where(higher, here, best)
            best_gradient = self._where(higher, gradient, best_gradient)
            best_value = torch.maximum(value, best_value)
            if t + 1 in checks:
                stalled = rises <= rho * (t + 1 - last_check)
                stalled |= ~halved & (value_then >= best_value)
                halved, value_then, last_check = stalled, best_value, t + 1
                rises.zero_()
                size = torch.where(stalled, size / 2, size)
                here = self._where(stalled, best, here)
                gradient = self._where(stalled, best_gradient, gradient)
        return self._where(wrong, found, best)

    def _where(self, mask: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        return torch.where(mask.view(-1, *[1] * (self.x.ndim - 1)), yes, no)

    def _start(self, source: torch.Generator) -> Tensor:
        """On the sphere, as the authors begin, not inside the ball."""
        if self.norm == "linf":
            offset = 2 * torch.rand(self.x.shape, generator=source, device=source.device) - 1
        else:
            offset = torch.randn(self.x.shape, generator=source, device=source.device)
        tiny = torch.finfo(offset.dtype).tiny
        offset = (offset / length(offset, self.norm).clamp_min(tiny)).to(self.x)
        return project(self.x + self.eps * offset, self.x, self.eps, self.norm)

    def _look(self, here: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradient, loss and logits at a point."""
        values = []

        def weigh(logits: Tensor, rows: slice) -> Tensor:
            labels, target, rival = self.y[rows], _at(self.target, rows), _at(self.rival, rows)
            value, slope = loss_and_slope(logits, labels, target, self.kind, rival)
            values.append(value)
            return slope

        gradient, logits = pull_back(self.model, here, self.y, self.target, weigh)
        return gradient, torch.cat(values), logits

    def _move(
        self, here: Tensor, before: Tensor, gradient: Tensor, size: Tensor, share: float
    ) -> Tensor:
        """A projected step, and a quarter of the last move on top of three quarters of it."""
        step = size.view(-1, *[1] * (here.ndim - 1)) * unit(gradient, self.norm, here)
        there = project(here + step, self.x, self.eps, self.norm)
        mixed = here + share * (there - here) + (1 - share) * (here - before)
        return project(mixed, self.x, self.eps, self.norm)


def _checkpoints(steps: int) -> set[int]:
    """The steps after which progress is judged: at first every .22, later every .06 of all."""
    gap, least = max(int(0.22 * steps), 1), max(int(0.06 * steps), 1)
    shrink, checks, at = max(int(0.03 * steps), 1), set(), 0
    while at + gap <= steps:
        at += gap
        checks.add(at)
        gap = max(gap - shrink, least)
    return checks


def _at(labels: Tensor | None, rows: Tensor | slice) -> Tensor | None:
    return None if labels is None else labels[rows]


def _judge(model: nn.Module, x_adv: Tensor, y: Tensor, target: Tensor | None) -> Tensor:
    return clearly_fooled(training.predict(model, x_adv), y, target)


def _check_classes(classes: int, loss: Objective) -> None:
    least = {"ce": 2, "dlr": 3, "targeted-dlr": 4}[loss]
    if classes < least:
        raise ValueError(f"loss: {loss!r} needs at least {least} classes, the model has {classes}")
