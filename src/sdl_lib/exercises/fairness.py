"""Checkers for the exercises on criteria of fairness."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded

Rates = Callable[[Tensor, Tensor], Sequence[float]]
Gap = Callable[[Tensor, Tensor, Tensor], float]
Threshold = Callable[[Tensor, Tensor, float], int]


@guarded
def forced_fpr(answer: float) -> Verdict:
    """The false positive rate for base rate .4, PPV .8 and FNR .25."""
    value = float(answer)
    hints = {
        0.6 / 0.4 * 0.25 * 0.75: "You turned the odds round: it is p/(1-p), the positives on top.",
        0.4 / 0.6 * 0.25 * 0.25: "The last factor is 1 - FNR, the share of positives flagged.",
        0.4 / 0.6 * 4 * 0.75: "You turned (1-PPV)/PPV round: the false ones stand on top.",
        0.2: "That is the share of the flagged who are negative. Of the negatives, who is flagged?",
    }
    if abs(value - 0.125) < 1e-9:
        return Verdict(True, "75 of 600 negatives, in a group of 1000.")
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-6:
            return Verdict(False, hint)
    return Verdict(False, "Take 1000 people and fill in the four cells, one after the other.")


@guarded
def extreme_rules(answer: Mapping[str, set[str]]) -> Verdict:
    """Which criteria hold for three rules when base rates differ."""
    blind = {"demographic parity", "equalised odds"}
    right = {
        "everyone": blind,
        "coin": blind,
        "oracle": {"equalised odds", "predictive parity"},
    }
    if set(answer) != set(right) or not all(isinstance(g, set) for g in answer.values()):
        return Verdict(False, "One set of names for each of everyone, coin and oracle.")
    given = {rule: set(answer[rule]) for rule in right}
    if unknown := set().union(*given.values()) - blind - {"predictive parity"}:
        return Verdict(False, f"There is no criterion {min(unknown)!r} in this exercise.")
    for rule in ("everyone", "coin"):
        if "predictive parity" in given[rule]:
            return Verdict(False, f"{rule}: PPV is then the base rate, and base rates differ.")
    if "demographic parity" in given["oracle"]:
        return Verdict(False, "oracle: it flags as many as there are positives. Is that the same?")
    for rule, wanted in right.items():
        if missing := wanted - given[rule]:
            return Verdict(False, f"{rule}: look at {min(missing)} again, rate by rate.")
    return Verdict(
        True, "A rule that sees nothing, and one that sees everything: all is easy there."
    )


def _people() -> tuple[Tensor, Tensor, Tensor]:
    """Truth, decision and group of 60 people in three groups, with both errors in each."""
    chance = torch.Generator().manual_seed(7)
    y, flagged = torch.randint(2, (2, 60), generator=chance)
    return y, flagged, torch.arange(60) % 3


def _share(of: Tensor, among: Tensor) -> float:
    return float((of & among).sum()) / float(among.sum())


def _near(given: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(abs(float(a) - b) < 1e-6 for a, b in zip(given, wanted, strict=True))


@guarded
def three_rates(answer: Rates) -> Verdict:
    """``answer(y, flagged)`` returns FPR, FNR and PPV."""
    y, flagged, _ = _people()
    y[:15] = 0  # so that no two rates agree by chance
    given = [float(rate) for rate in answer(y.clone(), flagged.clone())]
    if len(given) != 3:
        return Verdict(False, f"Three numbers, please: found {len(given)}.")
    t, f = y.bool(), flagged.bool()
    right = [_share(f, ~t), _share(~f, t), _share(t, f)]
    if _near(given, [float((f & ~t).sum()) / 60, float((~f & t).sum()) / 60, right[2]]):
        return Verdict(False, "You divided by everybody: FPR counts among those with y = 0.")
    if _near(given, [1 - right[2], _share(t, ~f), right[2]]):
        return Verdict(
            False, "You counted errors among decisions: FPR counts among the truly negative."
        )
    for name, mine, wanted in zip(("FPR", "FNR", "PPV"), given, right, strict=True):
        if not abs(mine - wanted) < 1e-6:
            return Verdict(
                False, f"{name}: {wanted:.3f} expected for our people, found {mine:.3f}."
            )
    nobody = [float(rate) for rate in answer(torch.zeros(4).long(), torch.zeros(4).long())]
    if nobody[0] != 0 or not all(math.isnan(rate) for rate in nobody[1:]):
        return Verdict(False, "Nobody positive, nobody flagged: FNR and PPV are then not a number.")
    return Verdict(True, "And a rate of nobody is not a number.")


@guarded
def odds_gap(answer: Gap) -> Verdict:
    """``answer(y, flagged, group)`` is the gap of equalised odds."""
    y, flagged, group = _people()
    flagged[(group == 1) & (y == 0)] = 1
    value = float(answer(y.clone(), flagged.clone(), group.clone()))
    mine = [group == g for g in range(3)]
    tpr = [_share(flagged.bool(), own & (y == 1)) for own in mine]
    fpr = [_share(flagged.bool(), own & (y == 0)) for own in mine]
    spread = [max(rates) - min(rates) for rates in (tpr, fpr)]
    if abs(value - max(spread)) < 1e-6:
        return Verdict(True, f"TPR apart by {spread[0]:.3f}, FPR by {spread[1]:.3f}.")
    hints = {
        spread[0]: "That is equal opportunity: look at the false positives, too.",
        sum(spread) / 2: "You averaged the two gaps: a small one may not hide a large one.",
        sum(spread): "You added the two gaps: the larger counts.",
        max(
            abs(tpr[0] - tpr[1]), abs(fpr[0] - fpr[1])
        ): "You compared two groups: there are three.",
        max(tpr[0] - tpr[1], fpr[0] - fpr[1]): "A gap has no sign: largest rate less smallest.",
    }
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-6:
            return Verdict(False, hint)
    return Verdict(False, f"Found {value:.3f}: TPR is apart by {spread[0]:.3f} here, and FPR?")


@guarded
def threshold(answer: Threshold) -> Verdict:
    """``answer(y, score, most)`` is the smallest threshold that keeps FPR at or under ``most``."""
    chance = torch.Generator().manual_seed(3)
    y = torch.randint(2, (400,), generator=chance)
    score = torch.randint(1, 11, (400,), generator=chance)
    score = (score + 2 * y).clamp(max=10)

    def first(among: Tensor, most: float) -> int:
        shares = [float((score[among] >= t).double().mean()) for t in range(1, 12)]
        return next(t for t, share in enumerate(shares, 1) if share <= most)

    exact = float((score[y == 0] >= 6).double().mean())
    cases = [0.3, 0.1, exact, 0.0, 1.0]
    right = [first(y == 0, most) for most in cases]
    given = [int(answer(y.clone(), score.clone(), most)) for most in cases]
    if given == right:
        return Verdict(True, f"For promises of {cases[0]:g} and {cases[1]:g}: {right[:2]}.")
    if given == [first(y >= 0, most) for most in cases]:
        return Verdict(False, "You counted among everybody: FPR counts among those with y = 0.")
    if given == [first(y == 1, most) for most in cases]:
        return Verdict(False, "You counted among those with y = 1: that is the TPR.")
    if given[2] == right[2] + 1:
        return Verdict(False, "At most means that a share of exactly `most` keeps the promise.")
    if given[:3] == right[:3] and given[3] != right[3]:
        return Verdict(False, "A promise of 0: who has the top score is flagged until t = 11.")
    worst = next(i for i in range(5) if given[i] != right[i])
    return Verdict(
        False, f"For a promise of {cases[worst]:.2f}: {right[worst]}, found {given[worst]}."
    )


@guarded
def own_audit(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """``answer`` maps a group to its rate, the ends of the interval, and its size."""
    if len(answer) < 4:
        return Verdict(False, "Two attributes with their intersections make four groups or more.")
    rows = {name: [float(value) for value in row] for name, row in answer.items()}
    if any(len(row) != 4 for row in rows.values()):
        return Verdict(False, "Four numbers a group: rate, low, high, number of people.")
    for name, (rate, low, high, n) in rows.items():
        if n == 0 and not math.isnan(rate):
            return Verdict(False, f"{name}: the rate of nobody is not a number.")
        if not math.isnan(rate) and not 0 <= low <= rate <= high <= 1:
            return Verdict(False, f"{name}: expected 0 <= low <= rate <= high <= 1.")
    known = {name: row for name, row in rows.items() if not math.isnan(row[0])}
    if all(low == high for _, low, high, _ in known.values()):
        return Verdict(False, "No interval has a width: how sure are you of a rate of few people?")
    widest = max(known, key=lambda name: known[name][2] - known[name][1])
    width = known[widest][2] - known[widest][1]
    return Verdict(
        True,
        f"The widest interval is that of {widest!r} ({width:.2f}). Does your alarm still ring if "
        "its rate lies at the other end?",
    )
