"""A network of a few labels, trained from scratch until it knows them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib import training, validate


def train_until(
    build: Callable[[], nn.Module],
    x: Tensor,
    y: Tensor,
    *,
    generator: torch.Generator,
    dropout: float = 0.25,
    loss: float = 0.02,
    epochs: int = 150,
    lr: float = 2e-3,
    batch_size: int = 32,
) -> nn.Module:
    """A new network, trained with Adam until the mean loss of an epoch is below ``loss``.

    Nothing is held out: of twenty labels one has none to spare. Dropout stands before the last
    layer, so that :func:`bald` may draw from the same network that every strategy uses.

    Parameters
    ----------
    build : makes the network, layers in a row of which the last is dense
    x : Tensor, shape (n, ...), n at least 1
    y : LongTensor, shape (n,)
    generator : the source of the weights, the order and the dropout
    dropout, loss, lr, batch_size : as usual
    epochs : at most so many

    Returns
    -------
    nn.Module, in evaluation mode, on the device of ``x``.

    Raises
    ------
    ValueError : if the batch sizes differ, or a setting is out of range.

    References
    ----------
    Kingma & Ba (2015) for Adam. Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    validate.labels(y, len(x))
    validate.count(len(x), "len(x)")
    validate.count(epochs, "epochs")
    seed = int(torch.randint(2**31, (), generator=generator))
    cuda = [x.device] if x.device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):  # weights and dropout draw from the global one
        torch.manual_seed(seed)
        model = _with_dropout(build(), dropout).to(x.device).train()
        optimiser = torch.optim.Adam(model.parameters(), lr=lr)
        for _ in range(epochs):
            total = torch.zeros((), device=x.device)
            for rows in training.batches(len(x), batch_size, generator=generator):
                optimiser.zero_grad()
                value = nn.functional.cross_entropy(model(x[rows]), y[rows])
                value.backward()
                optimiser.step()
                total += value.detach() * len(rows)
            if float(total) / len(x) < loss:
                break
    return model.eval()


def _with_dropout(model: nn.Module, p: float) -> nn.Module:
    layers = getattr(model, "layers", model)
    if not isinstance(layers, nn.Sequential):
        raise ValueError("build: expected a network of layers in a row")
    layers.insert(len(layers) - 1, nn.Dropout(p))
    return model
