"""Noise-contrastive estimation: a density and its normaliser, learnt by telling data from noise."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.probability import wasserstein_1d


class NceGaussian(NamedTuple):
    r"""The fitted :math:`p(x) = e^{-(x-\mu)^2/2\sigma^2}/Z`, with ``log_z`` a free number."""

    mean: float
    sd: float
    log_z: float


def nce_gaussian(
    real: Tensor,
    noise: Tensor,
    *,
    log_noise: Callable[[Tensor], Tensor],
    steps: int = 30,
) -> NceGaussian:
    r"""Fit an unnormalised Gaussian by NCE, its normaliser as one parameter more.

    The discriminator's logit is :math:`\log p_{\rm model}(x)-\log p_{\rm noise}(x)-\log\nu`, with
    :math:`\nu` points of noise to one of data. In :math:`\log p_{\rm model}=ax^2+bx+c` this is a
    logistic regression, so Newton's method finds the one maximum.

    Parameters
    ----------
    real, noise : Tensor, shapes (n,) and (m,): data, and points drawn from the noise
    log_noise : the log density of the noise, from points to numbers of the same shape
    steps : Newton steps, at most

    Returns
    -------
    NceGaussian : mean, standard deviation and log normaliser.

    Raises
    ------
    ValueError : if points are missing or not finite, or the fit is no Gaussian: the noise
        then does not overlap the data.

    References
    ----------
    Gutmann & Hyvarinen (2010). Explained in :doc:`/book/security/gan-theory`.
    """
    wasserstein_1d(real, noise)  # its checks of points on a line are ours
    validate.count(steps, "steps")
    x = torch.cat([real, noise]).detach().double()
    is_real = torch.cat([torch.ones(len(real)), torch.zeros(len(noise))]).double()
    features = torch.stack([x**2, x, torch.ones_like(x)], 1)
    offset = -log_noise(x) - torch.tensor(len(noise) / len(real)).double().log()
    theta = x.new_tensor([-0.5, 0.0, 0.0]) / x.var().clamp(min=1)
    for _ in range(steps):
        d = torch.sigmoid(features @ theta + offset)
        slope = features.T @ (is_real - d)
        bend = (features.T * (d * (1 - d))) @ features + 1e-9 * torch.eye(3).double()
        step = torch.linalg.solve(bend, slope)
        theta = theta + step
        if float(step.abs().max()) < 1e-12:
            break
    a, b, c = theta.tolist()
    if not a < 0 or not bool(torch.isfinite(theta).all()):
        raise ValueError("noise: does not overlap the data enough to fit a Gaussian")
    mean, variance = -b / (2 * a), -1 / (2 * a)
    return NceGaussian(mean, variance**0.5, -c - mean**2 / (2 * variance))
