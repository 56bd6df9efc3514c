"""Defensive distillation: a network taught by the softened answers of another."""

from typing import Any

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.defences.loop import train_copy


def distillation(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    temperature: float = 40.0,
    epochs: int = 5,
    batch_size: int = 64,
    lr: float = 3e-3,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> nn.Module:
    r"""Train a teacher at softmax temperature T, then a student on its answers, at T again.

    Used at temperature 1, the student's logits are about T times larger than usual, and the
    cross-entropy has no gradient left that float32 could hold. This hides; it does not protect.

    Parameters
    ----------
    model : the start of teacher and student
    x, y, epochs, batch_size, lr, generator, show_progress : as for
        :func:`adversarial_training`; ``epochs`` for each of the two
    temperature : T, at least 1

    Returns
    -------
    The student, in evaluation mode and frozen. ``model`` stays as it was.

    Raises
    ------
    ValueError : as :func:`adversarial_training`; for a temperature below 1.

    References
    ----------
    Papernot et al. (2016); broken by Carlini & Wagner (2017). Explained in
    :doc:`/book/security/defence-and-evaluation`.
    """
    validate.radius(temperature, "temperature")
    if temperature < 1:
        raise ValueError(f"temperature: expected at least 1, found {temperature}")
    source = generator or torch.Generator().manual_seed(0)
    options: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "show_progress": show_progress,
    }

    def hard(student: nn.Module, images: Tensor, labels: Tensor, _: float) -> Tensor:
        return nn.functional.cross_entropy(student.train()(images) / temperature, labels)

    teacher = train_copy(model, x, y, hard, lr=lr, generator=source, **options)

    def soft(student: nn.Module, images: Tensor, _: Tensor, __: float) -> Tensor:
        answers = (training.predict(teacher, images) / temperature).softmax(1)
        return nn.functional.cross_entropy(student.train()(images) / temperature, answers)

    return train_copy(model, x, y, soft, lr=lr, generator=source, **options)
