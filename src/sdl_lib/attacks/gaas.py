"""Gradient aligned adversarial subspaces: many orthogonal directions in which the loss rises."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate


class Subspace(NamedTuple):
    """Orthonormal directions of each example, and how many there are."""

    directions: Tensor
    dimension: Tensor


def gaas(
    gradient: Tensor, *, eps: float, gamma: float | Tensor, most: int | None = None
) -> Subspace:
    r"""As many orthonormal :math:`r_i` as there can be with :math:`\epsilon\,g\cdot r_i\ge\gamma`.

    There are :math:`k=\min(d,\lfloor\epsilon^2\|g\|_2^2/\gamma^2\rfloor)`. A reflection takes
    :math:`g/\|g\|_2` to :math:`(1,\dots,1,0,\dots)/\sqrt k`; the images of the first k axes under
    it are the directions, and :math:`g` rises alike along each, by :math:`\|g\|_2/\sqrt k`.

    Parameters
    ----------
    gradient : Tensor, shape (n, ...): of the loss, at each example
    eps : Euclidean length of the perturbations that are allowed
    gamma : the rise that is asked of the linearised loss: positive, one number or shape (n,)
    most : build no more than so many directions; default: as many as there are

    Returns
    -------
    directions : Tensor, shape (n, K, ...), with K the largest dimension of an example; a row
        beyond the dimension of its example is zero
    dimension : LongTensor, shape (n,); 0 where not even the gradient's own direction will do

    Raises
    ------
    ValueError : if ``gradient`` is no finite batch, ``eps`` is negative, ``gamma`` is not positive
        and finite, or ``most`` is not positive.

    References
    ----------
    Tramèr et al. (2017). Explained in :doc:`/book/security/transferability`.
    """
    validate.finite_batch(gradient, "gradient")
    validate.radius(eps)
    rise = _rises(gamma, gradient)
    if most is not None:
        validate.count(most, "most")
    flat = gradient.detach().flatten(1)
    # in double precision: a quotient just below an integer loses a dimension
    size = torch.linalg.vector_norm(flat.double(), dim=1)
    limit = flat.shape[1] if most is None else min(most, flat.shape[1])
    dimension = (eps * size / rise).square().floor().clamp_max(limit).long()
    width = int(dimension.max()) if len(flat) else 0
    directions = _reflected_axes(flat, size, dimension, width)
    return Subspace(directions.view(len(flat), width, *gradient.shape[1:]), dimension)


def _rises(gamma: float | Tensor, gradient: Tensor) -> Tensor:
    rise = torch.as_tensor(gamma, dtype=torch.float64, device=gradient.device)
    if rise.ndim and rise.shape != (len(gradient),):
        raise ValueError(
            f"gamma: expected one number or shape ({len(gradient)},), found {tuple(rise.shape)}"
        )
    if not bool(((rise > 0) & rise.isfinite()).all()):
        raise ValueError("gamma: expected positive, finite numbers")
    return rise.expand(len(gradient))


def _reflected_axes(flat: Tensor, size: Tensor, dimension: Tensor, width: int) -> Tensor:
    """The first k axes under the reflection that takes each gradient to an even mixture of them."""
    rank = torch.arange(flat.shape[1], device=flat.device)
    among = rank < dimension.unsqueeze(1)
    even = among / dimension.clamp_min(1).sqrt().unsqueeze(1)
    aim = flat.double() / size.clamp_min(torch.finfo(torch.float64).tiny).unsqueeze(1)
    # of the mirrors for g and for -g we take the one whose normal is long: no cancellation
    sign = torch.where((aim * even).sum(1, keepdim=True) >= 0, -1.0, 1.0).to(aim)
    normal = torch.nn.functional.normalize(aim - sign * even, dim=1)
    axes = torch.eye(width, flat.shape[1], dtype=aim.dtype, device=aim.device)
    first = normal[:, :width].unsqueeze(2)
    mirrored = axes - 2 * first * normal.unsqueeze(1)
    return (sign.unsqueeze(2) * mirrored * among[:, :width].unsqueeze(2)).to(flat.dtype)
