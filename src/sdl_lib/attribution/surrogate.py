"""A linear model of a game: worths regressed on who is present."""

import math

import torch
from torch import Tensor

from sdl_lib.attribution.games import check_masks


def linear_surrogate(
    masks: Tensor, worths: Tensor, weights: Tensor, *, ridge: float = 0.0
) -> tuple[Tensor, Tensor]:
    r"""Minimise :math:`\sum_S w_S(v(S)-a-\sum_{i\in S}\beta_i)^2+\lambda\lVert\beta\rVert^2`.

    With equal weights on all coalitions the slopes are the Banzhaf values; with weight on the
    largest coalitions alone, what each feature adds as the last.

    Parameters
    ----------
    masks : BoolTensor, shape (m, d)
    worths : Tensor, shape (m,) or (m, n)
    weights : Tensor, shape (m,): not negative, not all zero
    ridge : :math:`\lambda`; the intercept is not penalised

    Returns
    -------
    intercept, slopes : shapes () and (d,), or (n,) and (n, d), float64; the shortest solution
        where the masks leave several.

    Raises
    ------
    ValueError : if shapes do not fit, or a weight or ``ridge`` is negative or not finite.

    References
    ----------
    Hammer & Holzman (1992). Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    check_masks(masks, masks.shape[-1])
    m = len(masks)
    if worths.ndim not in (1, 2) or len(worths) != m:
        raise ValueError(f"worths: expected shape ({m},) or ({m}, n), found {tuple(worths.shape)}")
    if weights.shape != (m,) or not bool((weights >= 0).all()) or not float(weights.sum()) > 0:
        raise ValueError(f"weights: expected {m} numbers, none negative, not all zero")
    if not (math.isfinite(ridge) and ridge >= 0):
        raise ValueError(f"ridge: expected a finite number of at least 0, found {ridge}")
    share = (weights / weights.sum()).double()
    z, v = masks.double(), worths.double().reshape(m, -1)
    z_mean, v_mean = share @ z, share @ v
    root = share.sqrt()[:, None]
    rows, targets = root * (z - z_mean), root * (v - v_mean)
    if ridge > 0:
        penalty = math.sqrt(ridge / float(weights.sum())) * torch.eye(z.shape[1]).to(z)
        rows = torch.cat([rows, penalty])
        targets = torch.cat([targets, targets.new_zeros(z.shape[1], targets.shape[1])])
    slopes = torch.linalg.lstsq(rows, targets, driver="gelsd").solution
    intercept = v_mean - z_mean @ slopes
    single = worths.ndim == 1
    return (intercept[0], slopes[:, 0]) if single else (intercept, slopes.T)
