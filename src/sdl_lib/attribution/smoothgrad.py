"""SmoothGrad: the mean of the gradient around the input."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.gradient import at_once, check_arguments, input_gradient


def smoothgrad(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    samples: int = 50,
    sigma: float = 0.15,
    generator: torch.Generator,
) -> Tensor:
    r"""The mean of :math:`\nabla_x f_y(x+\xi)` over noise :math:`\xi\sim N(0,\sigma^2)`.

    Parameters
    ----------
    model, x, y : as for :func:`saliency`
    samples : how many noisy copies of each example
    sigma : standard deviation of the noise, in units of ``x``; noisy pixels may leave [0, 1]
    generator : the source of the noise

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``, signed; logits per unit of ``x``.

    Raises
    ------
    ValueError : as :func:`saliency`, and for a bad ``samples`` or ``sigma``.

    References
    ----------
    Smilkov et al. (2017). Explained in :doc:`/book/explanation/gradient-attribution`.
    """
    check_arguments(model, x, y)
    validate.count(samples, "samples")
    validate.radius(sigma, "sigma")
    x = x.detach()
    total = torch.zeros_like(x)
    if len(x) == 0:
        return total
    together = max(1, at_once(x) // len(x))  # copies of a small batch share a forward pass
    for drawn in range(0, samples, together):
        copies = min(together, samples - drawn)
        points = torch.cat([_normal(x, generator) for _ in range(copies)])
        points.mul_(sigma).view(copies, *x.shape).add_(x)
        total += input_gradient(model, points, y.repeat(copies)).view(copies, *x.shape).sum(0)
    return total / samples


def _normal(x: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal numbers shaped as ``x``, the same whatever its precision."""
    return torch.randn(x.shape, generator=generator, device=generator.device).to(x)
