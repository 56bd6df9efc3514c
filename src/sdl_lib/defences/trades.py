"""TRADES: right on the images themselves, and of one mind in the ball around each."""

from typing import Any

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.geometry import project, random_point
from sdl_lib.attacks.gradient import pull_back
from sdl_lib.defences.loop import reach, train_copy


def trades(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    beta: float = 6.0,
    epochs: int = 5,
    steps: int = 5,
    batch_size: int = 64,
    lr: float = 3e-3,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> nn.Module:
    r"""Minimise :math:`L(f(x),y)+\beta\max_{\|x'-x\|_\infty\le\epsilon}\mathrm{KL}(f(x)\|f(x'))`.

    Parameters
    ----------
    model, x, y, eps, epochs, steps, batch_size, lr, generator, show_progress :
        as for :func:`adversarial_training`
    beta : weight of agreement against accuracy; 0 is ordinary training

    Returns
    -------
    A trained copy, in evaluation mode and frozen. ``model`` stays as it was.

    Raises
    ------
    ValueError : as :func:`adversarial_training`; for a negative ``beta``.

    References
    ----------
    Zhang et al. (2019). Explained in :doc:`/book/security/defence-and-evaluation`.
    """
    validate.radius(eps)
    validate.radius(beta, "beta")
    validate.count(steps, "steps")
    source = generator or torch.Generator().manual_seed(0)

    def loss(student: nn.Module, images: Tensor, labels: Tensor, done: float) -> Tensor:
        student.eval()
        far = most_divergent(student, images, labels, reach(eps, done), steps, source)
        student.train()
        own, there = student(images), student(far).log_softmax(1)
        apart = nn.functional.kl_div(there, own.log_softmax(1), log_target=True, reduction="sum")
        total: Tensor = nn.functional.cross_entropy(own, labels) + beta * apart / len(images)
        return total

    options: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "show_progress": show_progress,
    }
    return train_copy(model, x, y, loss, lr=lr, generator=source, **options)


def most_divergent(
    model: nn.Module, x: Tensor, y: Tensor, eps: float, steps: int, source: torch.Generator
) -> Tensor:
    """PGD on the divergence from the answer at ``x``; no label enters. Shape as ``x``."""
    with torch.no_grad():
        own = model(x).softmax(1)

    def weigh(logits: Tensor, rows: slice) -> Tensor:
        slope: Tensor = logits.softmax(1) - own[rows]  # of KL(own, softmax) in the logits
        return slope

    # at x itself the divergence is least and its gradient zero: begin elsewhere
    far = random_point(x, eps, "linf", source)
    for _ in range(steps):
        gradient, _ = pull_back(model, far, y, None, weigh)
        far = project(far + 2.5 * eps / steps * gradient.sign(), x, eps, "linf")
    return far
