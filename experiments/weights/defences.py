"""Readers of digits that are taught to resist, or to be certified.

The hardened ones all start from the LeNet-5 that is shipped.
"""

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from experiments.weights.digits import digits, on_test_digits
from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.attacks import pgd
from sdl_lib.data import mnist10k
from sdl_lib.defences import (
    adversarial_training,
    distillation,
    gloro_training,
    ibp_training,
    noise_training,
    trades,
)
from sdl_lib.models import StridedConv, load
from sdl_lib.training import accuracy, fit

# of a network, digits, labels and epochs: a network
Way = Callable[[nn.Module, Tensor, Tensor, int], nn.Module]

HARDENED: dict[str, Way] = {
    "adversarial": lambda m, x, y, n: adversarial_training(m, x, y, eps=0.2, epochs=n),
    "trades": lambda m, x, y, n: trades(m, x, y, eps=0.2, epochs=n),
    "distilled": lambda m, x, y, n: distillation(m, x, y, temperature=40.0, epochs=n),
}


def hardened(way: Way, setting: Setting) -> Trained:
    start = load("lenet5").to(setting.device)
    return Trained(way(start, *digits(setting.device), setting.times(10)), _attacked)


def _attacked(model: nn.Module) -> str:
    x, y = mnist10k("test")
    return (
        f"Accuracy on the 2,000 test digits: {accuracy(model, x, y):.4f}, and "
        f"{accuracy(model, pgd(model, x, y, eps=0.2), y):.4f} under 40 steps of PGD within .2 in "
        "the max norm."
    )


def _as_usual(model: nn.Module, x: Tensor, y: Tensor, epochs: int) -> nn.Module:
    fit(model, x, y, epochs=epochs)
    return model


CERTIFIABLE: dict[str, Way] = {
    "plain": _as_usual,
    "gloro": lambda m, x, y, n: gloro_training(m, x, y, eps=0.5, epochs=n),
    "ibp": lambda m, x, y, n: ibp_training(m, x, y, eps=0.1, epochs=n),
    "noise": lambda m, x, y, n: noise_training(m, x, y, sigma=0.5, epochs=n),
}


def certifiable(way: Way, setting: Setting) -> Trained:
    """One small network: as usual, or trained for one of three certificates."""
    start = StridedConv().eval().to(setting.device)
    return Trained(way(start, *digits(setting.device), setting.times(20)), on_test_digits)


RECIPES = {
    f"lenet5-{name}": Recipe(partial(hardened, way), needs=("lenet5",))
    for name, way in HARDENED.items()
} | {f"strided-{name}": Recipe(partial(certifiable, way)) for name, way in CERTIFIABLE.items()}
