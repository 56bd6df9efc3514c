"""A small network for traffic lights and signs."""

from torch import nn

from sdl_lib.data.signs import SIGN_CLASSES
from sdl_lib.models.digits import _Stack


class SignNet(_Stack):
    """Three small convolutions and two dense layers, for pictures (n, 3, 32, 32) in [0, 1].

    36,133 parameters; one logit for each of the 13 classes of :data:`sdl_lib.data.SIGN_CLASSES`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(512, 48),
            nn.ReLU(),
            nn.Linear(48, len(SIGN_CLASSES)),
        )
