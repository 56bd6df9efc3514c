"""Train a classifier and measure it: the loop that every page uses."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate

Loss = Callable[[Tensor, Tensor], Tensor]


def fit(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    epochs: int = 5,
    batch_size: int = 64,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
    loss: Loss = nn.functional.cross_entropy,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> list[float]:
    """Minimise the mean loss over (x, y) with Adam; returns the mean loss of each epoch.

    The model is trained in place and left in evaluation mode.

    Parameters
    ----------
    model : maps (n, ...) to logits (n, classes)
    x : Tensor, shape (n, ...)
    y : LongTensor, shape (n,)
    epochs, batch_size, lr, weight_decay : as usual; ``weight_decay`` is Adam's L2 term
    loss : of (logits, labels), a mean over the batch
    generator : the source of the shuffling; default: a new one with seed 0
    show_progress : show a bar with the loss of the last epoch

    Raises
    ------
    ValueError : if the batch sizes differ, ``y`` is not int64, or a setting is out of range.

    References
    ----------
    Kingma & Ba (2015) for Adam. Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.labels(y, len(x))
    validate.count(epochs, "epochs", least=0)
    validate.count(batch_size, "batch_size")
    generator = generator or torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay)
    history: list[float] = []
    model.train()
    epoch_bar = progress.bar(range(epochs), disable=not show_progress, desc="training")
    for _ in epoch_bar:
        total = torch.zeros((), device=x.device)
        for rows in batches(len(x), batch_size, generator=generator):
            optimiser.zero_grad()
            value = loss(model(x[rows]), y[rows])
            value.backward()
            optimiser.step()
            total += value.detach() * len(rows)
        history.append(float(total) / len(x))
        epoch_bar.set_postfix(loss=f"{history[-1]:.3f}")
    model.eval()
    return history


def batches(n: int, size: int, *, generator: torch.Generator | None = None) -> Iterator[Tensor]:
    """Row numbers 0 to n - 1 in chunks of ``size``, shuffled when a ``generator`` is given."""
    order = torch.arange(n) if generator is None else torch.randperm(n, generator=generator)
    yield from order.split(size)


@torch.no_grad()
def predict(model: nn.Module, x: Tensor, *, batch_size: int = 256) -> Tensor:
    """Logits of shape (n, classes) for ``x`` of shape (n, ...), a chunk at a time.

    Raises ``ValueError`` if the model is in training mode: its answers would depend on the batch.
    """
    validate.eval_mode(model)
    validate.count(batch_size, "batch_size")
    return torch.cat([model(chunk) for chunk in x.split(batch_size)])


def accuracy(model: nn.Module, x: Tensor, y: Tensor, *, batch_size: int = 256) -> float:
    """Share of the examples (x, y) whose largest logit is that of their label."""
    validate.labels(y, len(x))
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    return float((predict(model, x, batch_size=batch_size).argmax(1) == y).double().mean())
