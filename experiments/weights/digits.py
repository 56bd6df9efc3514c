"""The readers of digits."""

from functools import partial

from torch import Tensor, nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import mnist10k
from sdl_lib.models import MLP, LeNet5
from sdl_lib.training import accuracy, fit


def digits(device: str) -> tuple[Tensor, Tensor]:
    """The training part of MNIST-10k."""
    x, y = mnist10k("train")
    return x.to(device), y.to(device)


def on_test_digits(model: nn.Module) -> str:
    """How many of the test digits are read."""
    return f"Accuracy on the 2,000 test digits: {accuracy(model, *mnist10k('test')):.4f}."


def reader(build: type[nn.Module], epochs: int, setting: Setting) -> Trained:
    model = build().to(setting.device)
    x, y = digits(setting.device)
    fit(model, x, y, epochs=setting.times(epochs), lr=1e-3, weight_decay=1e-4)
    return Trained(model, on_test_digits)


RECIPES = {
    "lenet5": Recipe(partial(reader, LeNet5, 20)),
    "mlp": Recipe(partial(reader, MLP, 40)),
}
