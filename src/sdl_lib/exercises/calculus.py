"""Checkers for the exercises on multivariate calculus."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Function = Callable[[Tensor], Tensor]
Jacobian = Callable[[Function, Tensor], Tensor]
Nearest = Callable[[Tensor, Tensor, Tensor], Tensor]
Integral = Callable[[Function, Tensor, Tensor, int], Tensor]


@guarded
def two_roads(answer: Sequence[float]) -> Verdict:
    """The share of a in f(a, b) = ab from (0, 0) to (2, 3), straight and along the axes."""
    found = [float(v) for v in answer]
    if len(found) != 2:
        return Verdict(False, f"Two numbers, please: found {len(found)}.")
    hints = {
        (6.0, 6.0): "That is the total, which both coordinates share: take the integral over a.",
        (3.0, 6.0): "Which coordinate moves first? While a moves, what is b?",
        (0.0, 3.0): "The right numbers: straight first, then along the axes.",
        (6.0, 0.0): "On the straight road b grows with a: it is not 3 all the way.",
    }
    for wrong, hint in hints.items():
        if all(abs(a - b) < 1e-6 for a, b in zip(found, wrong, strict=True)):
            return Verdict(False, hint)
    if abs(found[0] - 3) > 1e-6:
        return Verdict(False, "On the straight road a = 2t and b = 3t: integrate b da over t.")
    if abs(found[1]) > 1e-6:
        return Verdict(
            False, "The straight road is right. Along the axes, what is b while a moves?"
        )
    return Verdict(True, "The same total of 6 on both roads, and quite different shares.")


def _curved(x: Tensor) -> Tensor:
    return torch.stack([x[0].exp() * x[1], x[1] * x[2].sin() + x[0] ** 3])


@guarded
def jacobian(answer: Jacobian) -> Verdict:
    """``answer(f, x)`` is the Jacobian of f at x by central differences."""
    x = torch.tensor([0.5, 2.0, -1.0], dtype=torch.float64)
    a, b, c = x
    zero = torch.zeros_like(a)
    expected = torch.stack(
        [torch.stack([a.exp() * b, a.exp(), zero]), torch.stack([3 * a**2, c.sin(), b * c.cos()])]
    )
    given = x.clone()
    result = answer(_curved, given)
    if not torch.equal(given, x):
        return Verdict(False, "Your function left x changed: step on a copy.")
    if isinstance(result, Tensor) and result.shape == expected.T.shape:
        return Verdict(False, "Transposed: a row for each output, a column for each input.")
    if problem := shape_problem(result, expected):
        return Verdict(False, problem)
    error = float((result - expected).abs().max())
    if float((result / 2 - expected).abs().max()) < 1e-6:
        return Verdict(False, "Twice too large: the two points are 2h apart.")
    if error > 1e-2:
        return Verdict(False, f"The largest error is {error:.2g}: which entries are wrong?")
    if error > 1e-7:
        return Verdict(False, f"An error of {error:.0e}: step to both sides, and not too far.")
    return Verdict(True, f"The largest error is {error:.0e}.")


@guarded
def constraints(answer: Nearest) -> Verdict:
    """``answer(x, A, b)`` is the point with A z = b that is nearest to x."""
    a = torch.tensor([[1.0, 2.0, 0.0, -1.0], [0.0, 1.0, 1.0, 1.0]], dtype=torch.float64)
    x = torch.tensor([1.0, -1.0, 2.0, 0.5], dtype=torch.float64)
    b = torch.tensor([2.0, -1.0], dtype=torch.float64)
    expected = x - a.T @ torch.linalg.solve(a @ a.T, a @ x - b)
    given = x.clone()
    result = answer(given, a.clone(), b.clone())
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if not torch.equal(given, x):
        return Verdict(False, "Your function changed the x that it was given: work on a copy.")
    if torch.allclose(result, expected):
        return Verdict(True, "The way is a mixture of the rows of A: the multipliers mix them.")
    if torch.allclose(result, 2 * x - expected):
        return Verdict(False, "The right step, in the wrong direction.")
    met = (a @ result - b).abs() < 1e-8
    if bool(met.all()):
        return Verdict(False, "Both constraints hold, but a nearer point meets them too.")
    if bool(met.any()):
        return Verdict(False, "One constraint holds and the other is lost: solve for both at once.")
    return Verdict(False, f"There A z is {[round(float(v), 3) for v in a @ result]}, not [2, -1].")


def _slope(z: Tensor) -> Tensor:
    """The gradient of a²b + b³."""
    return torch.stack([2 * z[0] * z[1], z[0] ** 2 + 3 * z[1] ** 2])


@guarded
def integral(answer: Integral) -> Verdict:
    """``answer(gradient, start, end, n)`` is each coordinate's share along a straight path."""
    start = torch.tensor([1.0, -1.0], dtype=torch.float64)
    end = torch.tensor([2.0, 1.0], dtype=torch.float64)
    n, change = 8, end - start

    def mean(shift: float) -> Tensor:
        points = [start + (i + shift) / n * change for i in range(n)]
        return torch.stack([_slope(z) for z in points]).mean(0)

    result = answer(_slope, start.clone(), end.clone(), n)
    total = change @ mean(0.5)
    if isinstance(result, Tensor) and result.numel() == 1 and torch.isclose(result.sum(), total):
        return Verdict(False, "That is the total: do not add the coordinates up.")
    if problem := shape_problem(result, end):
        return Verdict(False, problem)
    hints = {
        "That is the mean gradient: multiply by the way of each coordinate.": mean(0.5),
        "You took the beginning of each piece: the error falls like 1/n only.": change * mean(0),
        "You took the end of each piece: the error falls like 1/n only.": change * mean(1),
        "That is the gradient at the end times the way, and no integral.": change * _slope(end),
        "The path begins at `start`: you began at zero.": end
        * torch.stack([_slope((i + 0.5) / n * end) for i in range(n)]).mean(0),
    }
    for hint, wrong in hints.items():
        if torch.allclose(result, wrong):
            return Verdict(False, hint)
    if not torch.allclose(result, change * mean(0.5)):
        found = [round(float(v), 4) for v in result]
        return Verdict(False, f"For eight pieces of our path you found {found}: compare by hand.")
    fine = answer(_slope, start.clone(), end.clone(), 1000)
    gap = float((fine.sum() - (4 + 1 - (-1 - 1))).abs())
    return Verdict(True, f"With a thousand pieces the shares add up to within {gap:.0e}.")
