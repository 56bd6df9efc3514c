"""How far one group lies from another, and how differently a fair rule may then treat them."""

import numpy as np
import torch
from scipy.optimize import linprog
from scipy.sparse import coo_array
from torch import Tensor

from sdl_lib.fairness.lipschitz import metric
from sdl_lib.fairness.lipschitz_classifier import lipschitz_classifier


def earth_mover(first: Tensor, second: Tensor, distance: Tensor) -> float:
    r"""The least work that turns one group's mass into the other's.

    :math:`\min\sum_{ij}f_{ij}d_{ij}` over flows f of at least 0 that take ``first`` to ``second``,
    both groups counted as of mass 1: a linear programme with a variable for each pair.

    Parameters
    ----------
    first, second : BoolTensors, shape (n,), who belongs to which group; neither is empty
    distance : Tensor, shape (n, n), how unlike two people are for the task

    Returns
    -------
    float : the Earth mover (or Wasserstein-1) distance of the two groups.

    Raises
    ------
    ValueError : if a shape or a value is wrong, or a group is empty.

    References
    ----------
    Rubner et al. (2000). Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    d = metric(distance, len(distance))
    a, b = _members(first, len(d), "first"), _members(second, len(d), "second")
    cost = d[a][:, b].numpy()
    n, m = cost.shape
    flow = np.arange(n * m)
    rows = np.concatenate([flow // m, n + flow % m])
    sums = coo_array((np.ones(2 * n * m), (rows, np.tile(flow, 2))), shape=(n + m, n * m))
    mass = np.concatenate([np.full(n, 1 / n), np.full(m, 1 / m)])
    found = linprog(cost.ravel(), A_eq=sums.tocsr(), b_eq=mass, method="highs")
    if found.status != 0:
        raise RuntimeError(f"the linear programme was not solved: {found.message}")
    return float(found.fun)


def largest_parity_gap(first: Tensor, second: Tensor, distance: Tensor) -> float:
    """The largest difference of selection rates, ``first`` less ``second``, of any Lipschitz rule.

    It is at most :func:`earth_mover`, and equal to it if the distance is a metric (it obeys the
    triangle inequality) and nowhere exceeds 1.

    Parameters
    ----------
    first, second : BoolTensors, shape (n,), who belongs to which group; neither is empty
    distance : Tensor, shape (n, n)

    Raises
    ------
    ValueError : if a shape or a value is wrong, or a group is empty.

    References
    ----------
    Dwork et al. (2012), section 3. Explained in
    :doc:`/book/fairness/individuals-causality-and-law`.
    """
    n = len(distance)
    a, b = _members(first, n, "first"), _members(second, n, "second")
    gain = a.double() / a.sum() - b.double() / b.sum()
    return float(lipschitz_classifier(gain, distance) @ gain)


def _members(group: Tensor, n: int, name: str) -> Tensor:
    if not isinstance(group, Tensor) or group.dtype != torch.bool or group.shape != (n,):
        raise ValueError(f"{name}: expected a BoolTensor of shape ({n},)")
    if not bool(group.any()):
        raise ValueError(f"{name}: expected at least one person, found an empty group")
    return group
