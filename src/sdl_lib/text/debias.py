"""Hard debiasing (neutralise, equalise) and soft debiasing of word vectors."""

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.text import vectors as vec


def neutralise(vectors: Tensor, subspace: Tensor, *, share: float = 1.0) -> Tensor:
    r"""Take the part in the subspace out of each vector: :math:`w - w_B`, scaled to length 1.

    Parameters
    ----------
    vectors : Tensor, shape (n, d)
    subspace : Tensor, shape (k, d) or (d,): the directions to remove
    share : how much of the part to take out, 0 (nothing) to 1 (all)

    Returns
    -------
    Tensor, shape (n, d), of unit vectors.

    Raises
    ------
    ValueError : if a vector is zero or lies in the subspace, or ``share`` is outside [0, 1].

    References
    ----------
    Bolukbasi et al. (2016), section 6. Explained in :doc:`/book/fairness/word-embeddings`.
    """
    vec.check(vectors)
    if not 0 <= share <= 1:
        raise ValueError(f"share: expected a number from 0 to 1, found {share}")
    rows = vec.basis(subspace, vectors.shape[1]).to(vectors.dtype)
    rest = vec.unit(vectors) - share * (vec.unit(vectors) @ rows.T) @ rows
    if bool((rest.norm(dim=1) < 1e-6).any()):
        raise ValueError("vectors: one lies in the subspace, and nothing is left of it")
    return vec.unit(rest)


def equalise(pairs: Tensor, subspace: Tensor) -> Tensor:
    r"""Make the two words of each pair differ in nothing but the subspace.

    With :math:`\mu` the mean of a pair and :math:`\nu=\mu-\mu_B`, each word becomes
    :math:`\nu+\sqrt{1-\|\nu\|^2}\,(w_B-\mu_B)/\|w_B-\mu_B\|`: both then have length 1, and the
    same inner product with every vector that is neutral.

    Parameters
    ----------
    pairs : Tensor, shape (p, 2, d)
    subspace : Tensor, shape (k, d) or (d,)

    Returns
    -------
    Tensor, shape (p, 2, d), of unit vectors.

    Raises
    ------
    ValueError : if the words of a pair do not differ in the subspace.

    References
    ----------
    Bolukbasi et al. (2016), section 6. Explained in :doc:`/book/fairness/word-embeddings`.
    """
    vec.check(pairs, "pairs", ndim=3)
    rows = vec.basis(subspace, pairs.shape[2]).to(pairs.dtype)
    words = vec.unit(pairs)
    inside = (words @ rows.T) @ rows
    half = (inside - inside.mean(1, keepdim=True))[:, :1]  # of the second word its mirror image
    size = half.norm(dim=2, keepdim=True)
    if bool((size < 1e-6).any()):
        raise ValueError("pairs: the words of a pair do not differ in the subspace")
    rest = (words - inside).mean(1, keepdim=True)
    height = (1 - rest.pow(2).sum(2, keepdim=True)).clamp(min=0).sqrt()
    result: Tensor = rest + height * torch.cat([half, -half], 1) / size
    return result


def soft_debias(
    vectors: Tensor, neutral: Tensor, subspace: Tensor, *, strength: float = 0.2, steps: int = 200
) -> Tensor:
    r"""A linear map that keeps inner products and moves neutral words off the subspace.

    Minimises :math:`\|W(T^\top T-I)W^\top\|_F^2+\lambda\|N T^\top T B^\top\|_F^2` over square
    matrices T, by L-BFGS from the identity. The problem is convex in :math:`T^\top T`.

    Parameters
    ----------
    vectors : Tensor W, shape (n, d), whose inner products should stay
    neutral : Tensor N, shape (m, d), of words that should be neutral
    subspace : Tensor B, shape (k, d) or (d,)
    strength : the weight :math:`\lambda` of the second term, at least 0
    steps : at most so many iterations

    Returns
    -------
    Tensor T, shape (d, d): apply it as ``vectors @ T.T`` and scale to length 1 again.

    Raises
    ------
    ValueError : if a vector is zero or not finite, or ``strength`` is negative.

    References
    ----------
    Bolukbasi et al. (2016), section 6. Explained in :doc:`/book/fairness/word-embeddings`.
    """
    vec.check(vectors)
    vec.check(neutral, "neutral")
    validate.radius(strength, "strength")
    validate.count(steps, "steps")
    rows = vec.basis(subspace, vectors.shape[1]).double()
    identity = torch.eye(vectors.shape[1], dtype=torch.float64)
    # only these two products enter, whatever the number of words
    moments = vectors.double().T @ vectors.double()
    neutrals = neutral.double().T @ neutral.double()
    size = float(moments.pow(2).sum())
    map_ = identity.clone().requires_grad_()

    def loss() -> Tensor:
        gram = map_.T @ map_
        change = moments @ (gram - identity)
        leak = gram @ rows.T
        return ((change * change.T).sum() + strength * (leak * (neutrals @ leak)).sum()) / size

    solver = torch.optim.LBFGS(
        [map_],
        max_iter=steps,
        tolerance_grad=1e-13,
        tolerance_change=1e-15,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        solver.zero_grad()
        value = loss()
        (map_.grad,) = torch.autograd.grad(value, map_)
        return value

    solver.step(closure)
    return map_.detach().to(vectors.dtype)
