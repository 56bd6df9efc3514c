"""Checkers for the exercises on certified robustness."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.intervals import clopper_pearson

Box = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
Bottom = Callable[[Tensor, Tensor, float], Tensor]
Radius = Callable[[int, int, float, float], float]


def _quantile(p: float) -> float:
    return float(torch.special.ndtri(torch.tensor(p, dtype=torch.float64)))


@guarded
def largest_radius(answer: float) -> Verdict:
    """In standard deviations: the cap of smoothing with 1,000 samples and alpha .001."""
    value, cap = float(answer), _quantile(0.001**0.001)
    if abs(value - cap) < 0.02:
        return Verdict(True, "Even a network that never errs gets no more from 1,000 samples.")
    if abs(value - _quantile(0.999)) < 0.02:
        return Verdict(False, "That takes 1 - alpha for the probability; alpha is the confidence.")
    if abs(value - 0.001**0.001) < 0.002:
        return Verdict(False, "That is the bound p. The radius is its quantile of the normal law.")
    if abs(value - 3.81) < 0.02:
        return Verdict(False, "That is the cap for 100,000 samples, of the text.")
    return Verdict(False, "All hits: the bound solves p ** n = alpha. Then take the quantile of p.")


@guarded
def inside_ball(answer: float) -> Verdict:
    """Max-norm radius that a Euclidean certificate of 1 gives in 784 dimensions."""
    value = float(answer)
    if abs(value - 1 / 28) < 5e-4:
        return Verdict(True, "Nine grey levels of 255: the corner of the cube is far away.")
    if abs(value - 1) < 1e-6:
        return Verdict(False, "The corner of a cube of half-width 1 is 28 away, not 1.")
    if abs(value - 28) < 0.1:
        return Verdict(False, "The other way round: the cube must fit into the ball.")
    if abs(value - 1 / 784) < 1e-4:
        return Verdict(False, "That is the cube in a ball of the l1 norm; a length has a root.")
    return Verdict(False, "The corner of a cube of half-width r is r times the root of 784 away.")


@guarded
def box_through_linear(answer: Box) -> Verdict:
    """``answer(W, b, low, high)``: exact bounds of W x + b, x between low and high."""
    w = torch.tensor([[1.0, -2.0, 0.5], [-1.0, 0.0, 3.0]])
    b = torch.tensor([0.5, -1.0])
    low = torch.tensor([[0.0, 0.1, 0.2], [0.3, 0.3, 0.3]])
    high = torch.tensor([[0.4, 0.3, 0.2], [0.3, 0.5, 0.9]])
    result = answer(w, b, low, high)
    if not isinstance(result, tuple) or len(result) != 2:
        return Verdict(False, "Return two tensors: the low and the high end.")
    middle = ((low + high) / 2) @ w.T
    half = ((high - low) / 2) @ w.abs().T
    for end, expected in zip(result, (middle - half + b, middle + half + b), strict=True):
        if problem := shape_problem(end, expected):
            return Verdict(False, problem)
    ends = torch.stack(result)
    if torch.allclose(ends, torch.stack([middle - half + b, middle + half + b]), atol=1e-5):
        return Verdict(True, "The centre moves with W, the half-width with its absolute values.")
    if torch.allclose(ends, torch.stack([low @ w.T + b, high @ w.T + b]), atol=1e-5):
        return Verdict(False, "A negative weight turns the ends round: low can exceed high.")
    if torch.allclose(ends, torch.stack([middle - half, middle + half]), atol=1e-5):
        return Verdict(False, "The bias is missing.")
    if torch.allclose(ends, torch.stack([middle - half - b.abs(), middle + half + b.abs()])):
        return Verdict(False, "The bias shifts the box; it does not widen it.")
    wide = torch.allclose(ends[1] - ends[0], 2 * half + 2 * b.abs(), atol=1e-5)
    if wide:
        return Verdict(False, "The half-width has no bias: it cancels in a difference.")
    return Verdict(False, "Map the centre by W and b, the half-width by |W| alone, and add.")


@guarded
def bottom_logit(answer: Bottom) -> Verdict:
    """``answer(logits, K, eps)``: the logit of bottom, one for each row."""
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.5]])
    k = torch.tensor([[0.0, 1.0, 5.0], [2.0, 0.0, 1.0], [4.0, 3.0, 0.0]])
    expected = torch.tensor([2.5, 2.0])
    result = answer(logits, k, 0.5)
    if problem := shape_problem(result, expected):
        return Verdict(False, problem + " One number a row: the largest that a rival can seem.")
    if torch.allclose(result, expected):
        return Verdict(True, "The rival that could come nearest, not the one that is second now.")
    if torch.allclose(result, torch.tensor([1.5, 2.0])):
        return Verdict(False, "The runner-up is not always the danger: a third may rise faster.")
    if torch.allclose(result, torch.tensor([2.0, 3.0])):
        return Verdict(False, "You took K[i, j] of the rival's row: it is K[j, i], j the answer.")
    if torch.allclose(result, torch.tensor([2.5, 3.0])):
        return Verdict(False, "The answer itself is no rival: leave its column out.")
    return Verdict(False, "Add eps K[j] to the logits, leave out column j, take the largest.")


_CASES = ((990, 1000, 0.5, 0.001), (600, 1000, 1.0, 0.001), (1000, 1000, 0.25, 0.01))


@guarded
def certified_radius(answer: Radius) -> Verdict:
    """``answer(hits, n, sigma, alpha)``: the radius, 0 where it abstains."""
    for hits, n, sigma, alpha in _CASES:
        expected = sigma * _quantile(_low(hits, n, alpha))
        value = float(answer(hits, n, sigma, alpha))
        if math.isclose(value, expected, abs_tol=1e-6):
            continue
        plain = hits / n
        if hits < n and math.isclose(value, sigma * _quantile(plain), abs_tol=1e-6):
            return Verdict(False, "The share that was counted is no bound: the truth may be less.")
        if math.isclose(value, sigma * _quantile(_low(hits, n, alpha / 2)), abs_tol=1e-6):
            return Verdict(False, "That is the two-sided interval; all of alpha is for one side.")
        if math.isclose(value, expected / sigma, abs_tol=1e-6):
            return Verdict(False, "That is in standard deviations: sigma is missing.")
        return Verdict(False, f"For {hits} of {n} at sigma {sigma}: {expected:.4f}, not {value}.")
    if float(answer(505, 1000, 0.5, 0.001)) != 0:
        return Verdict(False, "505 of 1000 may be a coin: where the bound is below 1/2, say 0.")
    return Verdict(True, "A bound, its quantile, and the decency to abstain.")


def _low(hits: int, n: int, alpha: float) -> float:
    return clopper_pearson(hits, n, confidence=1 - alpha, side="lower").low


@guarded
def own_certificate(study: Mapping[str, float | Sequence[float]]) -> Verdict:
    """A study with ``clean``, and per example ``certified`` radii and ``attacked`` distances."""
    missing = [name for name in ("clean", "certified", "attacked") if name not in study]
    if missing:
        return Verdict(False, f"Your study lacks {', '.join(missing)}.")
    inner = torch.as_tensor(study["certified"], dtype=torch.float64).flatten()
    outer = torch.as_tensor(study["attacked"], dtype=torch.float64).flatten()
    if len(inner) != len(outer) or len(inner) < 20:
        return Verdict(False, "Give both numbers for each of the same 20 examples or more.")
    broken = int((outer < inner).sum())
    if broken:
        return Verdict(
            False, f"{broken} examples were fooled inside their certificate: one of the two lies."
        )
    if not 0 <= float(study["clean"]) <= 1:  # type: ignore[arg-type]
        return Verdict(False, "Accuracies lie between 0 and 1.")
    ratio = float((inner / outer.clamp_min(1e-12)).median())
    return Verdict(True, f"The proof reaches {ratio:.0%} of the way to the attack, in the median.")
