"""One encoder that reads any of two faces, and a decoder for each that draws only its own."""

import copy

from torch import Tensor, nn


class FaceSwap(nn.Module):
    """The network of a face swap: what the shared encoder reads, either decoder can draw.

    An encoder makes a short code of a picture; a dense layer and a transposed convolution spread
    the code out again, to a coarse plan of 8 x 8 pixels; a decoder paints it. All but the
    decoders is shared; and they begin as the same network, so that a plan means the same to both
    for as long as possible.

    Parameters
    ----------
    latent : numbers of the code
    width : channels after the first convolution. The shipped weights have 16 and 12
    shared : whether all but the decoders is shared; otherwise nothing is, and no swap works

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """

    def __init__(self, latent: int = 16, width: int = 12, *, shared: bool = True) -> None:
        super().__init__()
        faces = range(2 - shared)
        self.encoders = nn.ModuleList(_encoder(latent, width) for _ in faces)
        self.spreads = nn.ModuleList(_spread(latent, width) for _ in faces)
        decoder = _decoder(width)
        self.decoders = nn.ModuleList([decoder, copy.deepcopy(decoder)])

    def encode(self, x: Tensor, who: int) -> Tensor:
        """Codes (n, latent) of pictures (n, 3, 32, 32) of ``who``, 0 or 1."""
        code: Tensor = self.encoders[who % len(self.encoders)](x)
        return code

    def decode(self, code: Tensor, who: int) -> Tensor:
        """Pictures (n, 3, 32, 32) of ``who``, 0 or 1, with values in (0, 1)."""
        drawn: Tensor = self.painter(who)(code)
        return drawn

    def painter(self, who: int) -> nn.Sequential:
        """All that turns a code into a picture of ``who``."""
        whole = nn.Sequential(self.spreads[who % len(self.spreads)], self.decoders[who])
        whole.training = self.training
        return whole

    def forward(self, x: Tensor, *, seen: int, drawn: int) -> Tensor:
        """Pictures of ``drawn`` that do what ``seen`` does in ``x``: a swap where they differ."""
        return self.decode(self.encode(x, seen), drawn)


def _encoder(latent: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(2 * width, 3 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        nn.Linear(48 * width, latent),
    )


def _spread(latent: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(latent, 48 * width),
        nn.LeakyReLU(0.1),
        nn.Unflatten(1, (3 * width, 4, 4)),
        nn.ConvTranspose2d(3 * width, 2 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.1),
    )


def _decoder(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )
