"""How far two sets of pictures are apart, by the mean and covariance of their features."""

import torch
from torch import Tensor

from sdl_lib import validate


def frechet_distance(features_a: Tensor, features_b: Tensor) -> float:
    r"""The squared Frechet distance of two Gaussians that fit two sets of features.

    It is :math:`\lVert\mu_a-\mu_b\rVert^2 + \operatorname{tr}(C_a + C_b - 2(C_aC_b)^{1/2})`, with
    the covariances over :math:`n - 1`. The trace of the root comes from two symmetric eigensolves,
    which stay real where a general matrix root does not. It is the "FID" of the literature if the
    features are those of an Inception network; small samples make it larger.

    Parameters
    ----------
    features_a : Tensor, shape (n, d), with n at least 2
    features_b : Tensor, shape (m, d), with m at least 2

    Raises
    ------
    ValueError : if the features are no finite floats, differ in their number, or are too few.

    References
    ----------
    Heusel et al. (2017). Explained in :doc:`/book/security/gans-in-practice`.
    """
    for features, name in ((features_a, "features_a"), (features_b, "features_b")):
        validate.finite_batch(features, name)
        if features.ndim != 2 or len(features) < 2:
            found = tuple(features.shape)
            raise ValueError(f"{name}: expected at least two rows of features, found {found}")
    if features_a.shape[1] != features_b.shape[1]:
        wide, other = features_a.shape[1], features_b.shape[1]
        raise ValueError(f"features_b: expected {wide} features as in features_a, found {other}")
    a, b = features_a.detach().double(), features_b.detach().double()
    apart = (a.mean(0) - b.mean(0)).square().sum()
    spread = a.var(0).sum() + b.var(0).sum()
    return max(0.0, float(apart + spread - 2 * _trace_of_root(a.T.cov(), b.T.cov())))


def _trace_of_root(a: Tensor, b: Tensor) -> Tensor:
    """tr (ab)^(1/2) of covariances a = r r^T and b: the roots of the eigenvalues of r^T b r."""
    values, vectors = torch.linalg.eigh(torch.atleast_2d(a))
    root = vectors * values.clamp(min=0).sqrt()
    both: Tensor = torch.linalg.eigvalsh(root.T @ torch.atleast_2d(b) @ root)
    return both.clamp(min=0).sqrt().sum()
