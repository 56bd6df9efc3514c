"""Networks for 28 x 28 digits, from one matrix to eight layers."""

from torch import Tensor, nn


class _Stack(nn.Module):
    """A network that is its ``layers``, one after the other."""

    layers: nn.Sequential

    def forward(self, x: Tensor) -> Tensor:
        """Logits of shape (n, 10) for pictures ``x`` of shape (n, 1, 28, 28) in [0, 1]."""
        logits: Tensor = self.layers(x)
        return logits


class Softmax(_Stack):
    """Softmax regression: one matrix, ten scores; 7,850 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


class MLP(_Stack):
    """A perceptron with one hidden layer.

    Parameters
    ----------
    hidden : units of the hidden layer; the shipped weights have 64 (50,890 parameters)
    """

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10)
        )


class LeNet5(_Stack):
    """The convolutional network of LeCun et al. (1998), with ReLU and max-pooling.

    61,706 parameters. The original had scaled tanh units and trained subsampling.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(400, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, 10),
        )


class VGG8(_Stack):
    """Six small convolutions and two dense layers, after Simonyan & Zisserman (2015).

    The shape is that of the active-learning study of Ducoffe & Precioso (2018), whose widths
    (64 to 512 channels, 4,096 units) are divided by ``shrink`` to fit a laptop.

    Parameters
    ----------
    shrink : 1 is the paper's network; the default, 8, has 108,970 parameters
    """

    def __init__(self, shrink: int = 8) -> None:
        super().__init__()
        widths = [w // shrink for w in (64, 128, 256, 256, 512, 512)]
        pooled = (True, True, False, True, False, True)
        parts: list[nn.Module] = []
        before = 1
        for width, pool in zip(widths, pooled, strict=True):
            parts += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            parts += [nn.MaxPool2d(2)] if pool else []
            before = width
        dense = 4096 // shrink
        parts += [nn.Flatten(), nn.Linear(before, dense), nn.ReLU(), nn.Linear(dense, 10)]
        self.layers = nn.Sequential(*parts)
