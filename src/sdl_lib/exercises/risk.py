"""Checkers for the exercises on learning as risk minimisation.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib import softmax_regression
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded
from sdl_lib.intervals import wilson
from sdl_lib.numeric import numeric_gradient, relative_error

Penalised = Callable[[Tensor, Tensor, Tensor, float], Tensor]


@guarded
def sure(answer: float) -> Verdict:
    """Risk of the constant answer (.7, .1, .1, .1) for four equally frequent classes, in nats."""
    value = float(answer)
    right = -(math.log(0.7) + 3 * math.log(0.1)) / 4
    if abs(value - right) < 2e-3:
        return Verdict(True, "More than log 4 = 1.386, the price of admitting ignorance.")
    if abs(value - math.log(4)) < 2e-3:
        return Verdict(False, "That is the risk of equal probabilities, the best constant answer.")
    entropy = -(0.7 * math.log(0.7) + 0.3 * math.log(0.1))
    if abs(value - entropy) < 2e-3:
        return Verdict(
            False, "That is the entropy of the answer: weigh the prices with how often each class "
            "occurs, not with what the model believes."
        )  # fmt: skip
    if abs(value - right / math.log(2)) < 2e-3:
        return Verdict(False, "Right in bits: the question asks for nats, the natural logarithm.")
    return Verdict(False, "What does the model pay when the first class is true? The second?")


@guarded
def log_sum_exp(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """``answer(z)`` is the logarithm of the sum of the exponentials of a vector."""
    chance = torch.Generator().manual_seed(0)
    z = torch.randn(7, generator=chance, dtype=torch.float64)
    given = z.clone()
    tests = {size: size * z for size in (1.0, 1000.0)}
    found = {size: float(answer(values.clone())) for size, values in tests.items()}
    expected = {size: float(values.logsumexp(0)) for size, values in tests.items()}
    answer(z)
    if not torch.equal(z, given):
        return Verdict(False, "Your function changed the z that it was given: work on a copy.")
    if abs(found[1.0] - expected[1.0] + float(z.max())) < 1e-9:
        return Verdict(False, "You took the largest logit out, and did not put it back.")
    if abs(found[1.0] - expected[1.0]) > 1e-9:
        return Verdict(
            False, f"For small logits: expected {expected[1.0]:.4f}, not {found[1.0]:.4f}."
        )
    if not math.isfinite(found[1000.0]):
        return Verdict(False, "Right for small logits. For one over a thousand, e^z overflows.")
    if abs(found[1000.0] - expected[1000.0]) > 1e-6:
        return Verdict(False, "Right for small logits, not for large ones.")
    very_low = float(answer(torch.full((3,), -1000.0, dtype=torch.float64)))
    if not abs(very_low - (math.log(3) - 1000)) < 1e-9:
        return Verdict(False, "Right until all logits are very negative: take out the largest one.")
    return Verdict(True, "The exponents are at most 0, whatever the logits are.")


@guarded
def penalised_gradient(answer: Penalised) -> Verdict:
    """``answer(weights, rows, y, strength)`` is the gradient of risk plus half the penalty."""
    chance = torch.Generator().manual_seed(3)
    rows = torch.randn(12, 5, generator=chance, dtype=torch.float64)
    weights = torch.randn(5, 3, generator=chance, dtype=torch.float64)
    y = torch.randint(3, (12,), generator=chance)

    def whole(w: Tensor) -> Tensor:
        return softmax_regression.risk(w, rows, y) + 0.5 * 0.7 * w.square().sum()

    expected = numeric_gradient(whole, weights)
    plain = softmax_regression.risk_gradient(weights, rows, y)
    found = answer(weights, rows, y, 0.7)
    if not isinstance(found, Tensor) or found.shape != weights.shape:
        return Verdict(False, f"Expected a tensor shaped as the weights, {tuple(weights.shape)}.")
    hints = [
        (plain, "That is the gradient of the risk alone: the penalty has a slope too."),
        (plain + 0.35 * weights, "The square has the derivative 2w: half of it is not w/2."),
        (12 * plain + 0.7 * weights, "You summed over the examples: the risk is their mean."),
        (plain - 0.7 * weights, "The penalty rises with the weights: check its sign."),
    ]
    for wrong, hint in hints:
        if relative_error(found, wrong) < 1e-6:
            return Verdict(False, hint)
    error = relative_error(found, expected)
    if error > 1e-6:
        return Verdict(False, f"The relative distance from central differences is {error:.1g}.")
    return Verdict(True, f"The relative distance from central differences is {error:.0e}.")


@guarded
def test_size(answer: float) -> Verdict:
    """Test examples for a half width of one point at an error of 9 %."""
    value = float(answer)
    if 3140 <= value <= 3160:
        return Verdict(True, "Half the width takes four times as many, whatever the model.")
    if 9590 <= value <= 9610:
        return Verdict(False, "That is the worst case, p = 1/2. Here p is known to be about .09.")
    if 780 <= value <= 795:
        return Verdict(False, "You made the whole width two points wide on each side: the half "
                       "width is .01, not .02.")  # fmt: skip
    if 2200 <= value <= 2230:
        return Verdict(False, "z = 1.645 leaves 5 % on each side: that is a 90 % interval.")
    return Verdict(False, "Solve .01 = 1.96 times the square root of p(1 - p)/n for n.")


test_size.__test__ = False  # type: ignore[attr-defined]  # a checker, not a test


@guarded
def interval(answer: Callable[[int, int], tuple[float, float]]) -> Verdict:
    """``answer(right, n)`` gives the ends of Wilson's interval for a confidence of 95 %."""
    cases = [(45, 50), (1800, 2000), (50, 50), (0, 20)]
    for right, n in cases:
        low, high = (float(end) for end in answer(right, n))
        expected, share = wilson(right, n), right / n
        if abs(low - expected.low) < 1e-4 and abs(high - expected.high) < 1e-4:
            continue
        said = f"For {right} of {n}"
        wald = 1.96 * math.sqrt(share * (1 - share) / n)
        if abs(low - share + wald) < 1e-4 and abs(high - share - wald) < 1e-4:
            return Verdict(
                False,
                f"{said} you put the counted share under the root: it is the unknown p that "
                "belongs there. For 50 of 50 your interval has no width.",
            )
        lower = wilson(right, n, confidence=0.9)
        if abs(low - lower.low) < 1e-4 and abs(high - lower.high) < 1e-4:
            return Verdict(False, f"{said}: z = 1.645 gives 90 %. For 95 % it is 1.96.")
        return Verdict(
            False,
            f"{said} expected {expected.low:.4f} to {expected.high:.4f}, "
            f"found {low:.4f} to {high:.4f}.",
        )
    return Verdict(True, "After 50 of 50, up to 7 % of errors would be no surprise.")


