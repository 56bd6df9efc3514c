"""The value of the GAN game, and the discriminator that is best against a given generator."""

import torch
from torch import Tensor
from torch.nn.functional import softplus


def gan_value(
    real: Tensor,
    fake: Tensor,
    *,
    real_weights: Tensor | None = None,
    fake_weights: Tensor | None = None,
) -> Tensor:
    r"""What the two play for: :math:`V = E_{p}\log D(x) + E_{q}\log(1-D(x))`.

    Parameters
    ----------
    real, fake : Tensor, shapes (n,) and (m,): logits of D, on data and on generated points;
        :math:`\pm\infty` is allowed, for a D that is certain
    real_weights, fake_weights : shapes (n,) and (m,): masses of the points, scaled to sum 1;
        default: all equal

    Returns
    -------
    Tensor, one number, at most 0; differentiable in the logits.

    Raises
    ------
    ValueError : if logits are missing or no numbers, or masses are negative or sum to 0.

    References
    ----------
    Goodfellow et al. (2014), equation 1. Explained in :doc:`/book/security/gan-theory`.
    """
    # log D = -softplus(-logit) and log(1 - D) = -softplus(logit), with nothing rounded to 0
    return -(_mean(softplus(-_logits(real, "real")), real_weights, "real_weights")) - (
        _mean(softplus(_logits(fake, "fake")), fake_weights, "fake_weights")
    )


def optimal_discriminator(p: Tensor, q: Tensor) -> Tensor:
    r"""The logits of :math:`D^*(x) = p(x)/(p(x)+q(x))`, namely :math:`\log p(x) - \log q(x)`.

    Where neither law has mass nobody will look; the logit there is 0.

    Parameters
    ----------
    p, q : Tensor, of one shape: densities (or probabilities) of data and of generated points

    Returns
    -------
    Tensor, same shape: infinite where only one of the two laws has mass.

    Raises
    ------
    ValueError : if the shapes differ, or a density is negative or not finite.

    References
    ----------
    Goodfellow et al. (2014), proposition 1. Explained in :doc:`/book/security/gan-theory`.
    """
    for name, density in (("p", p), ("q", q)):
        _floats(density, name)
        if density.shape != p.shape:
            raise ValueError(f"q: expected the shape {tuple(p.shape)} of p, found {tuple(q.shape)}")
        if not bool(torch.isfinite(density.detach()).all()) or bool((density < 0).any()):
            raise ValueError(f"{name}: expected finite densities of at least 0")
    logits: Tensor = torch.where((p == 0) & (q == 0), torch.zeros_like(p), p.log() - q.log())
    return logits


def _mean(losses: Tensor, weights: Tensor | None, name: str) -> Tensor:
    if weights is None:
        return losses.mean()
    if weights.shape != losses.shape:
        raise ValueError(f"{name}: expected shape {tuple(losses.shape)}, found {weights.shape}")
    total = weights.sum()
    if not bool(torch.isfinite(total)) or float(total) <= 0 or float(weights.min()) < 0:
        raise ValueError(f"{name}: expected masses of at least 0 with a finite sum over 0")
    # an infinite loss where there is no mass costs nothing
    return (weights * losses.masked_fill(weights == 0, 0)).sum() / total


def _logits(z: Tensor, name: str) -> Tensor:
    _floats(z, name)
    if z.ndim != 1 or len(z) == 0:
        raise ValueError(f"{name}: expected at least one logit, shape (n,), found {tuple(z.shape)}")
    if bool(z.detach().isnan().any()):
        raise ValueError(f"{name}: contains logits that are no numbers")
    return z


def _floats(x: Tensor, name: str) -> None:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        found = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"{name}: expected a tensor of floats, found {found}")
