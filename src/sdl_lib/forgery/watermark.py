"""A mark under a key, spread over a whole picture, and the test that finds it again."""

import hashlib

import numpy as np
import torch
from torch import Tensor, nn

from sdl_lib import validate


def watermark_signs(key: bytes, shape: tuple[int, int]) -> Tensor:
    """The signs of a key: a tensor of plus and minus ones of the given shape, from SHAKE-256.

    Without the key they are as good as coins. Explained in
    :doc:`/book/security/deepfakes-and-forgery`.
    """
    rows, columns = shape
    validate.count(rows, "shape[0]")
    validate.count(columns, "shape[1]")
    drawn = hashlib.shake_256(key).digest((rows * columns + 7) // 8)
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8))[: rows * columns]
    return 2 * torch.from_numpy(bits.astype(np.float32)).reshape(rows, columns) - 1


def embed_watermark(x: Tensor, key: bytes, *, strength: float = 2 / 255, block: int = 2) -> Tensor:
    """Make each block of the picture a little lighter or darker, as the key's signs say.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w), values in [0, 1]; h and w divisible by ``block``
    key : the secret; the same for who marks and who looks
    strength : change of a pixel, the same in every channel, before rounding to eight bits
    block : pixels a side; larger blocks survive more, and there are fewer of them

    Returns
    -------
    Tensor, same shape, in [0, 1] and rounded to eight bits

    References
    ----------
    After Cox et al. (1997). Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    validate.radius(strength, "strength")
    signs = watermark_signs(key, _grid(x, block))
    mark = signs.repeat_interleave(block, 0).repeat_interleave(block, 1).to(x)
    marked: Tensor = ((x + strength * mark).clamp(0, 1) * 255).round() / 255
    return marked


def detect_watermark(x: Tensor, key: bytes, *, block: int = 2) -> Tensor:
    r"""The score :math:`z = \sum_b s_b r_b / \sqrt{\sum_b r_b^2}` of each picture.

    :math:`r_b` is the mean of block b, over pixels and channels, less the mean of the blocks
    around it. If the signs :math:`s_b` were drawn without a look at the picture, z has mean 0 and
    variance 1 *whatever the picture*, and by Hoeffding's inequality exceeds t with a probability
    of at most :math:`e^{-t^2/2}`. The original is not needed.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w), values in [0, 1]; h and w divisible by ``block``
    key, block : as they were for :func:`embed_watermark`

    Returns
    -------
    Tensor, shape (n,); 0 for a picture without any contrast

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    residual = watermark_residual(x, block=block)
    signs = watermark_signs(key, (residual.shape[1], residual.shape[2])).to(residual)
    length = residual.flatten(1).norm(dim=1)
    score: Tensor = (signs * residual).flatten(1).sum(1) / length.clamp(min=1e-12)
    return score


def watermark_residual(x: Tensor, *, block: int = 2) -> Tensor:
    """What :func:`detect_watermark` correlates with the key, shape (n, h / block, w / block)."""
    _grid(x, block)
    blocks = nn.functional.avg_pool2d(x.detach().double().mean(1, keepdim=True), block)
    around = nn.functional.pad(blocks, (1,) * 4, mode="replicate")
    return (blocks - nn.functional.avg_pool2d(around, 3, stride=1)).squeeze(1)


def _grid(x: Tensor, block: int) -> tuple[int, int]:
    """Rows and columns of blocks."""
    validate.images(x)
    validate.count(block, "block")
    if x.ndim != 4 or x.shape[2] % block or x.shape[3] % block:
        found = tuple(x.shape)
        raise ValueError(f"x: expected (n, c, h, w), sides divisible by {block}, found {found}")
    return x.shape[2] // block, x.shape[3] // block
