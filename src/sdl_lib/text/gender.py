"""A direction for gender, and how much of it is in words that should have none."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.text import vectors as vec


@dataclass(frozen=True)
class Subspace:
    """Orthonormal ``directions``, shape (k, d), and all components' shares of the variance."""

    directions: Tensor
    explained: Tensor


def gender_subspace(pairs: Tensor, *, k: int = 1) -> Subspace:
    r"""The directions in which the words of pairs such as (she, he) differ most.

    Each pair is centred at its own mean; the directions are the first principal components of
    all these differences. The first points towards the first words of the pairs.

    Parameters
    ----------
    pairs : Tensor, shape (p, 2, d)
    k : number of directions, at most p

    Returns
    -------
    Subspace : ``directions``, shape (k, d), and ``explained``, shape (p,), which sums to 1

    Raises
    ------
    ValueError : if a vector is zero or not finite, or ``k`` exceeds the number of pairs.

    References
    ----------
    Bolukbasi et al. (2016), section 5. Explained in :doc:`/book/fairness/word-embeddings`.
    """
    vec.check(pairs, "pairs", ndim=3)
    validate.count(k, "k")
    if pairs.shape[1] != 2 or k > len(pairs):
        raise ValueError(f"pairs: expected at least k={k} pairs, found {tuple(pairs.shape)}")
    differences = (pairs[:, 0] - pairs[:, 1]).double() / 2  # the other half is its mirror image
    _, sizes, rows = torch.linalg.svd(differences, full_matrices=False)
    towards = torch.sign((rows[:k] @ differences.T).sum(1, keepdim=True))
    directions = rows[:k] * torch.where(towards == 0, 1.0, towards)
    return Subspace(directions.to(pairs.dtype), (sizes**2 / (sizes**2).sum()).to(pairs.dtype))


def direct_bias(vectors: Tensor, direction: Tensor, *, strictness: float = 1.0) -> Tensor:
    r"""Mean of :math:`|\cos(w, g)|^c` over the words: 0 if none leans along the direction.

    Parameters
    ----------
    vectors : Tensor, shape (n, d), of words that should be neutral
    direction : Tensor, shape (d,)
    strictness : the power c; at 0 any component at all counts as 1

    Returns
    -------
    Tensor, a number in [0, 1].

    Raises
    ------
    ValueError : if a vector is zero or not finite, or ``strictness`` is negative.

    References
    ----------
    Bolukbasi et al. (2016), section 5.2. Explained in :doc:`/book/fairness/word-embeddings`.
    """
    vec.check(vectors)
    validate.radius(strictness, "strictness")
    g = vec.basis(direction, vectors.shape[1], "direction")[0]
    return ((vec.unit(vectors) @ g).abs() ** strictness).mean()
