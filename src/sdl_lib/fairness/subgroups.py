"""Subgroups of an intersectional table: unions of its cells, and what each of them suffers."""

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.group_metrics import GroupMetrics, rate_counts


@dataclass(frozen=True)
class Subgroup:
    r"""Some cells of an intersectional table, and how their rate differs from that of everybody.

    Attributes
    ----------
    rule : who is in it, in words
    cells : BoolTensor, shape (g,)
    weight : the share of all people who are in it *and* among whom the rate is counted
    rate, overall : its rate, and that of everybody
    """

    rule: str
    cells: Tensor
    weight: float
    rate: float
    overall: float

    @property
    def gap(self) -> float:
        """Its rate less that of everybody."""
        return self.rate - self.overall

    @property
    def violation(self) -> float:
        """``weight * |gap|``: many people and a small gap count as few people and a large one."""
        return self.weight * abs(self.gap) if self.weight else 0.0


def subgroup(metrics: GroupMetrics, cells: Tensor, name: str, *, rule: str = "") -> Subgroup:
    """What the cells of a table suffer in the rate ``name``.

    Parameters
    ----------
    metrics : an intersectional table of g cells
    cells : BoolTensor, shape (g,): which of them, such as those found on other people
    name : of the rate
    rule : who is meant, in words

    Returns
    -------
    Subgroup : its ``rate`` is ``nan`` where there is nobody to count among.

    Raises
    ------
    ValueError : if ``cells`` does not fit, or nobody at all is counted.

    References
    ----------
    Kearns et al. (2018). Explained in :doc:`/book/fairness/auditing-intersections`.
    """
    if cells.dtype != torch.bool or cells.shape != (len(metrics.groups),):
        found = f"{cells.dtype} of shape {tuple(cells.shape)}"
        raise ValueError(f"cells: expected torch.bool of shape ({len(metrics.groups)},), {found}")
    part, whole = counted(metrics, name)
    inside = int(whole[cells].sum())
    return Subgroup(
        rule,
        cells,
        inside / int(metrics.n.sum()),
        int(part[cells].sum()) / inside if inside else float("nan"),
        int(part.sum()) / int(whole.sum()),
    )


@dataclass(frozen=True)
class Conjunctions:
    """All subgroups that are described by "and": a level, or no matter, of each attribute.

    Attributes
    ----------
    rules : such as ``"Female, Less than 25"``
    members : BoolTensor, shape (s, g): the cells of each
    """

    rules: tuple[str, ...]
    members: Tensor

    def __len__(self) -> int:
        return len(self.rules)


def conjunctions(metrics: GroupMetrics, *, most: int | None = None) -> Conjunctions:
    """Every conjunction of levels in an intersectional table, except "everybody".

    Parameters
    ----------
    metrics : an intersectional table of g cells
    most : attributes that a conjunction may speak of. Default: all

    Returns
    -------
    Conjunctions : of the attributes' numbers of levels plus 1, multiplied, less 1, if ``most``
        does not forbid some; the shortest first.

    Raises
    ------
    ValueError : if ``most`` is less than 1.

    References
    ----------
    Kearns et al. (2018). Explained in :doc:`/book/fairness/auditing-intersections`.
    """
    most = len(metrics.attributes) if most is None else most
    validate.count(most, "most")
    choices = [(None, *levels) for levels in attribute_levels(metrics)]
    chosen = [c for c in product(*choices) if 0 < sum(v is not None for v in c) <= most]
    chosen.sort(key=lambda c: sum(v is not None for v in c))
    members = [
        [all(v in (None, own) for v, own in zip(c, group, strict=True)) for group in metrics.groups]
        for c in chosen
    ]
    rules = tuple(", ".join(v for v in c if v is not None) for c in chosen)
    return Conjunctions(rules, torch.tensor(members, dtype=torch.bool).view(len(rules), -1))


def attribute_levels(metrics: GroupMetrics) -> list[tuple[str, ...]]:
    """The levels of each attribute, in the order of the table."""
    return [tuple(dict.fromkeys(column)) for column in zip(*metrics.groups, strict=True)]


def counted(metrics: GroupMetrics, name: str) -> tuple[Tensor, Tensor]:
    """Numerator and denominator of the rate in each cell; somebody must be counted."""
    part, whole = rate_counts(metrics.counts, name)
    if int(whole.sum()) == 0:
        raise ValueError(f"name: {name} counts among nobody in this table")
    return part, whole
