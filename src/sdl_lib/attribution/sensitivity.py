"""Max-sensitivity: how far a map moves when its input hardly does."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.cascading_randomisation import Attribute
from sdl_lib.attribution.gradient import check_arguments

_NUMBERS = 2**16  # as many draws go through the model together as have so many values: 83 digits


def sensitivity(
    model: nn.Module,
    attribute: Attribute,
    x: Tensor,
    y: Tensor,
    *,
    radius: float = 0.02,
    samples: int = 10,
    relative: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""The largest :math:`\lVert\phi(x + r) - \phi(x)\rVert` over random r in the max-norm ball.

    A maximum over draws is a lower bound of the maximum over the ball, and often a poor one:
    :func:`fool_saliency` looks for the worst r instead.

    Parameters
    ----------
    model, attribute, x, y : as for :func:`cascading_randomisation`
    radius : of the ball, in units of ``x``; ``x + r`` may leave the unit box
    samples : how many r are drawn, uniformly
    relative : divide by :math:`\lVert\phi(x)\rVert`, where it is not 0
    generator : the source of r; default: a new one with seed 0

    Returns
    -------
    Tensor, shape (n,), at least 0.

    Raises
    ------
    ValueError : as :func:`saliency`, and if ``radius`` or ``samples`` is out of range.

    References
    ----------
    Yeh et al. (2019). Explained in :doc:`/book/explanation/trusting-explanations`.
    """
    check_arguments(model, x, y)
    validate.radius(radius, "radius")
    validate.count(samples, "samples")
    source = generator or torch.Generator().manual_seed(0)
    x = x.detach()
    here = attribute(model, x, y).flatten(1)
    largest = torch.zeros_like(here[:, 0])
    together = max(1, _NUMBERS // max(1, x.numel()))
    for start in range(0, samples, together):
        count = min(together, samples - start)
        moved = torch.empty((count, *x.shape), device=source.device, dtype=x.dtype)
        moved = moved.uniform_(-radius, radius, generator=source).to(x).add_(x).flatten(0, 1)
        there = attribute(model, moved, y.repeat(count)).view(count, *here.shape)
        largest = torch.maximum(largest, (there - here).norm(dim=2).amax(0))
    size = here.norm(dim=1)
    return largest / torch.where(size > 0, size, torch.ones_like(size)) if relative else largest
