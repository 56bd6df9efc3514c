"""Checkers for the exercises on cycle consistency."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Map = Callable[[Tensor], Tensor]


@guarded
def maps_left(answer: int) -> Verdict:
    """How many translators of six pictures stay when three pairs are known."""
    hints = {
        720: "That is 6!: the pairs rule out most of them.",
        120: "That is 6 x 5 x 4, the ways to choose partners for three. These three are known.",
        3: "Three pictures are left, but they can be matched to three partners in any order.",
        1: "Five pairs would leave one; three do not.",
        216: "That is 6^3: two pictures may not share a partner, or there is no way back.",
        27: "That is 3^3: two pictures may not share a partner, or there is no way back.",
    }
    value = int(answer)
    if value == 6:
        return Verdict(True, "3! = 6; and five pairs, not six, would leave one.")
    return Verdict(False, hints.get(value, "Fix three; in how many orders can the others go?"))


@guarded
def cycle_term(answer: Callable[[Map, Map, Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(there, back, x, y)`` returns the cycle term, both directions."""
    chance = torch.Generator().manual_seed(5)
    x, y = (torch.rand(n, 1, 4, 4, generator=chance, dtype=torch.float64) for n in (6, 4))

    def there(v: Tensor) -> Tensor:
        return 1 - v**2

    def back(v: Tensor) -> Tensor:
        return 0.9 * (1 - v)

    given = answer(there, back, x.clone(), y.clone())
    if problem := shape_problem(given, torch.zeros(())):
        return Verdict(False, problem)
    value = float(given)
    one, other = back(there(x)) - x, there(back(y)) - y
    right = one.abs().mean() + other.abs().mean()
    if abs(value - float(right)) < 1e-9:
        return Verdict(True, "Both ways round, and the two batches may differ in size.")
    wrong = {
        float(one.abs().mean()): "That is one direction: y has a way there and back as well.",
        float(other.abs().mean()): "That is one direction: x has a way there and back as well.",
        float(one.square().mean() + other.square().mean()): "Squares; the formula has |.|.",
        float(one.abs().sum() + other.abs().sum()): "Take the mean, not the sum.",
        float((there(back(x)) - x).abs().mean() + (back(there(y)) - y).abs().mean()): (
            "x must first go there and y first go back."
        ),
    }
    for other_value, hint in wrong.items():
        if abs(value - other_value) < 1e-9:
            return Verdict(False, hint)
    return Verdict(False, f"Expected {float(right):.4f} on two test maps, found {value:.4f}.")


@guarded
def floor(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """``answer(x)`` returns the least mean absolute error of a guess that knows only the law."""
    chance = torch.Generator().manual_seed(6)
    x = torch.rand(31, 1, 3, 3, generator=chance, dtype=torch.float64) ** 3
    given = answer(x.clone())
    if problem := shape_problem(given, torch.zeros(())):
        return Verdict(False, problem)
    value = float(given)
    right = float((x - x.median(0).values).abs().mean())
    if abs(value - right) < 1e-9:
        return Verdict(True, "Nobody who lost x can do better, in the mean of |.|.")
    wrong = {
        float((x - x.mean(0)).abs().mean()): "The mean minimises squares; what minimises |.|?",
        float((x - x.median()).abs().mean()): "One guess a pixel, not one for all pixels.",
        float(x.std(0).mean()): "The deviation belongs to squares.",
        0.0: "Without x nobody comes back for free: which constant guess is best?",
    }
    for other, hint in wrong.items():
        if abs(value - other) < 1e-9:
            return Verdict(False, hint)
    return Verdict(False, f"Expected {right:.4f} on test pictures, found {value:.4f}.")


@guarded
def shares(answer: Mapping[float, Sequence[float]]) -> Verdict:
    """``answer`` maps the share of negatives to the pairing errors, one for each seed."""
    if len(answer) < 2:
        return Verdict(False, "Compare two shares of negatives at least, one of them .5.")
    if not any(abs(float(share) - 0.5) < 1e-9 for share in answer):
        return Verdict(False, "The share .5 is the symmetric case: compare with it.")
    if any(len(errors) < 3 for errors in answer.values()):
        return Verdict(False, "Three seeds for each share at least: one run is an anecdote.")
    if any(not 0 <= error <= 1 for errors in answer.values() for error in errors):
        return Verdict(False, "A mean absolute difference of pixels lies from 0 to 1.")
    if len({round(error, 9) for errors in answer.values() for error in errors}) == 1:
        return Verdict(False, "All runs agree exactly: does each have its own data and seed?")
    wrong = {share: sum(e > 0.5 for e in errors) for share, errors in answer.items()}
    told = ", ".join(f"{share}: {count} of {len(answer[share])}" for share, count in wrong.items())
    return Verdict(True, f"Runs on the wrong side, by share of negatives: {told}.")
