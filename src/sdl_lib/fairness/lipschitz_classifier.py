"""The best rule that treats like people alike: a linear programme."""

import numpy as np
import torch
from scipy.optimize import linprog
from scipy.sparse import csr_array
from torch import Tensor

from sdl_lib.fairness.lipschitz import metric


def lipschitz_classifier(gain: Tensor, distance: Tensor) -> Tensor:
    r"""Chances of a yes that maximise :math:`\sum_i p_ig_i` while all :math:`|p_i-p_j|\le d_{ij}`.

    The programme has one variable a person and two rows for each pair with :math:`d_{ij}<1`: it is
    meant for some hundreds of people, not for thousands.

    Parameters
    ----------
    gain : Tensor, shape (n,), what a yes to each person is worth to whoever decides (a no: 0)
    distance : Tensor, shape (n, n), how unlike two people are for the task

    Returns
    -------
    Tensor, shape (n,), float64 : the chance of a yes for each person, in [0, 1].

    Raises
    ------
    ValueError : if a shape or a value is wrong.
    RuntimeError : if the solver fails; p = 0 is always feasible, so it should not.

    References
    ----------
    Dwork et al. (2012). Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    if not isinstance(gain, Tensor) or gain.ndim != 1 or not bool(torch.isfinite(gain).all()):
        raise ValueError("gain: expected a vector of finite numbers")
    n = len(gain)
    d = metric(distance, n)
    first, second = (d < 1).triu(1).nonzero().numpy().T
    pairs = len(first)
    rows = np.repeat(np.arange(2 * pairs), 2)
    columns = np.stack([first, second], 1)
    columns = np.concatenate([columns, columns[:, ::-1]]).ravel()
    signs = np.tile([1.0, -1.0], 2 * pairs)
    limit = np.tile(d.numpy()[first, second], 2)
    found = linprog(
        -gain.detach().double().numpy(),
        A_ub=csr_array((signs, (rows, columns)), shape=(2 * pairs, n)) if pairs else None,
        b_ub=limit if pairs else None,
        bounds=(0, 1),
        method="highs",
    )
    if found.status != 0:
        raise RuntimeError(f"the linear programme was not solved: {found.message}")
    return torch.from_numpy(found.x.copy()).clamp(0, 1)
