"""TracIn: add up what each training example did to a test loss on the way."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.example_gradients import example_gradients, inner_products


def tracin(
    checkpoints: Sequence[nn.Module],
    x: Tensor,
    y: Tensor,
    x_test: Tensor,
    y_test: Tensor,
    *,
    lr: float | Sequence[float],
) -> Tensor:
    r"""The fall of each test loss that steps on each example caused, summed over checkpoints.

    :math:`\sum_c\eta_c\;\nabla\ell(w_c;z_t)^\top\nabla\ell(w_c;z_i)`: to first order, a step of
    gradient descent on example i alone lowers the test loss by this much. Positive: it helps.

    Parameters
    ----------
    checkpoints : copies of the model as training went on, in evaluation mode
    x, y : the n training examples
    x_test, y_test : the m examples whose loss is explained
    lr : the learning rate, one for all checkpoints or one for each; times the number of steps that
        a checkpoint stands for, over n, if sums are to be in nats

    Returns
    -------
    Tensor, shape (m, n).

    Raises
    ------
    ValueError : if there are no checkpoints, a rate is not finite, or shapes do not fit.

    References
    ----------
    Pruthi et al. (2020). Explained in :doc:`/book/explanation/training-data-influence`.
    """
    if len(checkpoints) == 0:
        raise ValueError("checkpoints: expected at least one model, found none")
    rates = [float(lr)] * len(checkpoints) if isinstance(lr, int | float) else list(lr)
    if len(rates) != len(checkpoints) or not all(math.isfinite(rate) for rate in rates):
        raise ValueError(f"lr: expected {len(checkpoints)} finite rates, found {rates}")
    validate.labels(y, len(x))
    validate.labels(y_test, len(x_test), name="y_test")
    total = torch.zeros(len(x_test), len(x), dtype=x.dtype, device=x.device)
    for model, rate in zip(checkpoints, rates, strict=True):
        targets = example_gradients(model, x_test, y_test)
        total += rate * inner_products(model, x, y, targets)
    return total
