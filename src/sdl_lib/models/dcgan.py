"""A deep convolutional GAN for 28 x 28 digits: who draws, and who judges."""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class DCGANGenerator(nn.Module):
    """Draws digits: transposed convolutions, batch normalisation, and tanh at the end.

    The shape is that of Radford, Metz & Chintala (2016), for smaller pictures. Training aims at
    values in [-1, 1]; :meth:`pictures` gives what the rest of the library takes.

    Parameters
    ----------
    latent : numbers that a picture is drawn from; the shipped weights have 32
    width : channels of the coarse 7 x 7 picture; the finer ones have two thirds of them. The
        shipped weights have 48 (100,608 parameters)

    References
    ----------
    Explained in :doc:`/book/security/gans-in-practice`.
    """

    def __init__(self, latent: int = 32, width: int = 48) -> None:
        super().__init__()
        self.latent = latent
        finer = 2 * width // 3
        self.layers = nn.Sequential(
            nn.Unflatten(1, (latent, 1, 1)),
            nn.ConvTranspose2d(latent, width, 7, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, finer, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(finer),
            nn.ReLU(),
            nn.ConvTranspose2d(finer, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        """Pictures (n, 1, 28, 28) in [-1, 1] for latent vectors ``z`` (n, latent)."""
        drawn: Tensor = self.layers(z)
        return drawn

    def pictures(self, z: Tensor) -> Tensor:
        """The same pictures with values in [0, 1], as the digits of MNIST have them."""
        return (self.forward(z) + 1) / 2


class DCGANDiscriminator(nn.Module):
    """Judges digits: strided convolutions with leaky ReLU, spectrally normalised throughout.

    Parameters
    ----------
    width : channels after the first convolution; the second has twice as many

    References
    ----------
    Miyato et al. (2018) for the normalisation. Explained in
    :doc:`/book/security/gans-in-practice`.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            spectral_norm(nn.Conv2d(1, width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            spectral_norm(nn.Linear(2 * width * 49, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n,) of "real" for pictures ``x`` (n, 1, 28, 28) in [-1, 1]."""
        logits: Tensor = self.layers(x).squeeze(1)
        return logits
