"""Checkers for the exercises on probability.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded
from sdl_lib.probability import jsd, kl, wasserstein_1d

Compare = Callable[[Tensor, Tensor], Tensor]


@guarded
def detector(answer: float) -> Verdict:
    """Pr(attack | alarm) for a prior of 1 in 500, 98 % hits and 2 % false alarms."""
    value = float(answer)
    hits, false_alarms = 0.98 * 0.002, 0.02 * 0.998
    if abs(value - hits / (hits + false_alarms)) < 1e-3:
        return Verdict(True, "Ten of eleven alarms are false, although the detector is good.")
    if abs(value - 0.98) < 5e-3:
        return Verdict(False, "That is Pr(alarm | attack). Turn it around: how rare are attacks?")
    if abs(value - hits) < 5e-4:
        return Verdict(
            False, "That is Pr(attack and alarm). Divide by the probability of an alarm."
        )
    if abs(value - hits / false_alarms) < 1e-3:
        return Verdict(False, "Those are the odds of an attack: alarms are hits AND false alarms.")
    return Verdict(False, "Imagine 500,000 inputs and count: attacks, their alarms, all alarms.")


@guarded
def no_failure(answer: float) -> Verdict:
    """The p at which 300 trials without a failure have a probability of 0.05."""
    value = float(answer)
    if abs(value - (1 - 0.05 ** (1 / 300))) < 5.5e-5:
        return Verdict(True, "Nearly 3/n. Zero failures in 300 allow for one in a hundred.")
    if value == 0:
        return Verdict(False, "Zero was observed. Could a network that fails at times look so?")
    if abs(value - 3 / 300) < 1e-9:
        return Verdict(False, "The rule of three, an approximation: give the root itself.")
    if abs(value - (1 - 0.025 ** (1 / 300))) < 5.5e-5:
        return Verdict(False, "You halved alpha for two sides: here only the upper one is asked.")
    if abs(value - (1 - 0.95 ** (1 / 300))) < 5.5e-5:
        return Verdict(False, "You set the chance of no failure to .95: it should be .05.")
    return Verdict(
        False, "What is the probability of no failure in 300 trials, as a function of p?"
    )


@guarded
def divergence(answer: Compare) -> Verdict:
    """``answer(p, q)`` is the Jensen-Shannon divergence in nats, also where entries are zero."""
    p = torch.tensor([0.7, 0.2, 0.1], dtype=torch.float64)
    q = torch.tensor([0.1, 0.3, 0.6], dtype=torch.float64)
    expected = float(jsd(p, q))
    value = float(answer(p.clone(), q.clone()))
    slips = {
        float((kl(p, q) + kl(q, p)) / 2): "You compared p and q with each other: compare each "
        "with their mean m.",
        expected**0.5: "That is its square root, the distance that SciPy returns.",
        2 * expected: "Twice too much: each of the two divergences counts one half.",
        float(kl(p, (p + q) / 2)): "Only the half of p: where is KL(q, m)?",
        expected / float(torch.tensor(2.0).log()): "That is in bits: take natural logarithms.",
    }
    for slip, hint in slips.items():
        if abs(value - slip) < 1e-5:
            return Verdict(False, hint)
    if not abs(value - expected) <= 1e-5:  # also where it is nan
        return Verdict(
            False,
            f"For p = (.7, .2, .1) and q = (.1, .3, .6) you found {value:.4f}; try p = q, then "
            "laws without a common class.",
        )
    apart = float(answer(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])))
    if not abs(apart - math.log(2)) <= 1e-5:
        return Verdict(
            False, f"Right where all is positive; with zeros you return {apart}: what is 0 log 0?"
        )
    return Verdict(True, "Also where one law excludes what the other allows: there it is log 2.")


@guarded
def draw(answer: Compare) -> Verdict:
    """``answer(logits, uniform)`` draws by the Gumbel-max trick from given uniform numbers."""
    logits = torch.tensor([1.0, 0.0, -1.0, 0.5], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    uniform = torch.rand(2000, 4, generator=generator, dtype=torch.float64)
    result = answer(logits.clone(), uniform.clone())
    if not isinstance(result, Tensor) or result.shape != (2000,):
        found = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        return Verdict(False, f"Expected 2000 class numbers, one for each row: found {found}.")
    noise = -(-uniform.log()).log()
    slips = [
        (logits.expand(2000, -1), "You took the likeliest class every time: where is the chance?"),
        (logits + uniform, "You added the uniform numbers themselves: make Gumbel noise of them."),
        (logits - noise, "The sign of the noise: its long tail must point upwards."),
        (logits.softmax(0) + noise, "Add the noise to the logits, not to the probabilities."),
    ]
    right = (logits + noise).argmax(1)
    if torch.equal(result, right):
        share = (torch.bincount(right, minlength=4) / 2000 - logits.softmax(0)).abs().max()
        return Verdict(True, f"After 2000 draws the shares are within {share:.3f} of the softmax.")
    for scores, hint in slips:
        if torch.equal(result, scores.argmax(1)):
            return Verdict(False, hint)
    wrong = int((result != right).sum())
    return Verdict(False, f"{wrong} of 2000 draws differ: is your noise -log(-log u)?")


@guarded
def transport(answer: Compare) -> Verdict:
    """``answer(x, y)`` is the Wasserstein distance of two samples of one size."""
    x = torch.tensor([3.0, 0.0, 1.0, 7.0])
    y = torch.tensor([2.0, 4.0, 5.0, 1.0])
    expected = float(wasserstein_1d(x, y))
    given = x.clone(), y.clone()
    value = float(answer(x, y))
    if not (torch.equal(x, given[0]) and torch.equal(y, given[1])):
        return Verdict(False, "Your function sorted the samples that it was given: work on copies.")
    slips = {
        float((x - y).abs().mean()): "You paired the points as they came: who goes to whom?",
        4 * expected: "That is the total way; W1 is the mean over the points.",
        abs(float(x.mean() - y.mean())): "You took the distance of the means. Spread costs, too.",
    }
    for slip, hint in slips.items():
        if abs(value - slip) < 1e-6:
            return Verdict(False, hint)
    if not abs(value - expected) <= 1e-6:  # also where it is nan
        return Verdict(False, f"For (0, 1, 3, 7) and (1, 2, 4, 5) you found {value:.3f}.")
    return Verdict(True, "Kept in order, no two ways cross, and none can be made shorter.")
