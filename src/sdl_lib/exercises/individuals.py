"""Checkers for the exercises on individuals, causality and law."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded
from sdl_lib.fairness import linear_model, lipschitz_fairness

STRENGTH = {("group", "schooling"): 0.8, ("group", "test"): 0.4, ("schooling", "test"): 0.6}


@guarded
def effects(answer: Sequence[float]) -> Verdict:
    """Total, direct and indirect effect of a on y: a to m .5, a to y .3, m to y -.4."""
    values = [float(v) for v in answer]
    if len(values) != 3:
        return Verdict(False, f"Three numbers: total, direct, indirect; found {len(values)}.")
    total, direct, indirect = values
    if abs(direct - 0.3) > 1e-9:
        return Verdict(False, "The direct effect is that of one edge.")
    if abs(indirect + 0.2) > 1e-9:
        if abs(indirect - 0.1) < 1e-9:
            return Verdict(False, "Along one path the strengths are multiplied, not added.")
        return Verdict(False, "The indirect effect: along a to m, then m to y. Mind the sign.")
    if abs(total - 0.1) > 1e-9:
        return Verdict(False, "In a linear model the effects of the paths add up.")
    return Verdict(True, "A detour of the other sign hides two thirds of the direct effect.")


@guarded
def work(answer: float) -> Verdict:
    """The Earth mover distance of the scores 0, .4 and .2, .9, half of the mass each."""
    value = float(answer)
    if abs(value - 0.35) < 1e-9:
        return Verdict(True, "Work and gap agree: a bound, and a rule that reaches it.")
    if abs(value - 0.7) < 1e-9:
        return Verdict(False, "Each person is half of the mass of their group.")
    if abs(value - 0.9) < 1e-9:
        return Verdict(False, "That is the farthest pair; rates are means over each group.")
    return Verdict(
        False, "Move the mass of the first group to the second, in order, and weigh the work."
    )


@guarded
def ratio(answer: Sequence[float]) -> Verdict:
    """The ratio of 9 of 20 to 12 of 20, and how many more of the second lift it to four fifths."""
    values = [float(v) for v in answer]
    if len(values) != 2:
        return Verdict(False, f"Two numbers: the ratio, and how many people; found {len(values)}.")
    share, people = values
    if abs(share - 0.75) > 1e-9:
        if abs(share - 4 / 3) < 1e-6:
            return Verdict(False, "The smaller rate is divided by the larger one.")
        if abs(share - 0.15) < 1e-9:
            return Verdict(False, "That is the difference of the rates, not their ratio.")
        return Verdict(False, "Selection rates first: how many of how many?")
    if people != 1:
        return Verdict(False, "Try one after the other: from which count on is the ratio .8?")
    return Verdict(True, "One person decides on which side of the rule the company stands.")


@guarded
def violation(answer: Callable[[Tensor, Tensor], float]) -> Verdict:
    """``answer(p, d)`` is the largest excess over all pairs."""
    for seed in range(3):
        chance = torch.Generator().manual_seed(seed)
        p = torch.rand(9, generator=chance, dtype=torch.float64)
        points = torch.rand(9, generator=chance, dtype=torch.float64)
        d = (points[:, None] - points).abs() * (3 if seed else 0.2)
        value, right = float(answer(p.clone(), d.clone())), lipschitz_fairness(p, d).violation
        if abs(value - right) < 1e-9:
            continue
        if abs(value - float((p[:, None] - p - d).abs().max())) < 1e-9:
            return Verdict(False, "The absolute value belongs to the outcomes, not to the excess.")
        if abs(value - float((p[:, None] - p).abs().max())) < 1e-9:
            return Verdict(False, "You have not used the distances between the people.")
        if abs(value) < 1e-9 and right < 0:
            return Verdict(False, "A person paired with themselves has no excess: leave it out.")
        return Verdict(False, f"Expected {right:.4f} for our people, found {value:.4f}.")
    return Verdict(True, "No pair is treated worse than that.")


@guarded
def counterfactual(answer: Callable[[Tensor, Tensor, Tensor], Any]) -> Verdict:
    """``answer(group, schooling, test)`` gives schooling and test, had the group been other."""
    model = linear_model(STRENGTH, sd={"schooling": 1.0, "test": 0.8}, coins=["group"])
    people = model.sample(40, generator=torch.Generator().manual_seed(3))
    right = model.counterfactual(people, {"group": 1 - people["group"]})
    given = answer(*(people[name].clone() for name in ("group", "schooling", "test")))
    if not isinstance(given, tuple) or len(given) != 2:
        return Verdict(False, "Return two tensors: schooling, then test.")
    schooling, test = (torch.as_tensor(v).double() for v in given)
    if schooling.shape != (40,) or test.shape != (40,):
        return Verdict(False, "One number a person, for schooling and for the test.")
    if not torch.allclose(schooling, right["schooling"], atol=1e-9):
        if torch.allclose(schooling, 0.8 * (1 - people["group"]), atol=1e-9):
            return Verdict(False, "You have lost the person: keep their own noise.")
        if torch.allclose(schooling, people["schooling"] + 0.8, atol=1e-9):
            return Verdict(False, "For people of group 1 the change goes the other way.")
        return Verdict(False, "Schooling: take the noise off, flip the group, put it back.")
    if not torch.allclose(test, right["test"], atol=1e-9):
        step = 1 - 2 * people["group"]
        if torch.allclose(test, people["test"] + 0.4 * step, atol=1e-9):
            return Verdict(False, "The test also hears of the group through schooling.")
        return Verdict(False, "The test: its noise, and the schooling of the other world.")
    return Verdict(True, "Abduction, action, prediction.")


@guarded
def own_graph(answer: Mapping[tuple[str, str], tuple[bool, str]]) -> Verdict:
    """``answer`` says of each edge of a graph whether a change may travel along it, and why."""
    if len(answer) < 4:
        return Verdict(False, f"A decision you know has at least four edges; found {len(answer)}.")
    for edge, entry in answer.items():
        if len(edge) != 2 or len(entry) != 2 or not isinstance(entry[0], bool):
            return Verdict(False, "Each entry: (cause, effect): (True or False, a reason).")
        if len(str(entry[1]).split()) < 5:
            return Verdict(False, f"{edge[0]} to {edge[1]}: give a reason that others can dispute.")
    try:
        linear_model(dict.fromkeys(answer, 1.0), sd={name: 1.0 for edge in answer for name in edge})
    except ValueError as error:
        return Verdict(False, f"That is no causal graph: {error}")
    if len({entry[0] for entry in answer.values()}) < 2:
        return Verdict(False, "All edges alike: is there none on which people would disagree?")
    return Verdict(True, "Which edge would the person who is judged have marked differently?")
