"""Where something is to be seen in a picture: blobs of all sizes, found without the model."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

_SCALES = (1.0, 1.6, 2.5, 4.0)


class Keypoints(NamedTuple):
    """The strongest blobs of each picture: place, size and share of the contrast, (n, k) each."""

    row: Tensor
    column: Tensor
    scale: Tensor
    weight: Tensor


def keypoints(x: Tensor, count: int) -> Keypoints:
    """The ``count`` strongest blobs: peaks of the difference of two blurred copies.

    This is the first step of SIFT, done for each colour; the model is not asked.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w), in [0, 1]
    count : blobs a picture; where there are fewer peaks, flat places of weight near 0 fill up

    References
    ----------
    Lowe (2004). Explained in :doc:`/book/security/black-box-and-sparse`.
    """
    blurred = [x, *(_blur(x, sigma) for sigma in _SCALES)]
    layers = [(a - b).abs().amax(1) for a, b in zip(blurred, blurred[1:], strict=False)]
    response = torch.stack(layers, 1)
    peak = nn.functional.max_pool2d(response, 3, stride=1, padding=1)
    strength = torch.where(response == peak, response, torch.zeros_like(response)).flatten(1)
    value, place = strength.topk(min(count, strength.shape[1]), dim=1)
    height, width = x.shape[2:]
    scales = torch.tensor(_SCALES).to(x)
    weight = value + 1e-6
    return Keypoints(
        (place % (height * width) // width).to(x),
        (place % width).to(x),
        scales[place // (height * width)],
        weight / weight.sum(1, keepdim=True),
    )


def _blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur, the edge repeated outwards."""
    reach = int(3 * sigma + 0.5)
    t = torch.arange(-reach, reach + 1).to(x)
    kernel = torch.exp(-0.5 * (t / sigma) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    flat = x.flatten(0, 1).unsqueeze(1)
    flat = nn.functional.pad(flat, (reach,) * 4, mode="replicate")
    flat = nn.functional.conv2d(nn.functional.conv2d(flat, kernel), kernel.transpose(2, 3))
    return flat.view_as(x)
