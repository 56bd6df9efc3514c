"""Checker of the exercise on sets of labels."""

from collections.abc import Callable

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.data import SCENE_SETS
from sdl_lib.exercises.guard import guarded, shape_problem


@guarded
def most_likely_set(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(odds, possible)`` returns, for each row of odds, the likeliest possible set."""
    possible = torch.tensor(list(SCENE_SETS), dtype=torch.float64)
    source = torch.Generator().manual_seed(6)
    odds = torch.rand(200, 6, generator=source, dtype=torch.float64).clamp(0.02, 0.98)
    each = possible * odds.log()[:, None] + (1 - possible) * (1 - odds).log()[:, None]
    right = possible[each.sum(2).argmax(1)]
    given = answer(odds.clone(), possible.clone())
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    if torch.equal(given.double(), right):
        return Verdict(True, "Each answer is a possible set, and no judge was needed.")
    if torch.equal(given.double(), (odds > 0.5).double()):
        return Verdict(False, "That is the threshold: most of these sets are never drawn.")
    present = possible[(possible * odds.log()[:, None]).sum(2).argmax(1)]
    if torch.equal(given.double(), present):
        return Verdict(False, "A label that is left out counts too: with the odds 1 - p.")
    same = (given.double()[:, None] == possible).all(2).any(1)
    if not bool(same.all()):
        return Verdict(False, f"{int((~same).sum())} of 200 answers are no possible set.")
    return Verdict(False, "Possible sets, but not the likeliest: sum the logarithms of the odds.")
