"""Bias amplification: how much more often a classifier says yes than the truth does."""

from typing import NamedTuple

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib.fairness.attributes import binary
from sdl_lib.fairness.class_gaussians import ClassGaussians


def bias_amplification(predicted: ArrayLike | Tensor, y: ArrayLike | Tensor) -> Tensor:
    r"""Predicted less true positive rate, :math:`B(h)=\mathrm E[h(x)-y]`, on a sample.

    Parameters
    ----------
    predicted : the decisions :math:`h(x)`, shape (n,), 0 or 1
    y : the truth, shape (n,), 0 or 1

    Returns
    -------
    Tensor, float64, of no dimension; it is (false positives - false negatives) / n.

    Raises
    ------
    ValueError : if a value is neither 0 nor 1, the lengths differ, or there is nobody.

    References
    ----------
    Leino, Black, Fredrikson, Sen & Datta (2019).
    Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    truth = binary(y, "y")
    said = binary(predicted, "predicted")
    if said.shape != truth.shape:
        raise ValueError(
            f"predicted: expected one decision for each of {len(truth)} people, found {len(said)}"
        )
    return said.double().mean() - truth.double().mean()


class Behaviour(NamedTuple):
    """What linear rules do on the whole distribution: bias, accuracy, each of shape (...)."""

    bias: Tensor
    accuracy: Tensor


def linear_behaviour(weights: Tensor, intercept: Tensor, on: ClassGaussians) -> Behaviour:
    r"""Bias amplification and accuracy of linear rules, exact: no sample is drawn.

    In class y the logit :math:`w^\top x+b` is Gaussian, with mean :math:`w^\top\mu_y+b` and
    variance :math:`\sum_jw_j^2\sigma_j^2`; so the chance that it is positive is a value of the
    Gaussian distribution function.

    Parameters
    ----------
    weights : Tensor, shape (..., d), none of the rows zero
    intercept : Tensor, shape (...)
    on : the distribution, of d features

    Raises
    ------
    ValueError : if the shapes do not fit, or a rule looks at nothing.

    References
    ----------
    Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    if weights.shape[-1:] != on.sd.shape or weights.shape[:-1] != intercept.shape:
        raise ValueError(
            f"weights: expected shape (..., {len(on.sd)}) and an intercept for each row, found "
            f"{tuple(weights.shape)} and {tuple(intercept.shape)}"
        )
    w, b = weights.double(), intercept.double()
    spread = (w * on.sd).norm(dim=-1)
    if bool((spread == 0).any()):
        raise ValueError("weights: a rule of zeros looks at nothing")
    yes = torch.special.ndtr((w @ on.positive + b) / spread)  # among the positives
    no = torch.special.ndtr(-(w @ on.negative + b) / spread)  # among the negatives
    p = on.prior
    return Behaviour(p * yes + (1 - p) * (1 - no) - p, p * yes + (1 - p) * no)


def bayes_rule(on: ClassGaussians) -> tuple[Tensor, Tensor]:
    r"""Weights (d,) and intercept of the most accurate rule; what bias it has is unavoidable.

    .. math:: w_j=\frac{\mu_{1j}-\mu_{0j}}{\sigma_j^2},\qquad
        b=\ln\frac p{1-p}-\sum_j w_j\,\frac{\mu_{0j}+\mu_{1j}}2
    """
    w = (on.positive - on.negative) / on.sd**2
    p = torch.tensor(on.prior, dtype=torch.float64)
    return w, torch.logit(p) - w @ (on.positive + on.negative) / 2
