"""A small AutoAttack: four attacks in a row, each on what the others left standing."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.apgd import apgd
from sdl_lib.attacks.fab import fab
from sdl_lib.attacks.geometry import Norm, project
from sdl_lib.attacks.gradient import check_arguments, check_logits
from sdl_lib.attacks.square_attack import square_attack
from sdl_lib.attacks.verdict import clearly_fooled, depth

ATTACKS = ("apgd-ce", "apgd-dlr", "fab", "square")


class Robustness(NamedTuple):
    """What is left of a model's accuracy, and for each example where it is weakest.

    Attributes
    ----------
    clean, robust : accuracy before and after; ``robust`` is an upper bound
    left : accuracy after each attack, in their order
    weakest : Tensor as ``x``: the point found where the true class leads by least
    lead : Tensor, shape (n,): that lead, in logits; negative if the example is broken
    broken_by : of each example: an attack, ``"clean"`` if it was wrong at once, ``""`` if it stood
    """

    clean: float
    robust: float
    left: dict[str, float]
    weakest: Tensor
    lead: Tensor
    broken_by: tuple[str, ...]


def evaluate_robustness(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    norm: Norm = "linf",
    attacks: tuple[str, ...] = ATTACKS,
    steps: int = 40,
    rivals: int = 9,
    queries: int = 500,
    through: nn.Module | None = None,
    generator: torch.Generator | None = None,
) -> Robustness:
    """Attack with APGD on two losses, FAB and Square; an example must withstand all of them.

    Parameters
    ----------
    model, x, y : as for :func:`sdl_lib.attacks.fgsm`; x as pictures if ``"square"`` is asked
    eps, norm : radius and norm, ``"linf"`` or ``"l2"``
    attacks : some of ``ATTACKS``, in the order in which they are to be tried
    steps, rivals : of APGD; FAB takes half the steps, with the 3 likeliest rivals
    queries : of Square, for each example
    through : take gradients of this stand-in; the verdict remains that of ``model``. This makes
        the attack adaptive: a differentiable copy, a straight-through rounding, a mean of draws
    generator : the source of all chance; default: a new one with seed 0

    Returns
    -------
    Robustness

    Raises
    ------
    ValueError : as :func:`sdl_lib.attacks.apgd`; for an unknown attack; for no examples.

    References
    ----------
    Croce & Hein (2020). Explained in :doc:`/book/security/defence-and-evaluation`.
    """
    check_arguments(model, x, y, eps, None)
    validate.choice(norm, ("linf", "l2"), "norm")
    for attack in attacks:
        validate.choice(attack, ATTACKS, "attacks")
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    if through is not None:
        validate.eval_mode(through, "through")
    source = generator or torch.Generator().manual_seed(0)
    guide = model if through is None else through
    battery = _Battery(model, guide, eps, norm, steps, rivals, queries, source)
    logits = check_logits(model, x, y, None)
    lead, weakest = -depth(logits, y), x.detach().clone()
    standing = logits.argmax(1) == y
    broken_by = ["" if stands else "clean" for stands in standing.tolist()]
    clean = float(standing.double().mean())
    left = {}
    for attack in attacks:
        rows = standing.nonzero().flatten()
        if len(rows):
            found = battery.run(attack, x[rows].detach(), y[rows])
            logits = training.predict(model, found)
            now, hit = -depth(logits, y[rows]), clearly_fooled(logits, y[rows])
            weaker = rows[now < lead[rows]]
            weakest[weaker], lead[weaker] = found[now < lead[rows]], now[now < lead[rows]]
            standing[rows[hit]] = False
            for i in rows[hit].tolist():
                broken_by[i] = attack
        left[attack] = float(standing.double().mean())
    return Robustness(clean, float(standing.double().mean()), left, weakest, lead, tuple(broken_by))


@dataclass
class _Battery:
    model: nn.Module
    guide: nn.Module
    eps: float
    norm: Norm
    steps: int
    rivals: int
    queries: int
    source: torch.Generator

    def run(self, attack: str, x: Tensor, y: Tensor) -> Tensor:
        """Images in the ball; gradients come from the guide, queries go to the model."""
        if attack == "square":
            return square_attack(
                self.model,
                x,
                y,
                eps=self.eps,
                norm=self.norm,
                queries=self.queries,
                generator=self.source,
            ).x_adv
        if attack == "fab":
            half = max(self.steps // 2, 1)
            near = fab(self.guide, x, y, norm=self.norm, steps=half, candidates=3).x_adv
            return project(near, x, self.eps, self.norm)
        return apgd(
            self.guide,
            x,
            y,
            eps=self.eps,
            norm=self.norm,
            loss="ce" if attack == "apgd-ce" else "targeted-dlr",
            steps=self.steps,
            rivals=self.rivals,
            generator=self.source,
        ).x_adv
