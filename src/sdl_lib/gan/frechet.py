"""How far two sets of pictures are apart, by the mean and covariance of their features."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.training import predict

# what torchvision's weights were trained with
_MEAN, _STD, _SIDE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 299


def frechet_distance(features_a: Tensor, features_b: Tensor) -> float:
    r"""The squared Frechet distance of two Gaussians that fit two sets of features.

    It is :math:`\lVert\mu_a-\mu_b\rVert^2 + \operatorname{tr}(C_a + C_b - 2(C_aC_b)^{1/2})`, with
    the covariances over :math:`n - 1`. The trace of the root comes from two symmetric eigensolves,
    which stay real where a general matrix root does not. It is the "FID" of the literature if the
    features are those of an Inception network (:func:`inception_features`); small samples make it
    larger.

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


def inception_features(x: Tensor, *, batch_size: int = 64) -> Tensor:
    """The 2,048 features of torchvision's Inception v3 in front of its last layer, as for a FID.

    torchvision is no part of this library's environment, and fetches 104 MB of weights when it is
    first asked. They are ImageNet's as PyTorch publishes them, not those of the original FID, and
    pictures are resized as PyTorch does it: compare such distances with each other only.

    Parameters
    ----------
    x : Tensor, shape (n, 1 or 3, h, w), in [0, 1]; the network runs on its device
    batch_size : pictures that pass the network at once

    Returns
    -------
    Tensor, shape (n, 2048)

    Raises
    ------
    ModuleNotFoundError : where torchvision is not installed.
    ValueError : if ``x`` holds no pictures.

    References
    ----------
    Szegedy et al. (2016); Heusel et al. (2017). Explained in
    :doc:`/book/security/gans-in-practice`.
    """
    validate.images(x)
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        raise ValueError(f"x: expected pictures, shape (n, 1 or 3, h, w), found {tuple(x.shape)}")
    try:
        from torchvision.models import Inception_V3_Weights, inception_v3
    except ImportError as error:
        raise ModuleNotFoundError(
            "Inception features need torchvision, which this library does not bring: "
            "pip install torchvision",
            name="torchvision",
        ) from error
    network = inception_v3(weights=Inception_V3_Weights.IMAGENET1K_V1)
    network.fc = nn.Identity()
    whole = nn.Sequential(_Prepared(), network).to(x.device).eval()
    return predict(whole, x, batch_size=batch_size)


class _Prepared(nn.Module):
    """Pictures as Inception expects them: three channels, its size, its scale."""

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.interpolate(
            x.expand(-1, 3, -1, -1), (_SIDE, _SIDE), mode="bilinear", antialias=True
        )
        mean, std = (x.new_tensor(v).view(3, 1, 1) for v in (_MEAN, _STD))
        return (x - mean) / std
