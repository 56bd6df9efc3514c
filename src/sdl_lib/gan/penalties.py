"""Ways to keep a critic's slope in bounds: clipped weights, a penalty on its gradient."""

import torch
from torch import Tensor, nn

from sdl_lib import validate


def gradient_penalty(
    discriminator: nn.Module,
    real: Tensor,
    fake: Tensor,
    *,
    weight: float = 10.0,
    target: float = 1.0,
    chance: torch.Generator | None = None,
) -> Tensor:
    r"""The mean of :math:`\lambda(\lVert\nabla f(\hat x)\rVert_2-1)^2` between real and fake.

    :math:`\hat x=ux+(1-u)G(z)` with :math:`u` uniform for each pair. The result can be
    differentiated with respect to the discriminator's weights.

    Parameters
    ----------
    discriminator : examples to logits (n,)
    real, fake : Tensor, of one shape (n, ...)
    weight : the factor lambda
    target : the slope that costs nothing
    chance : source of u; default: a new one with seed 0

    Raises
    ------
    ValueError : for batches of different shapes, or a negative weight or target.

    References
    ----------
    Gulrajani et al. (2017). Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(real, "real")
    if real.shape != fake.shape:
        raise ValueError(
            f"fake: expected the shape of real, {tuple(real.shape)}, found {tuple(fake.shape)}"
        )
    validate.radius(weight, "weight")
    validate.radius(target, "target")
    chance = chance or torch.Generator().manual_seed(0)
    u = torch.rand(len(real), *[1] * (real.ndim - 1), generator=chance).to(real)
    between = u * real.detach() + (1 - u) * fake.detach()
    return weight * (_slopes(discriminator, between, graph=True) - target).square().mean()


def gradient_norms(discriminator: nn.Module, x: Tensor) -> Tensor:
    """The Euclidean length of the discriminator's gradient at each example, shape (n,).

    The largest is a lower bound of its Lipschitz constant.
    """
    validate.finite_batch(x)
    return _slopes(discriminator, x.detach(), graph=False)


def clip_weights(discriminator: nn.Module, *, c: float = 0.01) -> None:
    """Clip every parameter of the discriminator to [-c, c], in place.

    Raises ``ValueError`` if ``c`` is negative or not finite. Arjovsky et al. (2017). Explained in
    :doc:`/book/security/gans-in-practice`.
    """
    validate.radius(c, "c")
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.clamp_(-c, c)


def _slopes(discriminator: nn.Module, x: Tensor, *, graph: bool) -> Tensor:
    x = x.clone().requires_grad_()
    total = discriminator(x).sum()
    (slope,) = torch.autograd.grad(total, x, create_graph=graph)
    length: Tensor = slope.flatten(1).norm(dim=1)
    return length
