"""A small U-Net that turns one picture into another: the generator of pix2pix."""

import torch
from torch import Tensor, nn


class UNet(nn.Module):
    """Down to a quarter of the size and up again, with a bridge at each scale.

    It sees the condition and a channel of noise. 35,437 parameters; the three sets of shipped
    weights turn edges into hatched digits (:func:`sdl_lib.data.hatched_digits`).

    Parameters
    ----------
    width : channels at full size; twice as many at half, and 8 more at a quarter

    References
    ----------
    Ronneberger et al. (2015); Isola et al. (2017). Explained in
    :doc:`/book/security/conditional-gans`.
    """

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        middle, coarse = 2 * width, 2 * width + 8
        self.fine = _block(2, width)
        self.middle = _block(width, middle, stride=2)
        self.coarse = nn.Sequential(_block(middle, coarse, stride=2), _block(coarse, coarse))
        self.up_middle = _block(coarse + middle, middle)
        self.up_fine = _block(middle + width, width)
        self.output = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, condition: Tensor, noise: Tensor) -> Tensor:
        """Pictures (n, 1, h, w) in (0, 1); both inputs have that shape, h and w divisible by 4."""
        fine = self.fine(torch.cat([condition, noise], 1))
        middle = self.middle(fine)
        coarse = nn.functional.interpolate(self.coarse(middle), scale_factor=2.0)
        middle = self.up_middle(torch.cat([coarse, middle], 1))
        middle = nn.functional.interpolate(middle, scale_factor=2.0)
        drawn: Tensor = self.output(self.up_fine(torch.cat([middle, fine], 1)))
        return drawn.sigmoid()


def _block(before: int, after: int, stride: int = 1) -> nn.Sequential:
    # without the normalisation, the L1 distance alone gets stuck at blank paper
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1), nn.GroupNorm(4, after), nn.LeakyReLU(0.2)
    )
