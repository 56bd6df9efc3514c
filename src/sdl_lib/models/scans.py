"""Two networks for patches of lung: one looks for a nodule, one repaints the middle."""

import torch
from torch import Tensor, nn


class NoduleDetector(nn.Module):
    """A small convolutional network: is there a nodule in the middle of the patch?

    9,746 parameters. It was trained on :func:`sdl_lib.data.lung_phantoms` alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )
        self.output = nn.Linear(32, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 2) of "healthy" and "nodule" for patches (n, 1, 32, 32) in [0, 1]."""
        logits: Tensor = self.output(self.features(x))
        return logits


class Painter(nn.Module):
    """A conditional U-Net: sees a patch without its middle, and is told what to put there.

    The generator of CT-GAN (Mirsky et al. 2019) in small and flat: one network for both
    wishes, given as a constant channel, and a channel of noise. 70,042 parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fine = _block(4, 16)
        self.middle = _block(16, 32)
        self.coarse = nn.Sequential(_block(32, 48), _block(48, 48, dilation=2))
        self.up_middle = _block(48 + 32, 32)
        self.up_fine = _block(32 + 16, 16)
        self.output = nn.Conv2d(16 + 1, 1, 3, padding=1)
        nn.init.constant_(self.output.bias, -2.0)  # type: ignore[arg-type]  # begin with lung

    def forward(self, context: Tensor, hole: Tensor, wish: Tensor, noise: Tensor) -> Tensor:
        """Pictures (n, 1, h, w) in (0, 1).

        Parameters
        ----------
        context : Tensor, shape (n, 1, h, w), zero inside the hole; h and w divisible by 4
        hole : Tensor as ``context``: 1 where it is to paint
        wish : LongTensor, shape (n,): 1 for a nodule, 0 for healthy lung
        noise : Tensor as ``context``: what makes two paintings differ
        """
        plane = wish.view(-1, 1, 1, 1).to(context).expand_as(context)
        seen = _stretch(context) * (1 - hole)
        fine = self.fine(torch.cat([seen, hole, plane, noise], 1))
        middle = self.middle(nn.functional.avg_pool2d(fine, 2))
        coarse = self.coarse(nn.functional.avg_pool2d(middle, 2))
        middle = self.up_middle(torch.cat([_twice(coarse), middle], 1))
        fine = self.up_fine(torch.cat([_twice(middle), fine], 1))
        painted: Tensor = self.output(torch.cat([fine, noise], 1))  # noise again, for the grain
        return painted.sigmoid()


class Judge(nn.Module):
    """The painter's opponent: a patch and a wish in, one logit for each region out: real?"""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(2, 24, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(24, 48, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(48, 1, 3, padding=1),
        )

    def forward(self, x: Tensor, wish: Tensor) -> Tensor:
        """Logits (n, 1, h / 4, w / 4) for pictures (n, 1, h, w)."""
        plane = wish.view(-1, 1, 1, 1).to(x).expand_as(x)
        logits: Tensor = self.layers(torch.cat([_stretch(x), plane], 1))
        return logits


def _stretch(x: Tensor) -> Tensor:
    """Lung around zero, and its grain large enough to be seen beside a nodule."""
    return 8 * (x - 0.12)


def _block(before: int, after: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=dilation, dilation=dilation), nn.LeakyReLU(0.2)
    )


def _twice(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0)
