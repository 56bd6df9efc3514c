"""Adversarial training: learn from the worst images of the ball, not from the ones given."""

from typing import Any

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.geometry import Norm
from sdl_lib.attacks.pgd import pgd
from sdl_lib.defences.loop import reach, train_copy


def adversarial_training(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    norm: Norm = "linf",
    epochs: int = 5,
    steps: int = 5,
    batch_size: int = 64,
    lr: float = 3e-3,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> nn.Module:
    r"""Minimise the mean of :math:`\max_{\|x'-x\|\le\epsilon} L(f(x'), y)`, the inside by PGD.

    Parameters
    ----------
    model : the start; trained already, it needs fewer epochs
    x, y : Tensor, shape (n, ...), values in [0, 1], and LongTensor, shape (n,)
    eps, norm : of the ball; the radius grows to ``eps`` over the first half of the training
    epochs, batch_size, lr : as in :func:`sdl_lib.training.fit`; the rate rises and falls to 0
    steps : of PGD for each batch, from a random start
    generator : of the shuffling and the starts; default: a new one with seed 0
    show_progress : show a bar

    Returns
    -------
    A trained copy, in evaluation mode and frozen. ``model`` stays as it was.

    Raises
    ------
    ValueError : for bad images, labels, radius or counts.

    References
    ----------
    Madry et al. (2018). Explained in :doc:`/book/security/defence-and-evaluation`.
    """
    validate.radius(eps)
    validate.count(steps, "steps")
    source = generator or torch.Generator().manual_seed(0)

    def loss(student: nn.Module, images: Tensor, labels: Tensor, done: float) -> Tensor:
        student.eval()
        radius = reach(eps, done)
        worst = pgd(student, images, labels, eps=radius, norm=norm, steps=steps, generator=source)
        student.train()
        return nn.functional.cross_entropy(student(worst), labels)

    options: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "show_progress": show_progress,
    }
    return train_copy(model, x, y, loss, lr=lr, generator=source, **options)
