"""Checkers for the exercises on auditing intersections."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded
from sdl_lib.fairness import people_needed

Violation = Callable[[Tensor, Tensor], float]
Worst = Callable[[Tensor, Tensor, Tensor], float]
PValue = Callable[[Tensor, Tensor, torch.Generator], float]


@guarded
def count_groups(answer: Sequence[float]) -> Verdict:
    """Cells, conjunctions and expected false alarms for 5, 2, 3 and 4 levels."""
    cells, every, alarms = (float(value) for value in answer)
    if cells != 5 * 2 * 3 * 4:
        hint = "You added the levels: each combines with each." if cells == 14 else ""
        return Verdict(False, hint or "Cells: one level of each attribute, so multiply.")
    if every == 6 * 3 * 4 * 5:
        return Verdict(False, "One of these says nothing about anybody: it is everybody.")
    if every != 6 * 3 * 4 * 5 - 1:
        return Verdict(False, 'Conjunctions: "no matter" is one more choice for each attribute.')
    if abs(alarms - 0.05 * 359) > 1e-6:
        return Verdict(False, "On fair data each test rings with chance .05: expect that many.")
    return Verdict(True, "Eighteen alarms on fair data. Nobody has been treated differently.")


@guarded
def half_the_gap(answer: float) -> Verdict:
    """People a group for rates of .10 and .14, if 199 were enough for .10 and .20."""
    value, right = float(answer), people_needed(rate=0.1, other=0.14)
    hints = {
        199: "That sees a gap of .10. A smaller gap needs more people.",
        people_needed(rate=0.1, other=0.14, power=0.5): "With power .5 the gap is missed every "
        "other time: add z of .8.",
        2 * right: "That is both groups together: each needs half of it.",
        people_needed(rate=0.1, other=0.14, level=0.1): "Two sides: z of .975, not of .95.",
    }
    if abs(value - right) <= 2:
        return Verdict(True, f"{right} people a group, for a gap of four points.")
    for wrong, hint in hints.items():
        if abs(value - wrong) <= 2:
            return Verdict(False, hint)
    return Verdict(False, "Put a = .10 and b = .14 into the formula, with z of .975 and of .8.")


def _people(n: int = 240, seed: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    """Decisions and two attributes, unequal shares, a gap in one corner."""
    chance = torch.Generator().manual_seed(seed)
    a = (torch.rand(n, generator=chance) < 0.4).long()
    b = (torch.rand(n, generator=chance) < 0.7).long()
    rate = 0.35 + 0.3 * (a * b)
    return (torch.rand(n, generator=chance) < rate).long(), a, b


def _violation(decision: Tensor, member: Tensor) -> float:
    if not bool(member.any()):
        return 0.0
    d = decision.double()
    return float(member.double().mean() * (d[member].mean() - d.mean()).abs())


@guarded
def violation(answer: Violation) -> Verdict:
    """``answer(decision, member)``: the weighted violation of statistical parity."""
    decision, a, b = _people()
    for member in ((a & b).bool(), (a | b).bool(), b == 0):
        value, right = float(answer(decision.clone(), member.clone())), _violation(decision, member)
        d = decision.double()
        gap = float(d[member].mean() - d.mean())
        rest = float(member.double().mean()) * abs(float(d[member].mean() - d[~member].mean()))
        if abs(value - right) < 1e-6:
            continue
        if abs(value - abs(gap)) < 1e-6:
            return Verdict(False, "That is the gap alone: multiply by the share of people.")
        if abs(value - rest) < 1e-6:
            return Verdict(False, "Compare with everybody, not with the others.")
        if abs(value + right) < 1e-6:
            return Verdict(False, "A violation has no sign.")
        return Verdict(
            False, f"For a group of {int(member.sum())}: {right:.4f}, found {value:.4f}."
        )
    nobody = float(answer(decision.clone(), torch.zeros(240, dtype=torch.bool)))
    if nobody != 0:
        return Verdict(False, f"A group of nobody violates nothing: expected 0, found {nobody}.")
    return Verdict(True, "And a group of nobody has none.")


@guarded
def worst(answer: Worst) -> Verdict:
    """``answer(decision, a, b)``: the largest violation of all their conjunctions."""
    for seed in range(4):
        decision, a, b = _people(seed=seed)
        b = b if seed else 1 - a  # a table with two empty cells, too
        one = [a == v for v in (0, 1)] + [b == v for v in (0, 1)]
        two = [(a == v) & (b == w) for v in (0, 1) for w in (0, 1)]
        values = [max(_violation(decision, m) for m in some) for some in (one + two, one, two)]
        found = float(answer(decision.clone(), a.clone(), b.clone()))
        if math.isnan(found):
            return Verdict(False, "Not a number: a conjunction may be empty.")
        if abs(found - values[0]) < 1e-6:
            continue
        if abs(found - values[1]) < 1e-6:
            return Verdict(False, "You looked at one attribute at a time: add the corners.")
        if abs(found - values[2]) < 1e-6:
            return Verdict(False, "You looked at the corners alone: a single level counts, too.")
        return Verdict(False, f"Expected {values[0]:.4f}, found {found:.4f}.")
    return Verdict(True, "Eight groups, and the largest violation among them.")


@guarded
def permutation_p(answer: PValue) -> Verdict:
    """``answer(decision, group, generator)``: p-value of the gap of two groups by dealing anew."""

    def p(decision: Tensor, group: Tensor, seed: int) -> float:
        chance = torch.Generator().manual_seed(seed)
        return float(answer(decision.clone(), group.clone(), chance))

    group = torch.arange(60) % 2
    apart = p(group, group, 0)
    if apart <= 0:
        return Verdict(False, "A p-value of 0 claims too much: what you saw is one more draw.")
    if apart > 0.05:
        return Verdict(False, f"The groups cannot be further apart, and your p is {apart:.2f}.")
    same = (torch.arange(60) // 2) % 2
    if p(same, group, 1) < 0.99:
        return Verdict(False, "No gap at all is as small as a gap can be: p should be 1 (use >=).")
    turned = p(1 - group, group, 2)
    if turned > 0.05:
        return Verdict(False, "The other sign is a gap as well: take the absolute value.")
    chance = torch.Generator().manual_seed(9)
    fair = [p(torch.randint(2, (60,), generator=chance), group, s) for s in range(60)]
    if sum(value <= 0.05 for value in fair) > 10:
        return Verdict(False, "On fair data your test rings far more often than 1 time in 20.")
    return Verdict(True, f"On 60 fair sets it rang {sum(v <= 0.05 for v in fair)} times.")


@guarded
def own_plan(answer: Mapping[str, object]) -> Verdict:
    """``answer``: the plan of an audit, written down before looking."""
    keys = ("attributes", "rate", "gap", "groups", "level", "people")
    if missing := [key for key in keys if key not in answer]:
        return Verdict(False, f"The plan says nothing about: {', '.join(missing)}.")
    attributes = answer["attributes"]
    if not isinstance(attributes, Sequence) or isinstance(attributes, str) or len(attributes) < 2:
        return Verdict(False, "attributes: a list of two or more.")
    gap, groups, level, people = (
        float(str(answer[key])) for key in ("gap", "groups", "level", "people")
    )
    if not 0 < gap < 1:
        return Verdict(False, "gap: the smallest difference that would alarm you, between 0 and 1.")
    if groups < 4:
        return Verdict(False, "groups: two attributes with their intersections make four or more.")
    if level > 0.0501 / groups:
        return Verdict(False, f"level: for {groups:g} looks, each at most .05 / {groups:g}.")
    needed = people_needed(rate=0.5 - gap / 2, other=0.5 + gap / 2, level=level)
    if people < 0.5 * needed and gap < 0.5:
        return Verdict(
            False,
            f"people: to see {gap:g} around one half at this level, a group needs about {needed}. "
            "Ask for more, look at fewer groups, or say that you would not see it.",
        )
    return Verdict(True, "A plan that can fail, and can succeed. Now look.")
