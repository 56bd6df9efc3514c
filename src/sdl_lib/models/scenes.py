"""Two readers of label sets, one blind to places and one made for them."""

from torch import Tensor, nn


class ScenePerceptron(nn.Module):
    """A perceptron with 64 hidden units: it must learn each shape anew at each place.

    65,990 parameters; pictures (n, 1, 32, 32) to logits (n, 6). Explained in
    :doc:`/book/security/conditional-gans`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 6) of the kinds of :data:`sdl_lib.data.SCENE_KINDS`."""
        logits: Tensor = self.layers(x)
        return logits


class SceneConv(nn.Module):
    """32 templates of 9 x 9 pixels, the best match of each anywhere, and a dense layer of them.

    5,126 parameters; pictures (n, 1, 32, 32) to logits (n, 6). Explained in
    :doc:`/book/security/conditional-gans`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.templates = nn.Conv2d(1, 32, 9, stride=2, padding=4)
        self.output = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 6) of the kinds of :data:`sdl_lib.data.SCENE_KINDS`."""
        logits: Tensor = self.output(self.templates(0.9 - x).relu().amax((2, 3)))
        return logits
