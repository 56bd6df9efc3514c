"""Who draws a picture after a caption, and who judges whether the two belong together."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from sdl_lib.gan.conditional_batch_norm import ConditionalBatchNorm2d

WORDS = 16


class CaptionGenerator(nn.Module):
    """Draws 32 x 32 pictures: transposed convolutions, each styled by the caption.

    Parameters
    ----------
    latent : numbers that vary what the caption leaves open; the shipped weights have 8
    width : channels of the coarsest picture; the finer ones have 3/4 and half of them

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """

    def __init__(self, latent: int = 8, width: int = 64) -> None:
        super().__init__()
        self.latent = latent
        sizes = (width, 3 * width // 4, width // 2, 3)
        self.first = nn.Linear(latent + WORDS, 16 * width)
        self.norms = nn.ModuleList(ConditionalBatchNorm2d(size, WORDS) for size in sizes[:3])
        self.convs = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(sizes)
        )

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        """Pictures (n, 3, 32, 32) in [-1, 1] of ``z`` (n, latent) and encoded captions (n, 16)."""
        x = self.first(torch.cat([z, c], dim=1)).unflatten(1, (-1, 4, 4))
        for norm, conv in zip(self.norms, self.convs, strict=True):
            x = conv(norm(x, c).relu())
        return torch.tanh(x)

    def pictures(self, z: Tensor, c: Tensor) -> Tensor:
        """The same pictures with values in [0, 1]."""
        return (self.forward(z, c) + 1) / 2


class CaptionDiscriminator(nn.Module):
    """Judges a picture with its caption: strided convolutions, and a projection on the caption.

    The logit is :math:`w^T h(x)+c^T V h(x)`, with the features h of the picture: how real it
    looks, and for each word of the caption how well it fits.

    Parameters
    ----------
    width : channels after the first convolution

    References
    ----------
    Miyato & Koyama (2018) for the projection. Explained in
    :doc:`/book/security/conditional-gans`.
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        sizes = (3, width, 2 * width, 2 * width)
        convs = [spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(
            *(part for conv in convs for part in (conv, nn.LeakyReLU(0.2))),
            nn.Flatten(),
            spectral_norm(nn.Linear(32 * width, 128)),
            nn.LeakyReLU(0.2),
        )
        self.looks = spectral_norm(nn.Linear(128, 1))
        self.fits = spectral_norm(nn.Linear(WORDS, 128, bias=False))

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """Logits (n,) of "real, and of this caption", for pictures in [-1, 1]."""
        h = self.layers(x)
        logits: Tensor = self.looks(h).squeeze(1) + (h * self.fits(c)).sum(1)
        return logits