@guarded
def peeking(answer: Mapping[int, Sequence[float]]) -> Verdict:
    """``answer`` maps a number of models to the gaps of the best one, one for each seed."""
    counts = sorted(answer)
    if len(counts) < 3:
        return Verdict(False, f"Two points make no trend: try three K at least, not {len(counts)}.")
    if any(len(answer[count]) < 3 for count in counts):
        return Verdict(False, "Use at least three seeds for each K: how far do they differ?")
    gaps = torch.tensor([list(answer[count])[:3] for count in counts], dtype=torch.float64)
    if not bool((gaps.abs() <= 1).all()):
        return Verdict(False, "A gap between two accuracies lies within -1 and 1.")
    if bool((gaps.std(1) == 0).all()):
        return Verdict(False, "The seeds give identical figures: is the seed used?")
    if counts[-1] < 10 * counts[0]:
        return Verdict(False, "The gap grows with the logarithm of K at best: let K vary tenfold.")
    few, many = float(gaps[0].mean()), float(gaps[-1].mean())
    trend = "grows" if many > few else "does not grow"
    return Verdict(
        True,
        f"From K = {counts[0]} to {counts[-1]} the gap {trend} ({few:.3f} to {many:.3f}). "
        "Compare with the bound, and say which of its assumptions peeking breaks.",
    )
