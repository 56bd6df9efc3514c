"""Who fools whom: examples made for one model, put before another."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from sdl_lib import training, validate

Attack = Callable[[nn.Module, Tensor, Tensor], Tensor]


def transfer_matrix(
    sources: Mapping[str, nn.Module],
    targets: Mapping[str, nn.Module],
    x: Tensor,
    y: Tensor,
    *,
    attack: Attack,
) -> Tensor:
    r"""Share of examples, made for the source in row i, that fool the target in column j.

    Counted are the examples that source and target both get right before the attack: an error
    that was there already is no transfer. Leave out the model itself, or models that share its
    training set, to see how far the *task* alone lets attacks travel.

    Parameters
    ----------
    sources, targets : names and models, in evaluation mode, of the same inputs and classes
    x : Tensor, shape (n, ...), values in [0, 1]
    y : LongTensor, shape (n,)
    attack : ``attack(model, x, y)`` returns adversarial images, shape as ``x``; it sees the
        source only

    Returns
    -------
    Tensor of float64, shape (sources, targets); nan where no example counts

    Raises
    ------
    ValueError : if there is no source or target, a model is in training mode, a label is bad, or
        the attack returns another shape or leaves [0, 1].

    References
    ----------
    Papernot, McDaniel & Goodfellow (2016). Explained in :doc:`/book/security/transferability`.
    """
    validate.images(x)
    validate.labels(y, len(x))
    for name, models in (("sources", sources), ("targets", targets)):
        if not models:
            raise ValueError(f"{name}: expected at least one model, found none")
        for key, model in models.items():
            validate.eval_mode(model, f"{name}[{key!r}]")
    right = [training.predict(model, x).argmax(1) == y for model in targets.values()]
    rows = []
    for source in sources.values():
        known = training.predict(source, x).argmax(1) == y
        x_adv = attack(source, x, y)
        if x_adv.shape != x.shape:
            raise ValueError(f"attack: expected shape {tuple(x.shape)}, found {tuple(x_adv.shape)}")
        validate.images(x_adv, "attack(model, x, y)")
        pairs = zip(targets.values(), right, strict=True)
        rows.append([_share(model, x_adv, y, known & sure) for model, sure in pairs])
    return torch.tensor(rows, dtype=torch.float64)


def _share(model: nn.Module, x_adv: Tensor, y: Tensor, counted: Tensor) -> float:
    if not bool(counted.any()):
        return float("nan")
    guess = training.predict(model, x_adv[counted]).argmax(1)
    return float((guess != y[counted]).double().mean())
