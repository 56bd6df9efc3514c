"""Does a generator copy? The training picture that is nearest to each of its own."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate


class Nearest(NamedTuple):
    """For each picture: the row of the nearest one of the others, and how far away it is."""

    rows: Tensor
    distances: Tensor


def nearest_images(x: Tensor, others: Tensor, *, batch_size: int = 512) -> Nearest:
    """Find, for each picture of ``x``, the nearest of ``others`` in the Euclidean norm.

    Read the distances beside those of real pictures that were not trained on: a generator whose
    pictures are much nearer to the training set than those has copied. Pixels see a copy that was
    moved by one pixel as a stranger, so a large distance proves nothing.

    Parameters
    ----------
    x : Tensor, shape (n, ...), such as generated pictures
    others : Tensor, shape (m, ...), such as the pictures that were trained on
    batch_size : rows of ``x`` that are compared at a time

    Returns
    -------
    Nearest : ``rows`` of ``others``, shape (n,), the first where several are as near; and the
        Euclidean ``distances``, shape (n,), in the precision of ``x``

    Raises
    ------
    ValueError : if the shapes differ, ``others`` is empty, or a value is not finite.

    References
    ----------
    Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(x)
    validate.finite_batch(others, "others")
    validate.count(batch_size, "batch_size")
    if len(others) == 0 or x.shape[1:] != others.shape[1:]:
        wanted, found = tuple(x.shape[1:]), tuple(others.shape)
        raise ValueError(f"others: expected pictures of shape {wanted}, found {found}")
    flat, known = x.detach().flatten(1), others.detach().flatten(1).to(x)
    # |x - o|^2 = |x|^2 - 2 x.o + |o|^2; the first term is the same for all o
    norms = known.square().sum(1)
    rows = [(norms - 2 * (chunk @ known.T)).argmin(1) for chunk in flat.split(batch_size)]
    nearest = torch.cat(rows)
    return Nearest(nearest, (flat - known[nearest]).norm(dim=1))
