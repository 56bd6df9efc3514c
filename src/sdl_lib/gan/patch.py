"""PatchGAN: a discriminator that judges every small patch of a picture, with its condition."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from sdl_lib import validate


class PatchDiscriminator(nn.Module):
    """A picture and its condition in, one logit for each patch of 18 x 18 pixels out.

    Three convolutions, normalised spectrally, and no dense layer: it takes pictures of any size.
    The first weights are drawn from torch's global source.

    Parameters
    ----------
    channels : of picture and condition together
    width : channels after the first convolution; the second has twice as many

    Raises
    ------
    ValueError : if either is no positive integer.

    References
    ----------
    Isola et al. (2017). Explained in :doc:`/book/security/conditional-gans`.
    """

    shapes = ((4, 2), (4, 2), (3, 1))
    """kernel and stride of each convolution"""

    def __init__(self, channels: int, width: int = 24) -> None:
        for name, value in (("channels", channels), ("width", width)):
            validate.count(value, name)
        super().__init__()
        sizes = (channels, width, 2 * width, 1)
        layers: list[nn.Module] = []
        for (kernel, stride), before, after in zip(self.shapes, sizes, sizes[1:], strict=False):
            layers += [spectral_norm(nn.Conv2d(before, after, kernel, stride, 1))]
            layers += [nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Logits (n, rows, columns) of "real" for pictures and conditions of one size."""
        logits: Tensor = self.layers(torch.cat([x, condition], 1)).squeeze(1)
        return logits


def receptive_field(shapes: Sequence[tuple[int, int]]) -> int:
    """Pixels along a side that one output of a stack of convolutions sees.

    Parameters
    ----------
    shapes : (kernel, stride) of each convolution, from the first to the last

    Raises
    ------
    ValueError : if there is none, or a number is no positive integer.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    if not shapes:
        raise ValueError("shapes: expected at least one convolution, found none")
    seen, step = 1, 1
    for kernel, stride in shapes:
        validate.count(kernel, "kernel")
        validate.count(stride, "stride")
        seen, step = seen + (kernel - 1) * step, step * stride
    return seen
