"""What a camera does to a picture: shifts, turns, distances and light, drawn at random."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib import validate

# of a batch and a source of chance: one view of each picture, differentiable
Views = Callable[[Tensor, torch.Generator], Tensor]


def random_views(
    *, shift: float = 0.0, rotation: float = 0.0, scale: float = 0.0, light: float = 0.0
) -> Views:
    r"""A sampler of views, each picture of a batch seen in its own way.

    Parameters
    ----------
    shift : largest shift along each axis, as a share of the width or height
    rotation : largest angle, in degrees, to either side
    scale : sizes from 1 - ``scale`` to 1 + ``scale``
    light : pixels are multiplied by 1 - ``light`` to 1 + ``light``, then clipped to [0, 1]

    Returns
    -------
    Callable of (x, generator): x of shape (n, c, h, w) in [0, 1] to views of the same shape;
    gradients flow through. Beyond the edge the picture is continued with its outermost pixels.
    With all four at 0 the view is the picture itself, bit for bit.

    Raises
    ------
    ValueError : if a number is negative or not finite, or ``scale`` or ``light`` reaches 1.

    References
    ----------
    Athalye et al. (2018); Jaderberg et al. (2015) for the sampling. Explained in
    :doc:`/book/security/physical-audio-and-medical`.
    """
    limits = {"shift": shift, "rotation": rotation, "scale": scale, "light": light}
    for name, value in limits.items():
        validate.radius(value, name)
        if name in ("scale", "light") and value >= 1:
            raise ValueError(f"{name}: expected a number below 1, found {value}")

    def view(x: Tensor, generator: torch.Generator) -> Tensor:
        if x.ndim != 4:
            raise ValueError(f"x: expected shape (n, c, h, w), found {tuple(x.shape)}")
        draw = 2 * torch.rand(5, len(x), generator=generator, device=generator.device).to(x) - 1
        if shift or rotation or scale:
            angle, size = math.radians(rotation) * draw[0], 1 + scale * draw[1]
            where = _whence(angle, size, 2 * shift * draw[2:4], x)
            x = nn.functional.grid_sample(x, where, padding_mode="border", align_corners=False)
        if light:
            x = (x * (1 + light * draw[4]).view(-1, 1, 1, 1)).clamp(0, 1)
        return x

    return view


def _whence(angle: Tensor, size: Tensor, shift: Tensor, x: Tensor) -> Tensor:
    """Where each pixel of the view lies in the picture, shape (n, h, w, 2): the inverse map."""
    cos, sin = angle.cos() / size, angle.sin() / size
    aspect = x.shape[2] / x.shape[3]  # a turn is one in pixels, not in shares of the sides
    turn = torch.stack([cos, sin * aspect, -sin / aspect, cos], 1).view(-1, 2, 2)
    moved = -turn @ shift.T.unsqueeze(2)
    return nn.functional.affine_grid(
        torch.cat([turn, moved], 2), list(x.shape), align_corners=False
    )
