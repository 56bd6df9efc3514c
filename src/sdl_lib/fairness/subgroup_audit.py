"""Find the subgroup that a decision treats most differently, and ask whether chance would, too."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.group_metrics import GroupMetrics
from sdl_lib.fairness.subgroups import (
    Subgroup,
    attribute_levels,
    conjunctions,
    counted,
    subgroup,
)

# from the surplus of each cell to the cells of the worst subgroup, who they are, who the others
Search = Callable[[Tensor], tuple[Tensor, str, str]]
Auditor = Callable[[GroupMetrics, Tensor], Search]


def subgroup_audit(metrics: GroupMetrics, name: str, *, auditor: str = "linear") -> Subgroup:
    r"""The subgroup with the largest weighted violation that an auditor can describe.

    The violation of :math:`g` is :math:`\alpha(g)\,|r(g)-r|`, with the share :math:`\alpha` of
    people in :math:`g` among whom the rate :math:`r` is counted. It is the size of the sum of
    *surpluses* in :math:`g`: cases less expected cases. So the search is one for a classifier.

    Parameters
    ----------
    metrics : an intersectional table, of :func:`~sdl_lib.fairness.group_metrics.group_metrics`
    name : "selection" for statistical parity, "fpr" for false positives, or another rate
    auditor : "linear" (a weighted sum of the levels, fitted to the surplus, and its best cut),
        "tree" (the best union of answers to two questions), "conjunction" (the best of all) or
        "cells" (any union of cells: the largest violation there is)

    Returns
    -------
    Subgroup : as a group and its complement have the same violation, the smaller of the two,
        except for a conjunction.

    Raises
    ------
    ValueError : if ``name`` or ``auditor`` is unknown, or nobody is counted.

    References
    ----------
    Kearns et al. (2018, 2019). Explained in :doc:`/book/fairness/auditing-intersections`.
    """
    validate.choice(auditor, tuple(AUDITORS), "auditor")
    part, whole = counted(metrics, name)
    cells, rule, others = AUDITORS[auditor](metrics, whole)(_surplus(part, whole))
    if auditor != "conjunction" and 2 * int(whole[cells].sum()) > int(whole.sum()):
        cells, rule = ~cells, others
    return subgroup(metrics, cells, name, rule=rule)


class PermutationAudit(NamedTuple):
    """What was found, how likely chance finds as much, and what chance found."""

    found: Subgroup
    p_value: float
    by_chance: Tensor


def permutation_audit(
    metrics: GroupMetrics,
    name: str,
    *,
    auditor: str = "linear",
    draws: int = 200,
    generator: torch.Generator,
) -> PermutationAudit:
    """Audit, then audit again with the outcomes dealt out anew among the people.

    The search is part of what is repeated, so its p-value needs no further correction, however
    many subgroups the auditor has looked at.

    Parameters
    ----------
    metrics, name, auditor : of :func:`subgroup_audit`
    draws : how often the outcomes are dealt
    generator : the source of chance

    Returns
    -------
    PermutationAudit : its ``p_value`` is ``(1 + as large by chance) / (1 + draws)``.

    Raises
    ------
    ValueError : as :func:`subgroup_audit`, or if ``draws`` is less than 1.

    References
    ----------
    Westfall & Young (1993). Explained in :doc:`/book/fairness/auditing-intersections`.
    """
    validate.count(draws, "draws")
    found = subgroup_audit(metrics, name, auditor=auditor)
    part, whole = counted(metrics, name)
    search, people = AUDITORS[auditor](metrics, whole), int(metrics.n.sum())
    member = torch.arange(len(whole)).repeat_interleave(whole)
    by_chance = torch.empty(draws, dtype=torch.float64)
    for i in range(draws):
        dealt = member[torch.randperm(len(member), generator=generator)[: int(part.sum())]]
        surplus = _surplus(torch.bincount(dealt, minlength=len(whole)), whole)
        by_chance[i] = surplus[search(surplus)[0]].sum().abs() / people
    as_large = int((by_chance >= found.violation - 1e-12).sum())
    return PermutationAudit(found, (1 + as_large) / (1 + draws), by_chance)


def _surplus(part: Tensor, whole: Tensor) -> Tensor:
    """Cases in each cell, less those that the rate of everybody would give."""
    return part.double() - whole * (part.sum().double() / whole.sum())


def _questions(metrics: GroupMetrics) -> tuple[list[str], Tensor]:
    """Every level as a question, and each cell's answer, shape (g, m)."""
    names: list[str] = []
    columns: list[list[bool]] = []
    for i, levels in enumerate(attribute_levels(metrics)):
        names += levels
        columns += [[group[i] == level for group in metrics.groups] for level in levels]
    return names, torch.tensor(columns, dtype=torch.float64).T


