"""Reductions: a fair classifier from a few weighted fits of an ordinary one."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.optimize import linprog
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.attributes import Attribute, binary, intersections
from sdl_lib.fairness.logistic import LinearScore, weighted_logistic
from sdl_lib.fairness.reweigh import need_both_labels
from sdl_lib.fairness.threshold_optimizer import REPAIRABLE


@dataclass(frozen=True)
class Mixture:
    """LinearScore classifiers and the chance of each; :func:`exponentiated_gradient` makes one."""

    models: tuple[LinearScore, ...]
    weights: Tensor

    def probability(self, x: Tensor) -> Tensor:
        """The chance of each row of ``x`` (n, d) to be selected, shape (n,); no group is asked."""
        decisions = torch.stack([model(x) >= 0 for model in self.models], 1)
        return decisions.double() @ self.weights


def exponentiated_gradient(
    x: Tensor,
    y: ArrayLike | Tensor,
    group: Attribute,
    *,
    criterion: str = "demographic parity",
    eps: float = 0.01,
    rounds: int = 12,
    bound: float = 2.0,
    step: float = 1.0,
    l2: float = 1.0,
) -> Mixture:
    """A lottery of linear classifiers, nearly the most accurate whose rates stay near the average.

    Each round prices the constraints (by exponentiated gradient), turns the prices into weights
    and labels, and fits; a linear programme then mixes the classifiers of all rounds.

    Parameters
    ----------
    x : Tensor, shape (n, d), float: the group need not be among the features
    y : the truth, shape (n,), 0 and 1 or booleans
    group : of each example: codes from 0 (LongTensor) or names; only asked in training
    criterion : "demographic parity", "equal opportunity" or "equalised odds"
    eps : how far a group's rate may be from that of all
    rounds : of pricing and fitting
    bound : on the sum of the prices, the accuracy that a unit of violation is worth
    step : of the exponentiated gradient
    l2 : of the logistic regressions

    Returns
    -------
    Mixture : its ``probability`` needs no group

    Raises
    ------
    ValueError : if a shape or a value is wrong, or a group lacks one of the labels.

    References
    ----------
    Agarwal et al. (2018). Explained in :doc:`/book/fairness/mitigation`.
    """
    validate.count(rounds, "rounds")
    validate.radius(eps)
    moments = group_moments(y, group, criterion=criterion)
    truth = binary(y, "y", n=len(x))
    error = (1 - 2 * truth).double() / len(truth)  # what it costs to say 1 instead of 0
    theta = torch.zeros(2 * len(moments), dtype=torch.float64)
    models: list[LinearScore] = []
    decisions: list[Tensor] = []
    for _ in range(rounds):
        price = bound * torch.cat([theta, torch.zeros(1)]).softmax(0)[:-1]
        above, below = price.chunk(2)
        cost = error + (above - below) @ moments
        weights = cost.abs() / cost.abs().mean()
        start = models[-1] if models else None
        models.append(weighted_logistic(x, cost < 0, weights=weights, l2=l2, start=start, most=6))
        decisions.append((models[-1](x) >= 0).double())
        violation = moments @ decisions[-1]
        theta = theta + step * (torch.cat([violation, -violation]) - eps)
    said = torch.stack(decisions, 1)
    return Mixture(tuple(models), _mix(error @ said, moments @ said, eps, bound))


def group_moments(
    y: ArrayLike | Tensor, group: Attribute, *, criterion: str = "demographic parity"
) -> Tensor:
    """Rows that turn decisions into constraints, shape (constraints, n), float64.

    Row times decisions is the rate of one group less that of all; of both labels for equalised
    odds, the rates among label 0 first.
    """
    validate.choice(criterion, REPAIRABLE, "criterion")
    truth = binary(y, "y")
    groups = intersections({"group": group}, len(truth))
    cells = torch.bincount(2 * groups.code + truth, minlength=2 * len(groups.names)).view(-1, 2)
    need_both_labels(cells, [name for (name,) in groups.names])
    events = {
        "demographic parity": [truth >= 0],
        "equal opportunity": [truth == 1],
        "equalised odds": [truth == 0, truth == 1],
    }[criterion]
    own = torch.nn.functional.one_hot(groups.code, len(groups.names)).T.bool()
    rows = []
    for event in events:
        inside = (own & event).double()
        rows.append(inside / inside.sum(1, keepdim=True) - event / event.double().sum())
    return torch.cat(rows)


def _mix(error: Tensor, violation: Tensor, eps: float, bound: float) -> Tensor:
    """Chances of the classifiers: least error, with violations over ``eps`` at their price."""
    constraints, k = violation.shape
    both = torch.cat([violation, -violation])
    found = linprog(
        np.append(error.numpy(), bound),
        A_ub=np.hstack([both.numpy(), -np.ones((2 * constraints, 1))]),
        b_ub=np.full(2 * constraints, eps),
        A_eq=np.append(np.ones(k), 0.0)[None],
        b_eq=[1.0],
        bounds=(0, None),
        method="highs-ds",
    )
    weights = torch.from_numpy(found.x[:k]).clamp(min=0)
    return weights / weights.sum()
