"""Spearman's rank correlation of two maps, with and without their signs."""

import torch
from torch import Tensor

from sdl_lib import validate


def rank_correlation(a: Tensor, b: Tensor, *, absolute: bool = False) -> Tensor:
    r"""Spearman's :math:`\rho` of each example's two maps: Pearson's correlation of their ranks.

    Parameters
    ----------
    a, b : Tensor of floats, shape (n, ...), the same for both
    absolute : rank :math:`|a|` and :math:`|b|`; then a map and its negative agree fully, and
        whatever is near zero in both maps counts as agreement

    Returns
    -------
    Tensor, shape (n,), float64, from -1 to 1; nan where a map is constant and has no ranks.

    Raises
    ------
    ValueError : if the shapes differ, or a value is not finite.

    References
    ----------
    Spearman (1904); Adebayo et al. (2018) for maps. Explained in
    :doc:`/book/explanation/trusting-explanations`.
    """
    validate.finite_batch(a, "a")
    validate.finite_batch(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"b: expected the shape of a, {tuple(a.shape)}, found {tuple(b.shape)}")
    pair = [m.detach().flatten(1).double() for m in (a, b)]
    u, v = (ranks(m.abs() if absolute else m) for m in pair)
    u, v = (r - r.mean(1, keepdim=True) for r in (u, v))
    rho: Tensor = (u * v).sum(1) / (u.norm(dim=1) * v.norm(dim=1))
    return rho


def ranks(values: Tensor) -> Tensor:
    """Ranks 1 to d within each row of (n, d), float64; equal values share their mean rank."""
    ordered = values.sort(1).values.contiguous()
    wanted = values.contiguous()
    below = torch.searchsorted(ordered, wanted, right=False)
    up_to = torch.searchsorted(ordered, wanted, right=True)
    return (below + up_to + 1).double() / 2
