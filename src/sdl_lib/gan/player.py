"""One player of the game: a network, the weights that it may change, and its Adam."""

from itertools import compress
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


class Player:
    """A network and its optimiser, which is ``torch.optim.Adam`` without the work around each step.

    A step on the networks of a ring takes less than a millisecond, and the bookkeeping of
    ``Optimizer.step`` a noticeable part of it. The function that does the arithmetic is torch's.
    """

    def __init__(self, net: nn.Module, rate: float, betas: tuple[float, float]) -> None:
        self.net = net
        self.learnt = [weight for weight in net.parameters() if weight.requires_grad]
        self.adam = torch.optim.Adam(self.learnt, lr=rate, betas=betas, fused=True)
        self.settings = {
            "lr": rate,
            "beta1": betas[0],
            "beta2": betas[1],
            "eps": self.adam.defaults["eps"],
            "weight_decay": 0.0,
            "amsgrad": False,
            "maximize": False,
            "fused": True,
        }
        self._remember({})

    def state(self) -> dict[str, Any]:
        """Of the optimiser, as torch has it."""
        state: dict[str, Any] = self.adam.state_dict()
        return state

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from an earlier :meth:`state`."""
        self.adam.load_state_dict(state)
        self._remember(self.adam.state)

    def _remember(self, known: Any) -> None:
        for weight in self.learnt:
            if weight not in known:
                self.adam.state[weight] = {
                    "step": torch.zeros((), dtype=torch.float32, device=weight.device),
                    "exp_avg": torch.zeros_like(weight),
                    "exp_avg_sq": torch.zeros_like(weight),
                }
        states = [self.adam.state[weight] for weight in self.learnt]
        self.moments = [[state[name] for state in states] for name in _MOMENTS]

    def update(self, loss: Tensor) -> Tensor:
        """One step down ``loss``; the other's weights get no gradient and cost no backward."""
        slopes = torch.autograd.grad(loss, self.learnt, allow_unused=True)
        lists: list[Any] = [self.learnt, slopes, *self.moments]
        if any(slope is None for slope in slopes):
            used = [slope is not None for slope in slopes]
            lists = [list(compress(tensors, used)) for tensors in lists]
        weights, slopes, means, squares, steps = lists
        with torch.no_grad():
            adam(weights, list(slopes), means, squares, [], steps, **self.settings)
        return loss.detach()
