"""Checkers for the exercises on defences and their evaluation."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Straight = Callable[[Tensor, Callable[[Tensor], Tensor]], Tensor]
TradesLoss = Callable[[Tensor, Tensor, Tensor, float], Tensor]
Masked = Callable[[Mapping[str, float]], bool]


@guarded
def blind_lead(answer: float) -> Verdict:
    """Lead at which 1 - p rounds to zero in float32: p = 1 / (1 + exp(-lead)), spacing 2 ** -24."""
    value = float(answer)
    if abs(value - 24 * math.log(2)) < 0.75:
        return Verdict(True, "About 24 ln 2: logits a few times larger than usual are enough.")
    if abs(value - 24) < 0.75:
        return Verdict(False, "That is the number of bits. The softmax has e as its base, not 2.")
    if abs(value - 53 * math.log(2)) < 1.5:
        return Verdict(False, "That is the lead for double precision; float32 has fewer digits.")
    if 80 < value < 110:
        return Verdict(
            False, "There exp(-lead) itself vanishes; 1 - exp(-lead) rounds long before."
        )
    return Verdict(False, "Ask when 1 - exp(-lead) is nearer to 1 than half the spacing below 1.")


@guarded
def straight_through(answer: Straight) -> Verdict:
    """``answer(x, transform)`` has the value of transform(x) and the gradient of x."""
    x = torch.tensor([[0.1, 0.4, 0.8]], requires_grad=True)

    def coarse(z: Tensor) -> Tensor:
        return (z * 3).round() / 3

    result = answer(x, coarse)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if not torch.allclose(result, coarse(x)):
        return Verdict(False, "Forwards it must be the transformation: the verdict depends on it.")
    if not result.requires_grad:
        return Verdict(False, "No gradient reaches x: only the difference is to be detached.")
    (gradient,) = torch.autograd.grad(result.sum(), x)
    if torch.allclose(gradient, torch.ones_like(gradient)):
        return Verdict(True, "The value of the rounding, the slope of the identity.")
    return Verdict(False, f"Backwards it must be the identity; the slope was {gradient.tolist()}.")


@guarded
def trades_loss(answer: TradesLoss) -> Verdict:
    """``answer(own, there, y, beta)``: cross-entropy plus beta times KL(own, there), both means."""
    own = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.2, 0.0]])
    there = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.0, 0.3]])
    y = torch.tensor([0, 1])
    result = answer(own, there, y, 3.0)
    ce = nn.functional.cross_entropy(own, y)
    p, q = own.softmax(1), there.softmax(1)
    apart = p * (p.log() - q.log())
    if problem := shape_problem(result, ce):
        return Verdict(False, problem + " The loss is one number, the mean over the batch.")
    if torch.allclose(result, ce + 3 * apart.sum(1).mean()):
        return Verdict(True, "Right at the image, and of one mind around it.")
    if torch.allclose(result, ce + 3 * (q * (q.log() - p.log())).sum(1).mean()):
        return Verdict(False, "The divergence is taken from the other side: KL(own, there).")
    if torch.allclose(result, ce + 3 * apart.mean()):
        return Verdict(False, "You took the mean over the classes too: sum those, mean over rows.")
    if torch.allclose(result, nn.functional.cross_entropy(there, y) + 3 * apart.sum(1).mean()):
        return Verdict(
            False, "The cross-entropy belongs to the image itself, not to its neighbour."
        )
    return Verdict(False, "One cross-entropy at the image plus beta times one divergence.")


_REPORTS: tuple[tuple[dict[str, float], bool, str], ...] = (
    ({"one": 0.8, "many": 0.7, "queries": 0.75, "wide": 0.0}, False, "nothing is suspicious"),
    ({"one": 0.5, "many": 0.7, "queries": 0.9, "wide": 0.0}, True, "one step beats many"),
    ({"one": 0.9, "many": 0.9, "queries": 0.3, "wide": 0.0}, True, "queries alone beat gradients"),
    ({"one": 0.9, "many": 0.9, "queries": 0.9, "wide": 0.6}, True, "no budget is ever enough"),
    ({"one": 0.1, "many": 0.02, "queries": 0.2, "wide": 0.0}, False, "weak, but honestly so"),
)


@guarded
def masked(answer: Masked) -> Verdict:
    """``answer(report)`` says whether a report shows a sign of masked gradients."""
    for report, expected, why in _REPORTS:
        said = answer(dict(report))
        if not isinstance(said, bool):
            return Verdict(False, f"Expected True or False, found {said!r}.")
        if said != expected:
            return Verdict(False, f"In {report} {why}; you said {said}.")
    return Verdict(True, "None of the three signs escapes you, and weakness alone is no sign.")


@guarded
def own_defence(study: Mapping[str, float | Sequence[float]]) -> Verdict:
    """A study with ``clean``, ``claimed`` and the accuracies under at least two ``adaptive``."""
    missing = [name for name in ("clean", "claimed", "adaptive") if name not in study]
    if missing:
        return Verdict(False, f"Your study lacks {', '.join(missing)}.")
    adaptive = study["adaptive"]
    if isinstance(adaptive, (int, float)) or len(adaptive) < 2:
        return Verdict(False, "One adaptive attack is one try: make at least two, and list them.")
    clean, claimed = (float(study[name]) for name in ("clean", "claimed"))  # type: ignore[arg-type]
    if not all(0 <= value <= 1 for value in (clean, claimed, *adaptive)):
        return Verdict(False, "Accuracies lie between 0 and 1.")
    if min(adaptive) > claimed:
        return Verdict(False, "Your adaptive attacks are weaker than the first: adapt them again.")
    return Verdict(
        True,
        f"Claimed {claimed:.0%}, left {min(adaptive):.0%}. Publish the second, and how you got it.",
    )
