"""What a training is given, and what it hands back."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn


class Setting(NamedTuple):
    """Where the networks are trained, and how long compared with those that are shipped."""

    device: str = "cpu"
    scale: float = 1.0

    def times(self, n: int) -> int:
        """So many steps, epochs or examples, to scale: at least one."""
        return max(1, round(n * self.scale))

    def options(self) -> str:
        """What a command line says of it, with a space in front; nothing of what is usual."""
        device = "" if self.device == "cpu" else f" --device {self.device}"
        return device + ("" if self.scale == 1 else f" --scale {self.scale:g}")


class Trained(NamedTuple):
    """A trained network, and what its passport will say."""

    model: nn.Module
    measure: Callable[[nn.Module], str]
    """sentences of measured values, of the network as it is shipped, on the CPU"""
    settings: str = "seed 0"
    half: bool = False
    """whether the weights are shipped in half precision"""


class Recipe(NamedTuple):
    """How a network is made."""

    train: Callable[[Setting], Trained]
    needs: tuple[str, ...] = ()
    """networks that it starts from or is measured with, as the library ships them"""


def channels_last(model: nn.Module, device: str) -> nn.Module:
    """The model there, with its pictures' channels side by side, which is faster."""
    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
