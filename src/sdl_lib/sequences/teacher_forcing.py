"""Train a network to predict each word of whole sentences, given the right words before it."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sdl_lib import validate


def fit_sequences(
    model: nn.Module,
    inputs: Sequence[Tensor],
    targets: Tensor,
    *,
    steps: int,
    batch_size: int = 64,
    lr: float = 1e-2,
    generator: torch.Generator | None = None,
    watch: Callable[[int], None] | None = None,
    every: int = 20,
) -> list[float]:
    """Minimise the mean cross-entropy over all places of random sentences; returns the losses.

    Adam, its rate falling to 0 along a cosine. The model is trained in place and left in
    evaluation mode, in which it is also whenever ``watch`` is called.

    Parameters
    ----------
    model : ``model(*inputs)`` gives logits (n, T, classes)
    inputs : LongTensors of n rows each: one for a language model, source and target for a
        translator
    targets : LongTensor, shape (n, T)
    steps, batch_size, lr : updates; sentences an update, drawn with replacement; largest rate
    generator : draws the sentences; default: a new one with seed 0
    watch : called with the number of updates done, before the first, then after each ``every``

    Raises
    ------
    ValueError : if a setting is out of range or the numbers of rows differ.

    References
    ----------
    Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    for value, name in ((steps, "steps"), (batch_size, "batch_size"), (every, "every")):
        validate.count(value, name)
    n = len(targets)
    if targets.ndim != 2 or n == 0 or any(len(x) != n for x in inputs):
        raise ValueError(
            f"targets: expected shape (n, T) and as many rows in each input, found "
            f"{tuple(targets.shape)} and {[len(x) for x in inputs]}"
        )
    generator = generator or torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    history: list[float] = []
    for step in range(steps):
        if watch and step % every == 0:
            model.eval()
            watch(step)
        model.train()
        rows = torch.randint(n, (batch_size,), generator=generator)
        logits = model(*(x[rows] for x in inputs))
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets[rows].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        history.append(float(loss.detach()))
    model.eval()
    if watch:
        watch(steps)
    return history
