"""Checkers for the exercises on repairs."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.fairness import REPAIRABLE, reweigh
from sdl_lib.fairness.adversarial_debiasing import projected


def _people() -> tuple[Tensor, Tensor]:
    """Label and group of 40 people; the groups differ in size and in base rate."""
    chance = torch.Generator().manual_seed(5)
    group = (torch.rand(40, generator=chance) < 0.35).long()
    y = (torch.rand(40, generator=chance) < 0.3 + 0.4 * group).long()
    return y, group


def _number(answer: float, right: float, good: str, hints: dict[float, str], other: str) -> Verdict:
    value = float(answer)
    if abs(value - right) < 1e-6:
        return Verdict(True, good)
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-3:
            return Verdict(False, hint)
    return Verdict(False, other)


@guarded
def weight_of_a_pair(answer: float) -> Verdict:
    """The weight of a positive in a group of 40 of 100 people, 10 of the 30 positives in it."""
    hints = {
        10 / 12: "You turned it round: the rare pair gets a weight over 1.",
        0.1: "That is the share of the pair itself. What would it be by chance?",
        0.12: "That is the share by chance. Divide by the share that there is.",
    }
    other = "Expected: share of the group times share of the label, divided by that of the pair."
    return _number(answer, 1.2, "Ten people now count as twelve.", hints, other)


@guarded
def mixed_point(answer: float) -> Verdict:
    """The FPR of the lottery between (.1, .6) and (.4, .8) that has a TPR of .75."""
    hints = {
        0.175: "You took the weights the wrong way round: .75 lies nearer to .8.",
        0.25: "That is the middle, where TPR is .7.",
        0.4: "That threshold alone has a TPR of .8: toss the coin.",
    }
    other = "Which chance w gives .6 (1 - w) + .8 w = .75? Use it for FPR as well."
    return _number(answer, 0.325, "Three times in four the lower threshold.", hints, other)


@guarded
def weights(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(y, group)`` returns the weights of reweighing."""
    y, group = _people()
    given = answer(y.clone(), group.clone())
    right = reweigh(y, group)
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    given = given.double()
    if torch.allclose(given, right, atol=1e-6):
        return Verdict(True, "Label and group are independent now.")
    if torch.allclose(given * right, torch.ones(40).double(), atol=1e-5):
        return Verdict(False, "Turned round: what is rarer than by chance must weigh more.")
    if torch.allclose(given / given[0], right / right[0], atol=1e-6):
        return Verdict(False, "Right but for a factor: the weights should sum to n.")
    share = torch.stack([given[group == g] @ y[group == g].double() for g in (0, 1)])
    share = share / torch.stack([given[group == g].sum() for g in (0, 1)])
    if float((share[0] - share[1]).abs()) < 1e-6:
        return Verdict(False, "Base rates agree, but a group or a label has another size now.")
    return Verdict(False, f"The weighted base rates are {share[0]:.3f} and {share[1]:.3f}.")


@guarded
def top_of_each(answer: Callable[[Tensor, Tensor, int], Tensor]) -> Verdict:
    """``answer(score, group, percent)`` selects that share of each group, best scores first."""
    chance = torch.Generator().manual_seed(2)
    group = torch.arange(60) % 3 // 2  # 40 and 20 people
    score = torch.randn(60, generator=chance) + group
    given = answer(score.clone(), group.clone(), 25)
    right = torch.zeros(60, dtype=torch.int64)
    for g, k in ((0, 10), (1, 5)):
        own = (group == g).nonzero().flatten()
        right[own[score[own].topk(k).indices]] = 1
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    given = given.long()
    if torch.equal(given, right):
        return Verdict(True, "Ten of forty and five of twenty: demographic parity, by quota.")
    whole = torch.zeros(60, dtype=torch.int64)
    whole[score.topk(15).indices] = 1
    if torch.equal(given, whole):
        return Verdict(False, "That is the best quarter of all: one threshold, unequal shares.")
    rates = [float(given[group == g].double().mean()) for g in (0, 1)]
    if rates == [0.25, 0.25]:
        return Verdict(False, "A quarter of each group, but not those with the best scores.")
    return Verdict(
        False, f"Selected: {rates[0]:.2f} of the first group, {rates[1]:.2f} of the other."
    )


@guarded
def step_direction(answer: Callable[[Tensor, Tensor, float], Tensor]) -> Verdict:
    """``answer(own, adversary, alpha)`` is the gradient that the predictor follows."""
    chance = torch.Generator().manual_seed(4)
    own, adversary = torch.randn(2, 5, generator=chance, dtype=torch.float64)
    given = answer(own.clone(), adversary.clone(), 0.5)
    right = projected(own, adversary, 0.5)
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    if torch.allclose(given, right, atol=1e-8):
        return Verdict(True, "It never helps the adversary.")
    if torch.allclose(given, own - 0.5 * adversary, atol=1e-8):
        return Verdict(False, "The projection is missing: a step may still help the adversary.")
    if torch.allclose(given, projected(own, adversary, 0.0), atol=1e-8):
        return Verdict(False, "The last term is missing: alpha times the adversary's gradient.")
    if torch.allclose(given, projected(own, adversary, -0.5), atol=1e-8):
        return Verdict(False, "The last term has the wrong sign: it helps the adversary.")
    if torch.allclose(given, own - (own @ adversary + 0.5) * adversary, atol=1e-8):
        return Verdict(False, "To project on a vector, divide by its squared length.")
    return Verdict(False, "Own gradient, less its projection on the other, less alpha times it.")


@guarded
def own_decision(answer: Mapping[str, Any]) -> Verdict:
    """``answer`` describes a repair that somebody would have to answer for."""
    parts = ("criterion", "because", "who pays", "asks for the group", "gap", "accuracy")
    if missing := [part for part in parts if answer.get(part) in (None, ..., "")]:
        return Verdict(False, f"Still to say: {', '.join(missing)}.")
    if answer["criterion"] not in REPAIRABLE:
        return Verdict(False, f"A criterion of this page: {', '.join(REPAIRABLE)}.")
    if min(len(str(answer[part]).split()) for part in ("because", "who pays")) < 5:
        return Verdict(False, "A reason and a payer in at least five words each.")
    if not isinstance(answer["asks for the group"], bool):
        return Verdict(False, "Does the rule ask for the group at decision time: True or False?")
    (gap_before, gap_after), (before, after) = answer["gap"], answer["accuracy"]
    if not all(0 <= float(v) <= 1 for v in (gap_before, gap_after, before, after)):
        return Verdict(False, "Gap and accuracy: two numbers from 0 to 1 each, before and after.")
    if gap_after >= gap_before:
        return Verdict(False, "The gap did not shrink: is it the gap of your criterion?")
    cost = before - after
    return Verdict(
        True,
        f"The gap falls by {gap_before - gap_after:.3f}, the accuracy by {cost:.3f}. Would the "
        "people whom you named as payers agree with your reason?",
    )
