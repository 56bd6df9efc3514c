"""Distance correlation: a measure of dependence that only independence brings to zero."""

import torch
from torch import Tensor

from sdl_lib import validate


def distance_correlation(a: Tensor, b: Tensor, *, unbiased: bool = False) -> Tensor:
    r"""The correlation of the distances between examples in ``a`` with those in ``b``.

    With doubly centred distance matrices :math:`A` and :math:`B` it is the root of
    :math:`\langle A,B\rangle/\sqrt{\langle A,A\rangle\langle B,B\rangle}`.

    Parameters
    ----------
    a : Tensor, shape (n,) or (n, p), float
    b : Tensor, shape (n,) or (n, q), float
    unbiased : return the bias-corrected *square* of Szekely & Rizzo (2014) instead, which is
        near 0 for independent samples and may be negative; needs n of at least 4

    Returns
    -------
    Tensor, shape (), float64: in [0, 1], 1 for a line; 0 if either is constant

    Raises
    ------
    ValueError : if the numbers of examples differ, are too few, or a value is not finite.

    References
    ----------
    Szekely, Rizzo & Bakirov (2007). Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    rows = [_rows(a, "a"), _rows(b, "b")]
    n, least = len(rows[0]), 4 if unbiased else 2
    if len(rows[1]) != n or n < least:
        raise ValueError(
            f"b: expected as many examples as a, at least {least}, found {len(rows[1])} and {n}"
        )
    # without the product of matrices, which is quicker and loses half of the digits
    apart = (torch.cdist(r, r, compute_mode="donot_use_mm_for_euclid_dist") for r in rows)
    first, second = (_centred(distances, unbiased) for distances in apart)
    size = ((first * first).sum() * (second * second).sum()).clamp(min=0).sqrt()
    if size <= 1e-20:
        return size.new_zeros(())
    square = (first * second).sum() / size
    return square if unbiased else square.clamp(0, 1).sqrt()


def _rows(values: Tensor, name: str) -> Tensor:
    values = values[:, None] if isinstance(values, Tensor) and values.ndim == 1 else values
    validate.finite_batch(values, name)
    return values.detach().double().flatten(1)


def _centred(distance: Tensor, unbiased: bool) -> Tensor:
    """Distances (n, n) less the means of row and column, plus that of all."""
    n = len(distance)
    if not unbiased:
        column = distance.mean(0, keepdim=True)
        return distance - column - column.T + distance.mean()
    column = distance.sum(0, keepdim=True) / (n - 2)
    centred = distance - column - column.T + distance.sum() / ((n - 1) * (n - 2))
    return centred.fill_diagonal_(0.0)
