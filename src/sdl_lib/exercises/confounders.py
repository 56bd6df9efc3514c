"""Checkers for the exercises on confounders and proxies."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as logistic_loss

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.fairness import correlation, distance_correlation


def _number(answer: float, right: float, good: str, hints: dict[float, str], other: str) -> Verdict:
    value = float(answer)
    if abs(value - right) < 1e-3:
        return Verdict(True, good)
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-3:
            return Verdict(False, hint)
    return Verdict(False, other)


@guarded
def best_accuracy(answer: float) -> Verdict:
    """The best accuracy from two numbers, each in doubt with probability 2/3."""
    hints = {
        2 / 3: "That is the bound for one number alone: with two, both must be in doubt.",
        5 / 9: "You count all doubtful cases as errors: half of the guesses are right.",
        17 / 18: "That is the bound of the page. How wide is the overlap now?",
        2 / 9: "That is the probability of an error.",
    }
    other = "In doubt only if both numbers are between 2 and 4; then one guess of two is wrong."
    return _number(answer, 7 / 9, "Seven in nine.", hints, other)


@guarded
def slope(answer: float) -> Verdict:
    """The slope that makes f - beta c uncorrelated with c, classes three apart."""
    hints = {
        4 / 7: "That is the slope of the page, where the means are two apart.",
        1.0: "The variance of c has two parts: between the classes and within them.",
        3.0: "You divided by the variance within a class alone: add that between the classes.",
        -0.75: "Right but for the sign: the score is f minus beta c.",
    }
    other = "Covariance of f and c over the variance of c, both over everybody."
    return _number(answer, 0.75, "Three quarters of a confounder are paid back.", hints, other)


@guarded
def extractor_loss(answer: Callable[..., Tensor]) -> Verdict:
    """``answer(logits, y, reading, bias, strength)`` is what the extractor minimises."""
    chance = torch.Generator().manual_seed(6)
    logits, noise, bias = torch.randn(3, 40, generator=chance, dtype=torch.float64)
    y = torch.arange(40) % 2
    bias = bias + y
    reading, few = bias - 0.7 * noise - 2 * y, y == 0
    given = answer(logits.clone(), y.clone(), reading.clone(), bias.clone(), 3.0)
    own = logistic_loss(logits, y.double())
    rho, everywhere = correlation(reading[few], bias[few]), correlation(reading, bias)
    right = own + 3 * rho**2
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    hints = (
        (own + 3 * everywhere**2, "That adversary looks at everybody, and will over-correct."),
        (own + 3 * rho, "The correlation is not squared: its sign would be the reader's choice."),
        (own - 3 * rho**2, "The sign: the extractor wants the reader to fail."),
        (own + rho**2, "The strength is missing."),
        (3 * rho**2, "The classifier's own loss is missing."),
        (logistic_loss(logits[few], y[few].double()) + 3 * rho**2, "The classifier needs all."),
    )
    if torch.allclose(given.double(), right, atol=1e-6):
        return Verdict(True, "It wants the classifier to be right and the reader to fail.")
    for wrong, hint in hints:
        if torch.allclose(given.double(), wrong, atol=1e-6):
            return Verdict(False, hint)
    return Verdict(False, "Mean logistic loss of all, plus strength times squared correlation.")


@guarded
def distances(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(a, b)`` is the distance correlation of two samples."""
    chance = torch.Generator().manual_seed(8)
    a = torch.randn(30, 2, generator=chance, dtype=torch.float64)
    b = a[:, :1] ** 2 + 0.5 * torch.randn(30, 1, generator=chance, dtype=torch.float64)
    given, right = answer(a.clone(), b.clone()), distance_correlation(a, b)
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    d, e = torch.cdist(a, a), torch.cdist(b, b)
    plain = (d * e).sum() / ((d * d).sum() * (e * e).sum()).sqrt()
    d, e = d - d.mean(), e - e.mean()
    grand = ((d * e).sum() / ((d * d).sum() * (e * e).sum()).sqrt()).abs()
    if torch.allclose(given.double(), right, atol=1e-6):
        return Verdict(True, "A measure that only independence brings to zero.")
    if torch.allclose(given.double(), right**2, atol=1e-6):
        return Verdict(False, "That is its square: the root is missing.")
    if any(torch.allclose(given.double(), v, atol=1e-6) for v in (plain, plain.sqrt())):
        return Verdict(False, "The distances are not centred: independent samples would get much.")
    if any(torch.allclose(given.double(), v, atol=1e-6) for v in (grand, grand.sqrt())):
        return Verdict(False, "Subtract the means of row and column, not only the mean of all.")
    return Verdict(False, f"Expected {float(right):.4f} for the checker's sample.")


@guarded
def influence(answer: Callable[[Callable[[Tensor], Tensor], Tensor], Any]) -> Verdict:
    """``answer(decide, value)`` is the share of pairs in which another's value changes it."""
    chance = torch.Generator().manual_seed(9)
    value = torch.randint(4, (24,), generator=chance)
    need = torch.randint(5, (24,), generator=chance)

    def decide(v: Tensor) -> Tensor:
        return (v + need > 4).long()

    given = float(answer(decide, value.clone()))
    before = decide(value)
    changed = torch.stack([decide(v.expand(24)) != before for v in value]).double()
    right = float(changed.mean())
    selected = torch.stack([decide(v.expand(24)) for v in value]).double()
    if abs(given - right) < 1e-9:
        return Verdict(True, "An intervention: nothing else of the person was changed.")
    distinct = torch.stack([decide(v.expand(24)) != before for v in value.unique()]).double()
    if abs(given - float(distinct.mean())) < 1e-9:
        return Verdict(False, "Each value counts once: weigh it by the people who have it.")
    if abs(given - float(changed.any(0).double().mean())) < 1e-9:
        return Verdict(False, "That is the share of people whom some value would change.")
    if abs(given - float(selected.mean())) < 1e-9:
        return Verdict(False, "Compare with each person's decision before the change.")
    if abs(given * (24 - 1) - right * 24) < 1e-9:
        return Verdict(False, "Pairs of a person with itself count, too: divide by n squared.")
    return Verdict(False, f"Expected {right:.4f} for the checker's people, found {given:.4f}.")


@guarded
def judgement(answer: Mapping[str, Any]) -> Verdict:
    """``answer`` describes a witness and a judgement that somebody would have to answer for."""
    parts = (
        "use",
        "attribute",
        "witness",
        "association",
        "influence",
        "allowed",
        "because",
        "then",
    )
    if missing := [part for part in parts if answer.get(part) in (None, ..., "")]:
        return Verdict(False, f"Still to say: {', '.join(missing)}.")
    if not isinstance(answer["allowed"], bool):
        return Verdict(False, "Allowed: True or False? An oracle has to decide.")
    if len(str(answer["because"]).split()) < 8:
        return Verdict(False, "A reason in at least eight words.")
    tells, decides = float(answer["association"]), float(answer["influence"])
    if not (0 < tells <= 1 and 0 < decides <= 1):
        return Verdict(False, "A witness has an association and an influence over 0, at most 1.")
    return Verdict(
        True,
        f"Association {tells:.3f}, influence {decides:.3f}. Would those whom the decision is "
        "about accept your reason?",
    )
