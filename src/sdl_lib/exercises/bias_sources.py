"""Checkers for the exercises on where bias comes from."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.fairness import feature_parity, linear_behaviour, weak_features

SOURCES = ("sampling", "labels", "measurement", "proxies", "objective", "feedback")


@guarded
def useless_features(answer: float) -> Verdict:
    """Bias amplification of the best rule when nothing can be seen and the prior is .7."""
    value = float(answer)
    if abs(value - 0.3) < 1e-9:
        return Verdict(True, "It always says yes: 1 - .7. No selection of features can help.")
    if abs(value) < 1e-9:
        return Verdict(False, "A fair lot with chance .7 has no bias, but it is right less often.")
    if abs(value + 0.3) < 1e-9:
        return Verdict(False, "The sign: predicted less true positive rate.")
    if abs(value - 0.7) < 1e-9:
        return Verdict(False, "That is the accuracy of the rule. How often does it say yes?")
    return Verdict(False, "Of the rules that look at nothing, which is right most often?")


@guarded
def urn_mean(answer: float) -> Verdict:
    """Expected share of a district after 1000 days: records 3 and 1, equal rates."""
    value = float(answer)
    if abs(value - 0.75) < 1e-9:
        return Verdict(True, "What was there at the start stays for ever, on average.")
    if abs(value - 0.5) < 1e-9:
        return Verdict(False, "That would be the truth; what is recorded depends on the start.")
    if abs(value - 1) < 1e-9:
        return Verdict(False, "Rates are equal: compute the mean share after one day first.")
    return Verdict(False, "Compute the mean share after one day that finds an incident.")


@guarded
def one_rule(answer: Callable[[Tensor, float], float]) -> Verdict:
    """``answer(weights, intercept)`` is the exact bias on ten weak features."""
    on = weak_features(10)
    w = torch.linspace(-0.2, 1, 11, dtype=torch.float64)
    value = float(answer(w.clone(), -1.5))
    right = float(linear_behaviour(w, torch.tensor(-1.5), on).bias)
    if abs(value - right) < 1e-6:
        return Verdict(True, f"{right:.4f}, without a single example drawn.")
    spread = float((w * on.sd).norm())
    wrong = {
        right + on.prior: "That is the predicted positive rate: take the prior away.",
        -right: "The sign: predicted less true positive rate.",
    }
    normal = torch.distributions.Normal(0.0, 1.0)
    for scale, hint in (
        (float(w.norm()), "The deviation of each feature enters the spread of the logit."),
        (spread**2, "Divide by the standard deviation of the logit, not by its variance."),
        (float((w * on.sd).abs().sum()), "Independent deviations add up as squares."),
    ):
        ends = [(w @ m - 1.5) / scale for m in (on.positive, on.negative)]
        high, low = (float(normal.cdf(end)) for end in ends)
        wrong[on.prior * high + (1 - on.prior) * low - on.prior] = hint
    for number, hint in wrong.items():
        if abs(value - number) < 1e-6:
            return Verdict(False, hint)
    return Verdict(False, f"{right:.4f} expected for our rule, found {value:.4f}.")


@guarded
def parity(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """``answer(weights)`` says which features parity keeps."""
    for weights in (
        torch.tensor([0.3, -0.2, 0.9, 0.1, -0.7, 0.5, 0.0]),
        torch.tensor([-0.3, 0.2, -0.9, -0.1]),
    ):
        given = answer(weights.clone())
        right = feature_parity(weights)
        if problem := shape_problem(given, right):
            return Verdict(False, problem)
        given = given.bool()
        kept = [int((given & (sign * weights > 0)).sum()) for sign in (1, -1)]
        if bool(given[weights == 0].any()):
            return Verdict(False, "A weight of zero speaks for neither class.")
        if kept[0] != kept[1]:
            return Verdict(False, f"You kept {kept[0]} for and {kept[1]} against: make them even.")
        if kept[0] < int((right & (weights > 0)).sum()):
            return Verdict(False, "Keep as many as there are on the smaller side.")
        if not torch.equal(given, right):
            return Verdict(False, "Keep the largest on either side.")
    return Verdict(True, "Even numbers, the largest of each.")


@guarded
def own_trace(answer: Mapping[str, tuple[str, str]]) -> Verdict:
    """``answer`` says, for each source, how it may enter a system, and how one would measure it."""
    if missing := [name for name in SOURCES if name not in answer]:
        return Verdict(False, f"Nothing yet on {missing[0]}: if it cannot enter, say why.")
    if unknown := sorted(set(answer) - set(SOURCES)):
        return Verdict(False, f"There is no source {unknown[0]!r} in the table.")
    for name, entry in answer.items():
        if len(entry) != 2:
            return Verdict(False, f"{name}: two sentences, how it enters and how to measure it.")
        if min(len(str(part).split()) for part in entry) < 4:
            return Verdict(False, f"{name}: say it in a sentence that a colleague could act on.")
    if len({str(entry[1]) for entry in answer.values()}) < len(SOURCES):
        return Verdict(False, "No measurement serves two sources alike: what tells them apart?")
    return Verdict(True, "Which of the six could you measure without asking anybody new?")
