"""The published error rates of *Gender Shades*, as tables that can be counted with."""

import torch

from sdl_lib import validate
from sdl_lib.fairness.group_metrics import FN, FP, TN, TP, GroupMetrics

FACES = 1270  # of the Pilot Parliaments Benchmark
# skin type and label as the study groups them: share of the benchmark, in per cent
SHARES = {
    ("darker", "female"): 21.3,
    ("darker", "male"): 25.0,
    ("lighter", "female"): 23.3,
    ("lighter", "male"): 30.3,
}
# error rates in per cent, for the same four groups
ERRORS = {
    "Microsoft": (20.8, 6.0, 1.7, 0.0),
    "Face++": (34.5, 0.7, 9.8, 0.8),
    "IBM": (34.7, 12.0, 7.1, 0.3),
}
# the margins of the same table: all faces; female, male; darker, lighter
MARGINS = {
    "Microsoft": (6.3, 10.7, 2.6, 12.9, 0.7),
    "Face++": (10.0, 21.3, 0.7, 16.5, 4.7),
    "IBM": (12.1, 20.3, 5.6, 22.4, 3.2),
}


def gender_shades(system: str) -> GroupMetrics:
    """Counts that belong to the error rates published for one system in 2018.

    The study prints per cent; a count is the nearest whole number of faces. The positive class is
    the label "female", so that a face so labelled and missed is a false negative.

    Parameters
    ----------
    system : one of ``ERRORS``, as its service was in April and May 2017

    Returns
    -------
    GroupMetrics : by ``skin`` (lighter: Fitzpatrick types I to III, darker: IV to VI) and
        ``label`` (female, male).

    Raises
    ------
    ValueError : if there is no such system.

    References
    ----------
    Buolamwini & Gebru (2018), table 4 for the rates, table 2 for the shares. Explained in
    :doc:`/book/fairness/auditing-intersections`.
    """
    validate.choice(system, tuple(ERRORS), "system")
    counts = torch.zeros(len(SHARES), 4, dtype=torch.int64)
    rows = zip(SHARES.items(), ERRORS[system], strict=True)
    for row, (((_, label), share), error) in enumerate(rows):
        n = round(FACES * share / 100)
        wrong = round(n * error / 100)
        right_cell, wrong_cell = (TP, FN) if label == "female" else (TN, FP)
        counts[row, wrong_cell], counts[row, right_cell] = wrong, n - wrong
    return GroupMetrics(("skin", "label"), tuple(SHARES), counts)
