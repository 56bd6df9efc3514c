"""Back onto the manifold: the latent vector whose picture agrees best with a given one."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate


class Projection(NamedTuple):
    """For each picture: its latent vector, and the squared error on the pixels that count."""

    z: Tensor
    error: Tensor


def project(
    generator: Callable[[Tensor], Tensor],
    target: Tensor,
    starts: Tensor,
    *,
    mask: Tensor | None = None,
    anchor: Tensor | None = None,
    proximity: float = 0.02,
    steps: int = 150,
    lr: float = 0.1,
) -> Projection:
    r"""Minimise :math:`\sum_i m_i (G(z)_i - t_i)^2 + \lambda\lVert z - z_0\rVert^2` over ``z``.

    With all pixels in the mask this projects a picture onto what the generator can draw; with a
    hole in it, it paints the hole; with the pixels alone that a user has changed, and the anchor
    where the picture was before, it carries out an edit. Adam, from each start; the best is kept.

    Parameters
    ----------
    generator : from z (n, latent) to pictures in [0, 1], such as ``DCGANGenerator().pictures``
    target : Tensor, shape (n, c, h, w), values in [0, 1]
    starts : Tensor, shape (k, n, latent): k first guesses for each picture
    mask : Tensor as ``target``, weights of at least 0; default: 1 everywhere
    anchor : Tensor, shape (n, latent): where z should stay near; default: 0, the prior's mean
    proximity : the weight :math:`\lambda`
    steps, lr : of Adam

    Raises
    ------
    ValueError : if a shape does not fit, a number is negative or not finite, or the generator is
        a network in training mode.

    References
    ----------
    Zhu et al. (2016), Yeh et al. (2017). Explained in
    :doc:`/book/security/deepfakes-and-forgery`.
    """
    mask, anchor = _checked(generator, target, starts, mask, anchor)
    validate.radius(proximity, "proximity")
    validate.radius(lr, "lr")
    validate.count(steps, "steps")
    guesses, n = starts.shape[:2]

    def cost(z: Tensor) -> tuple[Tensor, Tensor]:
        drawn = generator(z.flatten(0, 1)).unflatten(0, (guesses, n))
        error = (mask * (drawn - target).square()).flatten(2).sum(2)
        return error, error + proximity * (z - anchor).square().sum(2)

    z = starts.detach().clone().requires_grad_()
    optimiser = torch.optim.Adam([z], lr=lr)
    for _ in range(steps):
        with torch.enable_grad():  # the gradient in z alone: the network keeps its own
            (z.grad,) = torch.autograd.grad(cost(z)[1].sum(), z)
        optimiser.step()
    with torch.no_grad():
        error, total = cost(z)
        best = total.argmin(0)
    rows = torch.arange(n)
    return Projection(z.detach()[best, rows], error[best, rows])


def _checked(
    generator: Callable[[Tensor], Tensor],
    target: Tensor,
    starts: Tensor,
    mask: Tensor | None,
    anchor: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """Everything fits; the mask and the anchor, or what stands for them."""
    network = getattr(generator, "__self__", generator)
    if isinstance(network, nn.Module):
        validate.eval_mode(network, "generator")
    validate.images(target, "target")
    validate.finite_batch(starts, "starts")
    n = len(target)
    if starts.ndim != 3 or starts.shape[0] == 0 or starts.shape[1] != n:
        raise ValueError(f"starts: expected shape (k, {n}, latent), found {tuple(starts.shape)}")
    mask = torch.ones_like(target) if mask is None else mask
    validate.finite_batch(mask, "mask")
    if mask.shape != target.shape or bool((mask < 0).any()):
        raise ValueError(f"mask: expected weights of at least 0, shape {tuple(target.shape)}")
    anchor = torch.zeros_like(starts[0]) if anchor is None else anchor
    validate.finite_batch(anchor, "anchor")
    if anchor.shape != starts.shape[1:]:
        wanted, found = tuple(starts.shape[1:]), tuple(anchor.shape)
        raise ValueError(f"anchor: expected shape {wanted}, found {found}")
    return mask, anchor
