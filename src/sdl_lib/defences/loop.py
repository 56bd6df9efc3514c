"""The training loop that the defences share: Adam, a rate that rises and falls, a copy."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate
from sdl_lib.training import batches

# of the model, a batch of images and labels, and the share of all steps that is done
BatchLoss = Callable[[nn.Module, Tensor, Tensor, float], Tensor]


def train_copy(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    loss: BatchLoss,
    *,
    epochs: int,
    batch_size: int,
    lr: float,
    generator: torch.Generator,
    show_progress: bool = False,
) -> nn.Module:
    """A trained copy of ``model``, in evaluation mode and frozen; the model itself stays."""
    validate.images(x)
    validate.labels(y, len(x))
    validate.count(epochs, "epochs")
    validate.count(batch_size, "batch_size")
    validate.radius(lr, "lr")
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    model = copy.deepcopy(model).requires_grad_(True)
    total = epochs * -(-len(x) // batch_size)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=max(total, 2))
    done = 0
    for _ in progress.bar(range(epochs), disable=not show_progress, desc="training"):
        for rows in batches(len(x), batch_size, generator=generator):
            value = loss(model, x[rows], y[rows], (done + 1) / total)
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            schedule.step()
            done += 1
    model.zero_grad()
    return model.eval().requires_grad_(False)


def reach(eps: float, done: float) -> float:
    """The radius grows over the first half of the training, so that a warm start is not lost."""
    return eps * min(1.0, 2 * done)
