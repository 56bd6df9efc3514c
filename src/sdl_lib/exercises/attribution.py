"""Checkers for the exercises on gradient attribution.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.attribution import integrated_gradients, lrp, saliency
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Walk = Callable[[nn.Module, Tensor, Tensor, Tensor, int], Tensor]
Steps = Callable[[nn.Module, Tensor, Tensor, Sequence[int], float], int | None]
Twins = Callable[[], tuple[nn.Module, nn.Module]]


def _near(answer: Sequence[float], *expected: float) -> bool:
    values = [float(value) for value in answer]
    return len(values) == len(expected) and all(
        abs(a - b) < 1e-6 for a, b in zip(values, expected, strict=True)
    )


@guarded
def product_shares(answer: Sequence[float]) -> Verdict:
    """Integrated gradients of a·b at (2, 3) from (0, 0)."""
    if _near(answer, 3, 3):
        return Verdict(True, "A product is shared equally, whatever the size of its factors.")
    if _near(answer, 6, 6):
        return Verdict(False, "That is gradient times input: it sums to 12, and f is 6.")
    if _near(answer, 3, 2):
        return Verdict(False, "That is the gradient at the input: integrate it along the way.")
    if _near(answer, 1.5, 1):
        return Verdict(False, "The integrals are right. Now multiply each by x − b.")
    if len(list(answer)) == 2 and abs(sum(map(float, answer)) - 6) > 1e-6:
        return Verdict(False, "By completeness your shares should sum to f(x) − f(b) = 6.")
    return Verdict(False, "The sum is right. Put (2t, 3t) into the gradient and integrate.")


@guarded
def saturated_baseline(answer: Sequence[float]) -> Verdict:
    """Integrated gradients of min(2a + 3b, 1) at (2, 1) from (1, 0)."""
    if _near(answer, 0, 0):
        return Verdict(True, "The whole way is flat: a baseline beyond the cap explains nothing.")
    if _near(answer, 4 / 7, 3 / 7):
        return Verdict(False, "That is the answer from (0, 0): where does the way begin now?")
    if _near(answer, 2, 3):
        return Verdict(False, "You forgot the cap: what is f at the baseline?")
    return Verdict(
        False, "Compute f at the baseline, half-way and at the input. What is its slope?"
    )


def _problem(seed: int) -> tuple[nn.Module, Tensor, Tensor]:
    """A small network of ReLUs, eight inputs, and classes to explain."""
    generator = torch.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Linear(5, 12), nn.ReLU(), nn.Linear(12, 3)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    x = torch.rand(8, 5, generator=generator).double()
    return model.eval().requires_grad_(False), x, torch.arange(8) % 3


@guarded
def walk(answer: Walk) -> Verdict:
    """``answer(model, x, y, baseline, steps)`` is integrated gradients by midpoints."""
    model, x, y = _problem(seed=1)
    given, baseline = x.clone(), torch.full_like(x, -1.0)
    result = answer(model, x, y, baseline, 7)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if not torch.equal(x, given):
        return Verdict(False, "Your function changed the x that it was given: work on a copy.")
    way = x - baseline
    expected = integrated_gradients(model, x, y, baseline=baseline, steps=7)

    def ends(place: float) -> Tensor:
        points = [baseline + (k + place) / 7 * way for k in range(7)]
        return way * torch.stack([saliency(model, p, y) for p in points]).mean(0)

    if torch.allclose(result.to(expected), expected):
        return Verdict(True, "Complete up to the error of seven midpoints, from any baseline.")
    hints = [
        (ends(1.0), "You stand at the right end of each piece: biased. Go half a step back."),
        (ends(0.0), "You stand at the left end of each piece: biased. Go half a step on."),
        (expected / way, "That is the mean gradient. A contribution has the factor x − b."),
        (expected / way * x, "You multiplied by x: from a baseline other than 0 it is x − b."),
        (way * saliency(model, x, y), "You took the slope at the input alone: walk the way."),
        (7 * expected, "Seven times too large: each step is a seventh of the way."),
        (integrated_gradients(model, x, y, steps=7), "You walked from 0: begin at the baseline."),
    ]
    for wrong, hint in hints:
        if torch.allclose(result.to(wrong), wrong):
            return Verdict(False, hint)
    return Verdict(False, "Not the midpoint rule. With one step, the point is half-way. Is it?")


@guarded
def enough_steps(answer: Steps) -> Verdict:
    """``answer(model, x, y, grid, tolerance)`` is the first n whose largest gap is small."""
    model, x, y = _problem(seed=31)  # on which size, sign and mean give three different answers
    grid = [64, 1, 2, 4, 8, 16, 32]
    gaps = {n: integrated_gradients(model, x, y, steps=n, return_gap=True)[1] for n in sorted(grid)}
    worst = {n: float(gap.abs().max()) for n, gap in gaps.items()}
    tolerance = 1.05 * worst[16]
    expected = next(n for n in worst if worst[n] <= tolerance)
    found = answer(model, x, y, grid, tolerance)
    if found not in grid:
        return Verdict(False, f"Expected a number from the grid {grid}, found {found}.")
    if found == expected:
        if answer(model, x, y, grid, 0.0) is not None:
            return Verdict(False, "Right where it can be had. Where no n is enough, return None.")
        return Verdict(True, f"{found} steps: the worst gap of eight is {worst[found]:.3f}.")
    signed = next(n for n, gap in gaps.items() if float(gap.max()) <= tolerance)
    mean = next(n for n, gap in gaps.items() if float(gap.abs().mean()) <= tolerance)
    if worst[found] > tolerance and found == signed:
        return Verdict(False, "A gap can be negative: you need its size.")
    if worst[found] > tolerance and found == mean:
        return Verdict(False, "You looked at the mean: one example is still further off.")
    if worst[found] > tolerance:
        return Verdict(False, f"With {found} steps some gap is {worst[found]:.3f}: too large.")
    return Verdict(False, "Enough, but fewer would do: the grid need not come in order.")


@guarded
def twins(answer: Twins) -> Verdict:
    """``answer()`` gives two networks of one function and of different z+ relevances."""
    pair = answer()
    generator = torch.Generator().manual_seed(3)
    x, y = torch.rand(50, 2, generator=generator), torch.zeros(50, dtype=torch.long)
    outputs = [network(x).detach() for network in pair]
    apart = float((outputs[0] - outputs[1]).abs().max())
    if apart > 1e-5:
        return Verdict(False, f"Their answers differ, by up to {apart:.3g}: one function, please.")
    if float(outputs[0].std()) < 1e-6:
        return Verdict(False, "A constant function: let it depend on an input.")
    relevances = [lrp(network, x, y, rule="z+") for network in pair]
    moved = float((relevances[0] - relevances[1]).abs().mean())
    if moved < 1e-3:
        return Verdict(
            False, "The relevances agree as well. Let a positive weight cancel a negative one."
        )
    return Verdict(True, f"One function, and relevances that differ by {moved:.2f} on average.")


@guarded
def agreement(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """``answer`` maps a pair of methods to one correlation for each digit."""
    if len(answer) < 3:
        return Verdict(False, f"Compare three pairs of methods at least, not {len(answer)}.")
    if any(len(values) < 20 for values in answer.values()):
        return Verdict(False, "Twenty digits at least: how far do digits differ among themselves?")
    means = {}
    for pair, values in answer.items():
        column = torch.tensor([float(value) for value in values], dtype=torch.float64)
        if not bool((column.abs() <= 1 + 1e-9).all()):  # false for a nan as well
            return Verdict(False, f"{pair}: a correlation lies in [-1, 1]. Is a map constant?")
        if float(column.std()) == 0:
            return Verdict(False, f"{pair}: the same number for each digit. Is the digit used?")
        means[pair] = float(column.mean())
    best = max(means, key=lambda pair: means[pair])
    return Verdict(True, f"Best agreement: {best}, {means[best]:.2f} on average. As expected?")
