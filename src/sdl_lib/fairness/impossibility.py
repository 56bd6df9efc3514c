"""Why criteria exclude each other: identities that bind the rates of one group together."""

from typing import NamedTuple

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib.fairness.attributes import Attributes, Levels, binary, intersections, numbers
from sdl_lib.fairness.group_metrics import GroupMetrics

Number = float | Tensor


def implied_fpr(*, base: Number, ppv: Number, fnr: Number) -> Tensor:
    r"""The false positive rate that three other rates leave no choice about.

    .. math:: \mathrm{FPR}=\frac{p}{1-p}\,\frac{1-\mathrm{PPV}}{\mathrm{PPV}}\,(1-\mathrm{FNR})

    Parameters
    ----------
    base : share of positives :math:`p`, in [0, 1)
    ppv : positive predictive value, in (0, 1]
    fnr : false negative rate, in [0, 1]

    Returns
    -------
    Tensor, float64. Above 1 where no decision rule can have the three rates together.

    Raises
    ------
    ValueError : if a rate is out of its range.

    References
    ----------
    Chouldechova (2017). Explained in :doc:`/book/fairness/criteria-and-impossibility`.
    """
    p = _share(base, "base", below=True)
    v = _share(ppv, "ppv", above=True)
    return p / (1 - p) * (1 - v) / v * (1 - _share(fnr, "fnr"))


def implied_ppv(*, base: Number, fpr: Number, fnr: Number) -> Tensor:
    """The positive predictive value that base rate and both error rates imply (Bayes' rule).

    ``nan`` where nobody is selected. See :func:`implied_fpr`, which it solves for another unknown.
    """
    p = _share(base, "base")
    hit = p * (1 - _share(fnr, "fnr"))
    return hit / (hit + (1 - p) * _share(fpr, "fpr"))


def chouldechova_residual(metrics: GroupMetrics) -> Tensor:
    """False positive rate less :func:`implied_fpr`, shape (g,): 0 in every group, always."""
    base, ppv, fnr = (metrics.rate(name) for name in ("base", "ppv", "fnr"))
    return metrics.rate("fpr") - implied_fpr(base=base, ppv=ppv, fnr=fnr)


class Balance(NamedTuple):
    """Mean score of the positives and of the negatives of each group, each of shape (g,)."""

    names: list[str]
    base: Tensor
    positive: Tensor
    negative: Tensor


def balance(
    y: ArrayLike | Tensor,
    score: ArrayLike | Tensor,
    attributes: Attributes,
    *,
    levels: Levels | None = None,
) -> Balance:
    """How the two classes of each group score: Kleinberg's *balance* asks for equal means.

    Parameters
    ----------
    y : the truth, shape (n,), 0 or 1
    score : shape (n,), finite
    attributes, levels : as for :func:`~sdl_lib.fairness.group_metrics.group_metrics`

    Returns
    -------
    Balance : ``nan`` where a group has nobody of a class.

    Raises
    ------
    ValueError : if a shape, a dtype or a value is wrong.

    References
    ----------
    Kleinberg, Mullainathan & Raghavan (2017). Explained in
    :doc:`/book/fairness/criteria-and-impossibility`.
    """
    truth = binary(y, "y")
    scores = numbers(score, "score", n=len(truth))
    groups = intersections(attributes, len(truth), levels=levels)
    cell, size = 2 * groups.code + truth, 2 * len(groups.names)
    count = torch.bincount(cell, minlength=size).view(-1, 2)
    mean = torch.bincount(cell, weights=scores, minlength=size).view(-1, 2) / count
    names = [", ".join(group) for group in groups.names]
    return Balance(names, count[:, 1].double() / count.sum(1), mean[:, 1], mean[:, 0])


def implied_balance(*, base: Number, negative: Number) -> Tensor:
    r"""The mean score of the positives, where the score is calibrated and the negatives' is known.

    .. math:: B_+=1-\frac{1-p}{p}\,B_-

    Parameters
    ----------
    base : share of positives :math:`p`, in (0, 1]
    negative : mean score of the negatives, in [0, 1]

    Returns
    -------
    Tensor, float64. Two groups with different base rates share a point only at
    :math:`B_-=0,\;B_+=1`: perfect prediction.

    Raises
    ------
    ValueError : if an argument is out of its range.

    References
    ----------
    Kleinberg, Mullainathan & Raghavan (2017). Explained in
    :doc:`/book/fairness/criteria-and-impossibility`.
    """
    p = _share(base, "base", above=True)
    return 1 - (1 - p) / p * _share(negative, "negative")


def _share(value: Number, name: str, *, above: bool = False, below: bool = False) -> Tensor:
    """``value`` as float64 within [0, 1]; ``above`` excludes 0, ``below`` excludes 1."""
    plain = torch.as_tensor(value, dtype=torch.float64)
    known = plain[~plain.isnan()]  # a rate of nobody stays nan
    wrong = (known < 0) | (known > 1)
    wrong = wrong | (known == 0) if above else wrong
    wrong = wrong | (known == 1) if below else wrong
    if bool(wrong.any()):
        ends = f"{'(' if above else '['}0, 1{')' if below else ']'}"
        raise ValueError(f"{name}: expected shares in {ends}, found {float(known[wrong][0]):.4g}")
    return plain
