"""Checkers for the exercises on training and platforms.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from sdl_lib import curvature
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded

Momentum = Callable[[Tensor, Tensor, Tensor, float, float], tuple[Tensor, Tensor]]
Adam = Callable[[Tensor, Tensor, Tensor, Tensor, float, int], tuple[Tensor, Tensor, Tensor]]
Combine = Callable[[Sequence[Tensor], Sequence[int]], Tensor]


def _near(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    a, b = (torch.as_tensor(v, dtype=torch.float64) for v in (a, b))
    return bool(a.shape == b.shape and torch.allclose(a, b, rtol=tolerance, atol=tolerance))


@guarded
def rates(answer: Sequence[float]) -> Verdict:
    """(limit, best rate, factor) of gradient descent where the curvatures are 4 and 100."""
    limit, best, factor = (float(value) for value in answer)
    if _near(limit, 1 / 100, 1e-4):
        return Verdict(False, "1/L is a safe rate. At which rate does the step overshoot for good?")
    if _near(limit, 2 / 4, 1e-4):
        return Verdict(False, "The steepest direction sets the limit, not the flattest.")
    if not _near(limit, 2 / 100, 1e-4):
        return Verdict(False, "The limit: for which rate is 1 - rate · 100 equal to -1?")
    if not _near(best, 2 / 104, 1e-4):
        return Verdict(False, "The best rate: make 1 - rate · 4 and rate · 100 - 1 equal.")
    if _near(factor, 1 - 4 / 100, 1e-4):
        return Verdict(False, "That is the factor at a rate of 1/L; ask for the best rate.")
    if not _near(factor, 24 / 26, 1e-4):
        return Verdict(False, "The factor: what does the best rate leave of either direction?")
    return Verdict(True, "A condition number of 25: each step leaves twelve thirteenths.")


@guarded
def momentum_step(answer: Momentum) -> Verdict:
    """``answer(w, v, gradient, lr, beta)`` is one step of the heavy ball: weights, velocity."""
    w, v, g = (torch.tensor(row) for row in ([1.0, -2.0], [0.5, 0.5], [2.0, -1.0]))
    given = [t.clone() for t in (w, v, g)]
    new_w, new_v = answer(w, v, g, 0.1, 0.9)
    if not all(torch.equal(a, b) for a, b in zip((w, v, g), given, strict=True)):
        return Verdict(False, "Your function changed what it was given: work on copies.")
    speed = 0.9 * v + g
    if _near(new_v, 0.9 * v + 0.1 * g):
        return Verdict(False, "You averaged the gradient into the velocity; the ball adds it up.")
    if _near(new_v, v):
        return Verdict(False, "The velocity stayed as it was: return the new one.")
    if not _near(new_v, speed):
        return Verdict(False, f"The velocity should become {speed.tolist()}.")
    if _near(new_w, w - 0.1 * v):
        return Verdict(False, "You moved by the old velocity: update it before the weights.")
    if _near(new_w, w + 0.1 * speed):
        return Verdict(False, "The ball rolled uphill: mind the sign.")
    if not _near(new_w, w - 0.1 * speed):
        return Verdict(False, f"The weights should become {(w - 0.1 * speed).tolist()}.")
    return Verdict(True, "Keep most of the speed, add the slope, roll.")


@guarded
def adam_step(answer: Adam) -> Verdict:
    """``answer(w, m, v, gradient, lr, t)`` is step t of Adam: weights and both means."""
    w, g = torch.tensor([1.0, -2.0, 3.0]).double(), torch.tensor([4.0, -0.01, 0.0]).double()
    m, v = torch.tensor([1.0, 0.1, 0.2]).double(), torch.tensor([2.0, 0.1, 0.3]).double()
    new_m, new_v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    m_hat, v_hat = new_m / (1 - 0.9**3), new_v / (1 - 0.999**3)
    expected = w - 0.01 * m_hat / (v_hat.sqrt() + 1e-8)
    found_w, found_m, found_v = answer(w.clone(), m.clone(), v.clone(), g.clone(), 0.01, 3)
    if _near(found_v, 0.999 * v + 0.001 * g):
        return Verdict(False, "The second mean is that of the gradient's square.")
    if not (_near(found_m, new_m) and _near(found_v, new_v)):
        return Verdict(False, "Return the weights and the two means, without the corrections.")
    if _near(found_w, w - 0.01 * new_m / (new_v.sqrt() + 1e-8)):
        return Verdict(False, "The means begin at zero: correct both for it by 1 - beta**t.")
    if _near(found_w, w - 0.01 * m_hat / (v_hat + 1e-8)):
        return Verdict(False, "You divided by the mean square: take its root, or units do not fit.")
    if not _near(found_w, expected):
        return Verdict(False, "The means are right; look at the step of the weights again.")
    return Verdict(True, "The first step of Adam is lr times the sign of the gradient: try it.")


def _quadratic(A: Tensor, w: Tensor) -> Tensor:
    return 0.5 * w @ A @ w


@guarded
def sharpest(answer: Callable[..., float]) -> Verdict:
    """``answer(hvp, f, w, steps)`` is the largest eigenvalue of the Hessian of f at w."""
    n, steps, calls = 12, 200, 0
    Q = torch.linalg.qr(torch.randn(n, n, generator=torch.Generator().manual_seed(0))).Q.double()
    values = torch.cat([torch.tensor([-9.0]), torch.linspace(0.1, 5, n - 1)]).double()
    largest = torch.arange(n).double() + 1  # another problem, with positive curvatures alone

    def counted(f: Any, w: Tensor, v: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return curvature.hvp(f, w, v)

    found = []
    for spectrum in (largest, values):
        A = Q @ spectrum.diag() @ Q.T
        quadratic = partial(_quadratic, A)
        found.append(float(answer(counted, quadratic, torch.ones(n).double(), steps)))
    if calls == 0:
        return Verdict(False, "The function hvp was never called.")
    if calls > 2 * steps + 2:
        return Verdict(False, f"{calls} products for {steps} steps: one a step is enough.")
    if abs(found[0] - 144) < 1:
        return Verdict(False, "That is the square of the eigenvalue: multiply by H once.")
    if abs(found[0] - 12) > 1e-3:
        return Verdict(False, f"The largest eigenvalue is 12; found {found[0]:.4g}.")
    if abs(found[1] - 9) < 1e-3:
        return Verdict(False, "Here it is -9: a length has lost the sign. Use v·Hv.")
    if abs(found[1] + 9) > 1e-3:
        return Verdict(
            False, f"The eigenvalue that is largest in size is -9; found {found[1]:.4g}."
        )
    return Verdict(True, f"{calls // 2} products, and the matrix was never there.")


@guarded
def all_reduce(answer: Combine) -> Verdict:
    """``answer(gradients, sizes)`` combines mean gradients of shards of different sizes."""
    gradients = [torch.tensor(row) for row in ([1.0, 0.0], [0.0, 4.0], [2.0, 2.0])]
    sizes = [1, 5, 4]
    total = sum(gradients, torch.zeros(2))
    weighted = sum((n * g for g, n in zip(gradients, sizes, strict=True)), torch.zeros(2))
    found = answer([g.clone() for g in gradients], list(sizes))
    if _near(found, total / 3):
        return Verdict(False, "A shard of one example now counts as much as one of five.")
    if _near(found, total):
        return Verdict(False, "That is the plain sum: a gradient of which mean is it?")
    if _near(found, weighted):
        return Verdict(False, "That is the gradient of the sum over all examples; of the mean?")
    if not _near(found, weighted / 10):
        return Verdict(False, f"Expected {(weighted / 10).tolist()} for shards of 1, 5 and 4.")
    return Verdict(True, "Every example counts the same, wherever it was processed.")


@guarded
def race(answer: Mapping[str, Mapping[float, Sequence[float]]]) -> Verdict:
    """``answer`` maps a method to its accuracies by learning rate, one for each seed."""
    if len(answer) < 2:
        return Verdict(False, f"A race has two runners at least, not {len(answer)}.")
    best: dict[str, float] = {}
    for method, table in answer.items():
        grid = sorted(table)
        if len(grid) < 3:
            return Verdict(False, f"{method}: try three learning rates at least.")
        if any(len(table[lr]) < 3 for lr in grid):
            return Verdict(False, f"{method}: use three seeds at least for each rate.")
        means = {lr: sum(table[lr]) / len(table[lr]) for lr in grid}
        if not all(0 <= mean <= 1 for mean in means.values()):
            return Verdict(False, f"{method}: an accuracy lies between 0 and 1.")
        winner = max(grid, key=lambda lr: means[lr])
        if winner in (grid[0], grid[-1]):
            return Verdict(
                False, f"{method}: its best rate, {winner:g}, is at the edge of the grid: widen it."
            )
        best[method] = means[winner]
    ranked = sorted(best.items(), key=lambda item: -item[1])
    told = ", ".join(f"{method} {value:.3f}" for method, value in ranked)
    return Verdict(True, f"A fair design. Best means: {told}. Is that more than the seeds differ?")