def _linear(metrics: GroupMetrics, whole: Tensor) -> Search:
    names, x = _questions(metrics)
    root = whole.double().sqrt()
    people = x.T @ whole.double()
    fit = torch.linalg.pinv(root[:, None] * x) * torch.where(whole > 0, 1 / root, 0)

    def search(surplus: Tensor) -> tuple[Tensor, str, str]:
        weights = fit @ surplus  # least squares: each person's outcome on his or her levels
        score = (x @ weights * 1e9).round()
        cuts = score.unique()
        inside = score[None] >= cuts[:, None]
        best = int((inside.double() @ surplus).abs().argmax())
        # by how much a level moves how many
        order = (weights.abs() * people).argsort(descending=True, stable=True)[:4].tolist()
        high, low = (
            ", ".join(f"{sign * weights[j]:+.2f} {names[j]}" for j in order) for sign in (1, -1)
        )
        return inside[best], f"high sum of {high}", f"high sum of {low}"

    return search


def _tree(metrics: GroupMetrics, whole: Tensor) -> Search:
    names, x = _questions(metrics)
    j, k = torch.triu_indices(len(names), len(names))
    both = x[:, j] * x[:, k]
    leaves = torch.stack([both, x[:, j] - both, x[:, k] - both])  # and, first only, second only
    leaves = torch.cat([leaves, 1 - leaves.sum(0, keepdim=True)])

    def search(surplus: Tensor) -> tuple[Tensor, str, str]:
        sums = torch.einsum("lgp,g->lp", leaves, surplus)
        pair = int(sums.clamp(min=0).sum(0).mul(1e9).round().argmax())
        a, b = names[int(j[pair])], names[int(k[pair])]
        said = (f"{a} and {b}", f"{a} without {b}", f"{b} without {a}", f"neither {a} nor {b}")
        chosen, filled = sums[:, pair] > 1e-9, leaves[:, :, pair].sum(1) > 0
        rule, others = (
            "; or ".join(text for text, take in zip(said, some.tolist(), strict=True) if take)
            for some in (chosen & filled, ~chosen & filled)
        )
        return leaves[chosen][:, :, pair].sum(0) > 0, rule or "nobody", others

    return search


def _conjunction(metrics: GroupMetrics, whole: Tensor) -> Search:
    every = conjunctions(metrics)
    members = every.members.double()

    def search(surplus: Tensor) -> tuple[Tensor, str, str]:
        best = int((members @ surplus).abs().mul(1e9).round().argmax())
        return every.members[best], every.rules[best], f"not {every.rules[best]}"

    return search


def _cells(metrics: GroupMetrics, whole: Tensor) -> Search:
    def search(surplus: Tensor) -> tuple[Tensor, str, str]:
        cells = surplus > 1e-9
        taken, left = (int(some.sum()) for some in (cells, ~cells))
        return cells, f"{taken} of {len(cells)} cells", f"{left} of {len(cells)} cells"

    return search


AUDITORS: dict[str, Auditor] = {
    "linear": _linear,
    "tree": _tree,
    "conjunction": _conjunction,
    "cells": _cells,
}
