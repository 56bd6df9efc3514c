"""Criteria of group fairness: which rate must be the same in every group, and how far it is."""

from typing import NamedTuple

from sdl_lib import validate
from sdl_lib.fairness.group_metrics import GroupMetrics

CRITERIA: dict[str, tuple[str, ...]] = {
    "demographic parity": ("selection",),
    "equal opportunity": ("tpr",),
    "equalised odds": ("tpr", "fpr"),
    "predictive parity": ("ppv",),
}


class Gap(NamedTuple):
    """How far a criterion is from holding: it holds where difference is 0 and ratio is 1."""

    difference: float
    ratio: float


def criterion(metrics: GroupMetrics, name: str) -> Gap:
    """The gap of one of ``CRITERIA``; of several rates the worst counts.

    Parameters
    ----------
    metrics : of :func:`~sdl_lib.fairness.group_metrics.group_metrics`
    name : "demographic parity", "equal opportunity", "equalised odds" or "predictive parity"

    Returns
    -------
    Gap : largest less smallest rate among the groups, and smallest divided by largest.

    Raises
    ------
    ValueError : if ``name`` is unknown.

    References
    ----------
    Hardt, Price & Srebro (2016); Chouldechova (2017). Explained in
    :doc:`/book/fairness/criteria-and-impossibility`.
    """
    validate.choice(name, tuple(CRITERIA), "name")
    rates = CRITERIA[name]
    return Gap(max(map(metrics.difference, rates)), min(map(metrics.ratio, rates)))


def demographic_parity(metrics: GroupMetrics) -> Gap:
    """Is the same share of every group selected? See :func:`criterion`."""
    return criterion(metrics, "demographic parity")


def equal_opportunity(metrics: GroupMetrics) -> Gap:
    """Is the same share of the positives of every group selected? See :func:`criterion`."""
    return criterion(metrics, "equal opportunity")


def equalised_odds(metrics: GroupMetrics) -> Gap:
    """Are both error rates the same in every group? See :func:`criterion`."""
    return criterion(metrics, "equalised odds")


def predictive_parity(metrics: GroupMetrics) -> Gap:
    """Is the same share of the selected of every group positive? See :func:`criterion`."""
    return criterion(metrics, "predictive parity")
