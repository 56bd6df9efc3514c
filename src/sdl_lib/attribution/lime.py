"""LIME: a linear model, fitted around one input to what the network answers there."""

import math

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.attribution.games import Predict, outputs, player_of
from sdl_lib.attribution.surrogate import linear_surrogate


def lime(
    predict: Predict,
    x: Tensor,
    *,
    background: Tensor,
    samples: int,
    kernel_width: float | None = None,
    ridge: float = 0.0,
    groups: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Slopes of a weighted linear fit: what keeping each feature of ``x`` adds, near ``x``.

    Each sample keeps every feature with chance 1/2 and takes the others from a random row of the
    background; one with k features absent has the weight :math:`e^{-k/\sigma^2}`. The first
    sample is ``x`` itself.

    Parameters
    ----------
    predict, background, groups : as for :func:`feature_game`
    x : Tensor, one input, of the shape of a row of ``background``
    samples : how many inputs the model is asked about
    kernel_width : :math:`\sigma`; default: :math:`.75\sqrt d`, the authors' choice
    ridge : penalty on the squared slopes, for weights as above
    generator : the source of masks and rows; default: a new one with seed 0

    Returns
    -------
    Tensor, shape (d,): one weight for each feature (or group), dtype of ``x``.

    Raises
    ------
    ValueError : if shapes do not fit or a number is out of range.

    References
    ----------
    Ribeiro, Singh & Guestrin (2016). Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    groups = player_of(x, background, groups)
    if x.ndim != background.ndim - 1:
        raise ValueError(f"x: expected one input, found shape {tuple(x.shape)}")
    validate.count(samples, "samples", least=2)
    players = int(groups.max()) + 1
    source = generator or torch.Generator().manual_seed(0)
    where = source.device
    masks = torch.randint(2, (samples, players), generator=source, device=where).bool().to(x.device)
    masks[0] = True
    rows = torch.randint(len(background), (samples,), generator=source, device=where).to(x.device)
    mixed = torch.where(masks[:, groups], x.detach(), background.detach()[rows])
    weights = lime_kernel(masks, kernel_width)
    _, slopes = linear_surrogate(masks, outputs(predict, mixed), weights, ridge=ridge)
    return slopes.to(x.dtype)


def lime_kernel(masks: Tensor, kernel_width: float | None = None) -> Tensor:
    r"""The weight :math:`e^{-k/\sigma^2}` of a coalition that lacks k of d features, float64.

    ``masks`` is a BoolTensor (m, d); ``kernel_width`` is :math:`\sigma`, by default
    :math:`.75\sqrt d`. Raises ``ValueError`` if it is not a positive number.
    """
    width = 0.75 * math.sqrt(masks.shape[1]) if kernel_width is None else kernel_width
    if not (math.isfinite(width) and width > 0):
        raise ValueError(f"kernel_width: expected a finite number above 0, found {kernel_width}")
    return torch.exp(-(~masks).sum(1).double() / width**2)
