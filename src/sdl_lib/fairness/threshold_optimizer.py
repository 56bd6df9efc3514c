"""Post-processing: the most accurate thresholds under a criterion, by a linear programme."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.optimize import linprog
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.attributes import Attribute, binary, intersections, numbers
from sdl_lib.fairness.reweigh import need_both_labels
from sdl_lib.fairness.roc_hull import RocHull, roc_hull

REPAIRABLE = ("demographic parity", "equal opportunity", "equalised odds")


@dataclass(frozen=True)
class GroupThresholds:
    """A lottery over thresholds for each group; :func:`threshold_optimizer` makes one.

    Attributes
    ----------
    names : the groups
    thresholds : for each group, shape (k,): select who has at least this score
    weights : for each group, shape (k,): the chance that this threshold is the one, sum 1
    """

    names: tuple[str, ...]
    thresholds: tuple[Tensor, ...]
    weights: tuple[Tensor, ...]

    def probability(self, score: ArrayLike | Tensor, group: Attribute) -> Tensor:
        """The chance of each person to be selected, shape (n,), float64."""
        plain = numbers(score, "score", n=len(group))
        code = intersections({"group": group}, len(plain), levels={"group": self.names}).code
        chance = torch.zeros(len(plain), dtype=torch.float64)
        for g, (at, weight) in enumerate(zip(self.thresholds, self.weights, strict=True)):
            rows = code == g
            chance[rows] = (plain[rows, None] >= at).double() @ weight
        return chance

    def decide(
        self, score: ArrayLike | Tensor, group: Attribute, *, generator: torch.Generator
    ) -> Tensor:
        """Decisions by lot, shape (n,), 0 and 1."""
        chance = self.probability(score, group)
        return (torch.rand(len(chance), generator=generator, dtype=torch.float64) < chance).long()


def threshold_optimizer(
    y: ArrayLike | Tensor,
    score: ArrayLike | Tensor,
    group: Attribute,
    *,
    criterion: str = "demographic parity",
    slack: float = 0.0,
) -> GroupThresholds:
    """The most accurate randomised thresholds whose rates differ between groups by ``slack``.

    A linear programme over the convex hulls of the groups' ROC curves. It is exact: in
    expectation, the people given meet the criterion, and no other rule that sees only score and
    group does so with more of them right.

    Parameters
    ----------
    y : the truth, shape (n,), 0 and 1 or booleans: a tensor, an array or a column of a table
    score : shape (n,), higher for likelier positives; of any dtype of numbers
    group : of each example: codes from 0 (LongTensor) or names
    criterion : "demographic parity", "equal opportunity" or "equalised odds"
    slack : the largest difference that is allowed, 0 to 1; of both rates for equalised odds

    Returns
    -------
    GroupThresholds : a few thresholds for each group, with the chance of each

    Raises
    ------
    ValueError : if a shape or a value is wrong, or a group lacks one of the labels.

    References
    ----------
    Hardt, Price & Srebro (2016). Explained in :doc:`/book/fairness/mitigation`.
    """
    validate.choice(criterion, REPAIRABLE, "criterion")
    if not 0 <= slack <= 1:
        raise ValueError(f"slack: expected a number from 0 to 1, found {slack}")
    truth = binary(y, "y")
    plain = numbers(score, "score", n=len(truth))
    groups = intersections({"group": group}, len(truth))
    names = tuple(name for (name,) in groups.names)
    cells = torch.bincount(2 * groups.code + truth, minlength=2 * len(names)).view(-1, 2)
    need_both_labels(cells, list(names))
    rows = [groups.code == g for g in range(len(names))]
    hulls = [roc_hull(truth[own], plain[own]) for own in rows]
    mixed = _best_mixture(hulls, cells.double(), criterion, slack)
    kept = [weight > 1e-12 for weight in mixed]
    return GroupThresholds(
        names,
        tuple(hull.threshold[keep] for hull, keep in zip(hulls, kept, strict=True)),
        tuple(w[keep] / w[keep].sum() for w, keep in zip(mixed, kept, strict=True)),
    )


def _best_mixture(
    hulls: Sequence[RocHull], cells: Tensor, criterion: str, slack: float
) -> list[Tensor]:
    """Weights of each hull's vertices: the linear programme of Hardt et al., with a slack."""
    sizes = [len(hull.fpr) for hull in hulls]
    fpr, tpr = torch.cat([h.fpr for h in hulls]), torch.cat([h.tpr for h in hulls])
    owner = torch.arange(len(hulls)).repeat_interleave(torch.tensor(sizes))
    negatives, positives = cells[owner].T
    gain = (positives * tpr - negatives * fpr) / cells.sum()  # accuracy, but for a constant
    selection = (positives * tpr + negatives * fpr) / (positives + negatives)
    equal = {
        "demographic parity": [selection],
        "equal opportunity": [tpr],
        "equalised odds": [tpr, fpr],
    }[criterion]
    own = torch.nn.functional.one_hot(owner, len(hulls)).T.double()
    # unknowns: the weights, then for each rate the lowest that a group has
    low = torch.eye(len(equal), dtype=torch.float64).repeat_interleave(len(hulls), 0)
    rates = torch.cat([own * rate for rate in equal])
    upper = torch.cat([torch.cat([rates, -low], 1), torch.cat([-rates, low], 1)])
    bound = torch.zeros(2 * len(rates), dtype=torch.float64)
    bound[: len(rates)] = slack
    found = linprog(
        np.append(-gain.numpy(), np.zeros(len(equal))),
        A_ub=upper.numpy(),
        b_ub=bound.numpy(),
        A_eq=torch.cat([own, torch.zeros(len(hulls), len(equal))], 1).numpy(),
        b_eq=np.ones(len(hulls)),
        bounds=(0, 1),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if not found.success:  # it is feasible: select nobody
        raise RuntimeError(f"the linear programme was not solved: {found.message}")
    return list(torch.from_numpy(found.x[: sum(sizes)]).clamp(min=0).split(sizes))
