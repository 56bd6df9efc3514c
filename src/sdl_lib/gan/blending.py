"""Paste a part of one picture into another so that no edge gives it away."""

import torch
from torch import Tensor, nn

from sdl_lib import validate


def feather(mask: Tensor, *, radius: int) -> Tensor:
    """A mask whose edge is soft: the mean of ``mask`` over a square around each pixel.

    Paste with ``m * source + (1 - m) * target``.

    Parameters
    ----------
    mask : Tensor, shape (h, w), in [0, 1]
    radius : pixels from the middle of the square to its side; 0 changes nothing

    Returns
    -------
    Tensor, shape (h, w), in [0, 1]

    Raises
    ------
    ValueError : if ``mask`` is no such picture, or ``radius`` is negative.

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    validate.images(mask, "mask")
    validate.count(radius, "radius", least=0)
    if mask.ndim != 2:
        raise ValueError(f"mask: expected shape (h, w), found {tuple(mask.shape)}")
    padded = nn.functional.pad(mask[None, None], [radius] * 4, mode="replicate")
    soft: Tensor = nn.functional.avg_pool2d(padded, 2 * radius + 1, 1)[0, 0]
    return soft.clamp(0, 1)


def poisson_blend(source: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    r"""Paste the *gradients* of ``source`` into ``target``, and let the edge set the level.

    Within the mask the result solves :math:`\Delta f = \Delta s`, and on its edge it is equal to
    the target. So it has the details of the source and no seam.

    Parameters
    ----------
    source, target : Tensor, shape (c, h, w), in [0, 1]
    mask : BoolTensor, shape (h, w): the pixels to replace

    Returns
    -------
    Tensor, shape (c, h, w), clipped to [0, 1]; equal to ``target`` outside the mask

    Raises
    ------
    ValueError : if the shapes do not fit, values leave [0, 1], or the mask leaves no pixel of
        the target to hold on to.

    References
    ----------
    Perez, Gangnet & Blake (2003). Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    for name, x in (("source", source), ("target", target)):
        validate.images(x, name)
        if x.ndim != 3 or x.shape != target.shape:
            wanted, found = tuple(target.shape), tuple(x.shape)
            raise ValueError(f"{name}: expected the shape (c, h, w), {wanted}, found {found}")
    if mask.dtype != torch.bool or mask.shape != target.shape[1:]:
        raise ValueError(f"mask: expected booleans of shape {tuple(target.shape[1:])}")
    if bool(mask.all()):
        raise ValueError("mask: covers the whole picture, so nothing sets the level")
    rows = mask.flatten().nonzero()[:, 0]
    laplace = _laplacian(*mask.shape)[rows]
    s, t = source.double().flatten(1), target.double().flatten(1)
    known = t.clone()
    known[:, rows] = 0
    # the unknowns: the pixels within the mask
    right = s @ laplace.T - known @ laplace.T
    result = t.clone()
    result[:, rows] = torch.linalg.solve(laplace[:, rows], right.T).T
    return result.view_as(target).clamp(0, 1).to(target.dtype)


def _laplacian(height: int, width: int) -> Tensor:
    """Minus each pixel's neighbours, plus their number times itself, as a matrix."""
    number = torch.arange(height * width).view(height, width)
    one = torch.cat([number[:, 1:].flatten(), number[1:].flatten()])
    other = torch.cat([number[:, :-1].flatten(), number[:-1].flatten()])
    matrix = torch.zeros(height * width, height * width, dtype=torch.float64)
    matrix[one, other] = matrix[other, one] = -1
    return matrix - torch.diag(matrix.sum(1))
