"""StyleGAN's mapping network and its truncation, and the normalisation that takes a style."""

from itertools import pairwise

from torch import Tensor, nn

from sdl_lib import validate


class MappingNetwork(nn.Module):
    """z, scaled to length sqrt(latent), through dense layers to a style w of the same size.

    The first weights are drawn from torch's global source. Karras et al. (2019) use eight layers.
    Explained in :doc:`/book/security/gans-in-practice`.
    """

    def __init__(self, latent: int, *, layers: int = 8, hidden: int | None = None) -> None:
        for name, value in (("latent", latent), ("layers", layers)):
            validate.count(value, name)
        super().__init__()
        width = hidden or latent
        sizes = [latent, *[width] * (layers - 1), latent]
        dense = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.LeakyReLU(0.2))]
        self.layers = nn.Sequential(*dense[:-1])

    def forward(self, z: Tensor) -> Tensor:
        length = z.square().mean(dim=1, keepdim=True).add(1e-8).sqrt()
        styles: Tensor = self.layers(z / length)
        return styles


def truncate(w: Tensor, mean: Tensor, *, psi: float) -> Tensor:
    r"""Styles moved towards their mean: :math:`\bar w+\psi(w-\bar w)`.

    Parameters
    ----------
    w : Tensor, shape (n, d)
    mean : Tensor, shape (d,): the mean style, over many z
    psi : 1 changes nothing, 0 leaves one style

    Raises
    ------
    ValueError : for shapes that do not match, or a negative factor.

    References
    ----------
    Karras et al. (2019). Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(w, "w")
    if mean.shape != w.shape[1:]:
        raise ValueError(f"mean: expected shape {tuple(w.shape[1:])}, found {tuple(mean.shape)}")
    validate.radius(psi, "psi")
    return mean + psi * (w - mean)


def adain(x: Tensor, scale: Tensor, shift: Tensor, *, eps: float = 1e-5) -> Tensor:
    """Adaptive instance normalisation: each channel of each picture gets a mean and a deviation.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w)
    scale, shift : Tensor, shape (n, c): from the style
    eps : added to the variance

    Raises
    ------
    ValueError : for shapes that do not match.

    References
    ----------
    Huang & Belongie (2017). Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(x)
    if x.ndim != 4 or scale.shape != x.shape[:2] or shift.shape != x.shape[:2]:
        raise ValueError(
            f"scale, shift: expected shape {tuple(x.shape[:2])}, "
            f"found {tuple(scale.shape)} and {tuple(shift.shape)}"
        )
    normal = nn.functional.instance_norm(x, eps=eps)
    return scale[..., None, None] * normal + shift[..., None, None]
