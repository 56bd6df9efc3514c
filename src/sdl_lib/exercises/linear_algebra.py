"""Checkers for the exercises on linear algebra."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Nearest = Callable[[Tensor, Tensor, float], Tensor]
SpectralNorm = Callable[[Tensor, Tensor, int], float]
Count = Callable[[Tensor, float], int]


@guarded
def budgets(answer: Sequence[float]) -> Verdict:
    """The most that w = (3, -4) gains for r of size 1/2 in the max-, the 2- and the 1-norm."""
    found = tuple(float(v) for v in answer)
    if len(found) != 3:
        return Verdict(False, f"Three numbers, please: found {len(found)}.")
    if _close(found, (3.5, 2.5, 2.0)):
        return Verdict(True, "The roomier the ball, the larger the gain: signs win.")
    if _close(found, (2.0, 2.5, 3.5)):
        return Verdict(False, "You took the norm of the budget for w itself: it wants the dual.")
    if _close(found, (7.0, 5.0, 4.0)):
        return Verdict(False, "Those are the gains of the unit balls: the budget is one half.")
    if abs(found[0] - 0.5) < 1e-9:
        return Verdict(False, "In the max-norm each coordinate has a sign of its own to choose.")
    return Verdict(False, "Take one budget at a time: which r within it goes best along w?")


def _close(found: Sequence[float], expected: Sequence[float]) -> bool:
    return all(abs(a - b) < 1e-6 for a, b in zip(found, expected, strict=True))


@guarded
def boundary(answer: Nearest) -> Verdict:
    """``answer(x, w, b)`` is the point of the hyperplane w·z + b = 0 nearest to x."""
    x = torch.tensor([2.0, 1.0, -1.0], dtype=torch.float64)
    w, b = torch.tensor([1.0, -2.0, 2.0], dtype=torch.float64), 5.0
    given = x.clone()
    result = answer(x, w, b)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if not torch.equal(x, given):
        return Verdict(False, "Your function changed the x that it was given: work on a copy.")
    score = w @ x + b
    hints = {
        1 / w.norm(): "You divided by the length of w: w itself has a length, so once more.",
        torch.ones(()): "The direction is right; now divide by the squared length of w.",
        -1 / (w @ w): "You walked away from the boundary: mind the sign.",
    }
    for factor, hint in hints.items():
        if torch.allclose(result, x - factor * score * w):
            return Verdict(False, hint)
    if torch.allclose(result, x - (w @ x) / (w @ w) * w):
        return Verdict(False, "You forgot b: that is the nearest point of w·z = 0.")
    left = float(w @ result + b)
    if abs(left) > 1e-9:
        return Verdict(False, f"That point is not on the boundary: there w·z + b is {left:.3f}.")
    if not torch.allclose(result, x - score / (w @ w) * w):
        return Verdict(False, "On the boundary, but not nearest: the way must be along w.")
    distance = float((result - x).norm())
    return Verdict(True, f"The way has the length |w·x + b| / |w| = {distance:.3f}.")


@guarded
def spectral_norm(answer: SpectralNorm) -> Verdict:
    """``answer(A, v, steps)`` is the spectral norm of A, by power iteration from v."""
    generator = torch.Generator().manual_seed(0)
    left, right = (
        torch.linalg.qr(torch.randn(5, 4, generator=generator, dtype=torch.float64))[0]
        for _ in range(2)
    )
    a = left @ torch.diag(torch.tensor([3.0, 1.5, 1.0, 0.5], dtype=torch.float64)) @ right.T
    start = torch.ones(5, dtype=torch.float64)
    value = float(answer(a, start.clone(), 60))
    if abs(value - 9) < 1e-6:
        return Verdict(False, "That is the eigenvalue of AᵀA: the stretch of A is its root.")
    if abs(value - 3) > 1e-6:
        return Verdict(False, f"For a matrix that stretches by 3 you found {value:.3f}.")
    if abs(float(answer(a, start.clone(), 2)) - 3) < 1e-6:
        return Verdict(False, "Two steps cannot be so exact: no decompositions, please.")
    long = float(answer(10 * a, start.clone(), 1000))
    if not abs(long - 30) < 1e-6:
        return Verdict(False, f"After a thousand steps you found {long}: normalise in each.")
    return Verdict(True, "Products alone: the same works for a convolution.")


@guarded
def components(answer: Count) -> Verdict:
    """``answer(s, share)`` is the least number of components with that share of the variance."""
    s = torch.tensor([4.0, 3.0, 2.0, 2.0, 1.0], dtype=torch.float64)  # squares: 16 9 4 4 1 of 34
    cases = {0.4: 1, 0.73: 2, 0.8: 3, 0.9: 4, 0.99: 5}
    found = {share: int(answer(s.clone(), share)) for share in cases}
    if found == cases:
        return Verdict(True, "Counted in squares, up to and including the one that gets there.")
    if found == {share: k - 1 for share, k in cases.items()}:
        return Verdict(False, "One too few: the component that crosses the line counts.")
    plain = (s / s.sum()).cumsum(0)
    if found == {share: int((plain < share).sum()) + 1 for share in cases}:
        return Verdict(False, "You added singular values: variances are their squares.")
    share = next(share for share in cases if found[share] != cases[share])
    return Verdict(
        False, f"For s = {s.tolist()} and a share of {share} you found {found[share]} components."
    )
