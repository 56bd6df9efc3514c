"""What pictures go through on their way: eight bits, a JPEG file, a little blur."""

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from sdl_lib import validate


def eight_bit(x: Tensor) -> Tensor:
    """Round to the 256 greys of a file; shape as ``x``, values in [0, 1].

    A generator's pictures are floats. A detector that has not seen them rounded may learn no more
    than that. Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    validate.images(x)
    rounded: Tensor = (x * 255).round() / 255
    return rounded


def jpeg(x: Tensor, *, quality: int = 75) -> Tensor:
    """Write each picture to a JPEG file in memory, and read it back.

    The file keeps the cosine transform of each block of 8 x 8 pixels, rounded, the high
    frequencies the most coarsely. A picture in colour loses half of the resolution of its hues.

    Parameters
    ----------
    x : Tensor, shape (n, 1 or 3, h, w), values in [0, 1]
    quality : 1 to 95

    Raises
    ------
    ValueError : if the pictures have neither 1 nor 3 channels, or ``quality`` is out of range.

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    validate.images(x)
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        raise ValueError(f"x: expected shape (n, 1 or 3, h, w), found {tuple(x.shape)}")
    validate.count(quality, "quality")
    if quality > 95:
        raise ValueError(f"quality: expected 1 to 95, found {quality}")
    if len(x) == 0:
        return x.clone()
    pixels = (x.detach() * 255).round().byte().permute(0, 2, 3, 1).squeeze(3).cpu().numpy()
    read = []
    for picture in pixels:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality)
        read.append(np.asarray(Image.open(file)))
    back = torch.from_numpy(np.stack(read)).to(x)
    back = back.unsqueeze(3) if x.shape[1] == 1 else back
    return back.permute(0, 3, 1, 2) / 255


def blur(x: Tensor, *, sigma: float = 0.5) -> Tensor:
    """Convolve with a Gaussian and round to eight bits; shape as ``x``, edges mirrored.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w), values in [0, 1]
    sigma : spread in pixels, above 0; the window reaches three of them, so pictures must be larger

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    validate.images(x)
    validate.radius(sigma, "sigma")
    if sigma == 0:
        raise ValueError("sigma: expected a number over 0")
    reach = int(np.ceil(3 * sigma))
    if x.ndim != 4 or reach >= min(x.shape[2:]):
        raise ValueError(f"x: expected pictures (n, c, h, w) larger than {reach}")
    line = torch.exp(-torch.arange(-reach, reach + 1).to(x).square() / (2 * sigma**2))
    line = (line / line.sum()).expand(x.shape[1], 1, 1, -1)
    padded = nn.functional.pad(x, (reach,) * 4, mode="reflect")
    along = nn.functional.conv2d(padded, line, groups=x.shape[1])
    both = nn.functional.conv2d(along, line.mT, groups=x.shape[1])
    return eight_bit(both.clamp(0, 1))
