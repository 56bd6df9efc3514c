"""Sampling a category by noise added to its logits, and a soft version with a gradient."""

import torch
from torch import Tensor

from sdl_lib import validate


def gumbel_noise(logits: Tensor, *, chance: torch.Generator | None = None) -> Tensor:
    """Independent Gumbel noise, -log of an exponential variable, shaped like ``logits``.

    Parameters
    ----------
    logits : Tensor of floats, of any shape
    chance : default: a new one with seed 0

    References
    ----------
    Maddison, Tarlow & Minka (2014). Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    chance = chance or torch.Generator().manual_seed(0)
    wait = torch.empty(logits.shape, dtype=logits.dtype).exponential_(generator=chance)
    return -wait.clamp_min(torch.finfo(wait.dtype).tiny).log().to(logits.device)


def gumbel_max(logits: Tensor, *, noise: Tensor) -> Tensor:
    r"""A sample of each row's softmax: :math:`\arg\max_i(\ell_i + g_i)`, exactly, no gradient.

    Parameters
    ----------
    logits : Tensor, shape (..., classes)
    noise : Tensor, same shape, Gumbel noise

    Returns
    -------
    Tensor of int64, shape (...).

    Raises
    ------
    ValueError : if the shapes differ, or the logits are no floats or not finite.

    References
    ----------
    Maddison, Tarlow & Minka (2014). Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    _check(logits, noise)
    return (logits + noise).argmax(-1)


def gumbel_softmax(
    logits: Tensor, *, noise: Tensor, tau: float = 1.0, hard: bool = False
) -> Tensor:
    r"""Soft samples :math:`\operatorname{softmax}((\ell+g)/\tau)`, which have a gradient.

    With ``hard`` the value is the one-hot vector of the largest entry and the gradient is that of
    the soft sample: the straight-through estimator. The gradient is biased in both forms.

    Parameters
    ----------
    logits : Tensor, shape (..., classes)
    noise : Tensor, same shape, Gumbel noise
    tau : temperature over 0; towards 0 the soft sample becomes the one-hot vector
    hard : straight-through

    Returns
    -------
    Tensor, same shape; each row sums to 1.

    Raises
    ------
    ValueError : if the shapes differ, the logits are not finite, or ``tau`` is not over 0.

    References
    ----------
    Jang, Gu & Poole (2017). Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    _check(logits, noise)
    validate.radius(tau, "tau")
    if tau == 0:
        raise ValueError("tau: expected a temperature over 0, found 0")
    soft = ((logits + noise) / tau).softmax(-1)
    if not hard:
        return soft
    one_hot = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
    return one_hot - soft.detach() + soft


def _check(logits: Tensor, noise: Tensor) -> None:
    if not isinstance(logits, Tensor) or not logits.is_floating_point() or logits.ndim < 1:
        raise ValueError("logits: expected a tensor of floats, shape (..., classes)")
    if noise.shape != logits.shape:
        raise ValueError(
            f"noise: expected the shape {tuple(logits.shape)} of the logits, "
            f"found {tuple(noise.shape)}"
        )
