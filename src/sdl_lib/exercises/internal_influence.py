"""Checkers for the exercises on internal influence.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Comparative = Callable[[nn.Module, Tensor, int, int], Tensor]
Shares = Callable[[nn.Module, nn.Module, Tensor, Tensor, int, int], Tensor]
Experts = Callable[[Tensor, int], Tensor]
Scores = Callable[[Tensor, Tensor, int], tuple[float, float]]


@guarded
def by_hand(answer: float) -> Verdict:
    """Influence of z1 on z1^2 z2 over two points of the slice."""
    value = float(answer)
    hints = {
        9.0: Verdict(True, "The mean of 2 z1 z2 over (4, 2) and (1, 1)."),
        18.0: Verdict(False, "That is the sum of the two slopes: the distribution has weights."),
        7.5: Verdict(False, "You took the slope at the mean input; the mean of slopes is asked."),
        8.5: Verdict(False, "That is the influence of the other unit, z2."),
        17.5: Verdict(False, "That is the influence of the input x1: stop at the slice."),
    }
    for known, verdict in hints.items():
        if abs(value - known) < 1e-6:
            return verdict
    return Verdict(False, "Find z at both points, then the partial derivative 2 z1 z2 at each.")


def _network(seed: int, d: int, m: int) -> nn.Module:
    chance = torch.Generator().manual_seed(seed)
    layers = nn.Sequential(nn.Linear(d, 8), nn.Tanh(), nn.Linear(8, m)).double()
    with torch.no_grad():
        for weights in layers.parameters():
            weights.copy_(torch.randn(weights.shape, generator=chance, dtype=torch.double))
    return layers.eval().requires_grad_(False)


def _slopes(rest: nn.Module, z: Tensor, k: int) -> Tensor:
    z = z.detach().clone().requires_grad_()
    (slopes,) = torch.autograd.grad(rest(z)[:, k].sum(), z)
    return slopes


@guarded
def comparative(answer: Comparative) -> Verdict:
    """``answer(rest, z, k, other)`` is the mean gradient of the difference of two scores."""
    rest = _network(0, 5, 4)
    z = torch.randn(7, 5, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    given = z.clone()
    result = answer(rest, z, 2, 0)
    each = _slopes(rest, given, 2) - _slopes(rest, given, 0)
    if problem := shape_problem(result, each.mean(0)):
        return Verdict(False, problem)
    if not torch.equal(z, given) or z.requires_grad:
        return Verdict(False, "Your function changed the z that it was given: work on a copy.")
    if not bool(result.any()):
        return Verdict(False, "All zeros: no unit has any influence?")
    wrong = {
        "You added up the gradients: divide by the number of points.": each.sum(0),
        "That is the score of k alone: subtract that of the other class.": _slopes(
            rest, given, 2
        ).mean(0),
        "The sign is turned: a unit that speaks for k must come out positive.": -each.mean(0),
        "You dropped the signs: influence against the class counts as negative.": each.abs().mean(
            0
        ),
        "That is the gradient at the mean of z: average the gradients.": (
            _slopes(rest, given.mean(0, keepdim=True), 2)
            - _slopes(rest, given.mean(0, keepdim=True), 0)
        )[0],
        "You multiplied by the activation: the definition does not.": (each * given).mean(0),
    }
    for hint, value in wrong.items():
        if torch.allclose(result, value):
            return Verdict(False, hint)
    if not torch.allclose(result, each.mean(0)):
        return Verdict(False, "The shape is right, the values are not the mean gradient.")
    return Verdict(True, "Why k rather than the other: one gradient, one mean.")


def _shares(g: nn.Module, start: Tensor, end: Tensor, k: int, steps: int) -> Tensor:
    t = (torch.arange(steps).to(end) + 0.5)[:, None] / steps
    return (end - start) * _slopes(g, start + t * (end - start), k).mean(0, keepdim=True)


@guarded
def complete_inside(answer: Shares) -> Verdict:
    """``answer(h, g, x, b, k, steps)`` are shares of the units of the slice that add up."""
    h, g = _network(2, 4, 6), _network(3, 6, 3)
    x = torch.randn(1, 4, generator=torch.Generator().manual_seed(4), dtype=torch.double)
    b = torch.full_like(x, 0.2)
    start, end = h(b), h(x)
    result = answer(h, g, x, b, 1, 200)
    expected = _shares(g, start, end, 1, 200)
    if problem := shape_problem(result, expected):
        return Verdict(False, problem)
    t = (torch.arange(200).to(x) + 0.5)[:, None] / 200
    bent = (end - start) * _slopes(g, h(b + t * (x - b)), 1).mean(0, keepdim=True)
    rise = float((g(end) - g(start))[0, 1])
    if torch.allclose(result, bent):
        return Verdict(
            False,
            f"You laid the segment in the input: the shares add up to {float(bent.sum()):.2f}, "
            f"and the score changes by {rise:.2f}.",
        )
    if torch.allclose(result, expected / (end - start)):
        return Verdict(False, "That is the rate; a share is the rate times the change of the unit.")
    if torch.allclose(result, end * expected / (end - start)):
        return Verdict(False, "You multiplied by h(x): the change is h(x) less h(b).")
    if not torch.allclose(result, expected, atol=1e-3):
        total = float(result.sum())
        return Verdict(False, f"The shares add up to {total:.3f}, the score changes by {rise:.3f}.")
    return Verdict(True, f"They add up to {float(result.sum()):.3f}; the change is {rise:.3f}.")


@guarded
def experts(answer: Experts) -> Verdict:
    """``answer(chi, k)`` are the k channels with the highest influence, in order."""
    chi = torch.randn(9, 3, 3, generator=torch.Generator().manual_seed(5))
    chi[4] -= 1.5  # far below zero: no expert, although its size is the largest
    chi[7, 1, 1] = 4.0  # one strong unit in a channel that is weak as a whole
    chi[7] -= 0.45
    result = torch.as_tensor(answer(chi, 3))
    totals = chi.sum((1, 2))
    right = totals.topk(3).indices
    if result.shape != (3,):
        return Verdict(False, f"Expected three channel numbers, found shape {tuple(result.shape)}.")
    if torch.equal(result, right):
        return Verdict(True, "The sum over positions is the influence of the whole channel.")
    if torch.equal(result.sort().values, right.sort().values):
        return Verdict(False, "The right three: now put the most influential first.")
    if torch.equal(result, totals.topk(3, largest=False).indices):
        return Verdict(False, "Those are the channels that lower the score most.")
    if torch.equal(result, totals.abs().topk(3).indices):
        return Verdict(False, "You ranked by size: channel 4 speaks against the class.")
    if torch.equal(result, chi.amax((1, 2)).topk(3).indices):
        return Verdict(
            False, "You ranked by the strongest unit: channel 7 has one, and little else."
        )
    return Verdict(False, "Add up each channel over its positions, then take the largest three.")


@guarded
def detector(answer: Scores) -> Verdict:
    """``answer(answers, y, k)`` is recall and precision of the answer k."""
    y = torch.tensor([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    said = torch.tensor([0, 0, 1, 0, 0, 0, 1, 0, 2, 2])
    recall, precision = (float(v) for v in answer(said, y, 0))
    if abs(recall - 0.5) < 1e-6 and abs(precision - 0.75) < 1e-6:
        return Verdict(False, "The two are swapped: recall is a share of the class.")
    if abs(recall - 0.3) < 1e-6:
        return Verdict(False, "You divided by all examples: recall looks at the class alone.")
    if abs(recall - 0.75) > 1e-6:
        return Verdict(False, f"Three of four zeros are found: recall .75, not {recall:.2f}.")
    if abs(precision - 0.5) > 1e-6:
        return Verdict(False, f"Of six answers 0, three are right: not {precision:.2f}.")
    silent = [float(v) for v in answer(torch.ones_like(y), y, 2)]
    if silent[0] != 0 or not math.isnan(silent[1]):
        return Verdict(False, "Where 2 is never answered, its precision is not a number: nan.")
    always = [float(v) for v in answer(torch.zeros_like(y), y, 0)]
    return Verdict(True, f"And always yes: recall {always[0]:.0f}, precision {always[1]:.1f}.")


@guarded
def rule_study(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """``answer`` has the lists "rule" and "random": one mean AUC a network."""
    if set(answer) != {"rule", "random"}:
        return Verdict(False, 'Return two lists, "rule" and "random".')
    rule, random = (
        torch.tensor(list(answer[name]), dtype=torch.double) for name in ("rule", "random")
    )
    if len(rule) != len(random):
        return Verdict(False, "Each network needs both figures: the lists differ in length.")
    if len(rule) < 3:
        return Verdict(False, f"Found {len(rule)} networks: at least three, from three seeds.")
    if not bool(((rule >= 0) & (rule <= 1) & (random >= 0) & (random <= 1)).all()):
        return Verdict(False, "An AUC lies between 0 and 1.")
    if bool((rule == rule[0]).all()) or bool((random == random[0]).all()):
        return Verdict(False, "All networks gave identical figures: is the seed used in training?")
    wins = int((rule > random).sum())
    lead = float((rule - random).mean())
    return Verdict(
        True,
        f"A design that can answer: your rule leads in {wins} of {len(rule)} networks, by "
        f"{lead:+.3f} on average. Is that more than the networks differ?",
    )
