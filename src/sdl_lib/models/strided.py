"""A convolutional network without pooling, small enough that its bounds stay narrow."""

from torch import Tensor, nn


class StridedConv(nn.Module):
    """Two convolutions that move in steps of two, and two dense layers; 28,874 parameters.

    In place of pooling the convolutions stride. The fewer and the smaller the layers, the less
    does a bound that passes through them lose.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(8, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(784, 32),
            nn.ReLU(),
            nn.Linear(32, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits of shape (n, 10) for pictures ``x`` of shape (n, 1, 28, 28)."""
        logits: Tensor = self.layers(x)
        return logits
