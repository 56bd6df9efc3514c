"""What a network knows at each depth: activations, linear probes, nearest neighbours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from sdl_lib import validate

Reduce = Callable[[Tensor], Tensor]


def activations(
    model: nn.Module,
    x: Tensor,
    *,
    at: Sequence[str],
    reduce: Reduce | None = None,
    batch_size: int = 32,
) -> dict[str, Tensor]:
    """What the named parts of ``model`` compute from ``x``, a chunk of the batch at a time.

    Forward hooks listen while the model runs and are taken off again, also after an error.

    Parameters
    ----------
    model : in evaluation mode; nothing of it is changed
    x : Tensor, shape (n, ...), in the units that the model expects
    at : names of parts, as in ``model.named_modules()``; ``""`` is the whole model
    reduce : applied to each chunk of activations before it is kept, such as :func:`pooled`
    batch_size : examples at a time; small chunks stay in the cache

    Returns
    -------
    dict : from each name to a Tensor of shape (n, ...), detached, in the order of ``at``.

    Raises
    ------
    ValueError : if a name is unknown or given twice, a part is never or repeatedly used, or
        returns no tensor, ``x`` is empty, or the model is in training mode.

    References
    ----------
    Explained in :doc:`/book/fundamentals/representations-and-transfer`.
    """
    validate.eval_mode(model)
    validate.count(batch_size, "batch_size")
    parts = _parts(model, at)
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    heard: dict[str, list[Tensor]] = {name: [] for name in at}

    def listen(name: str, _module: nn.Module, _inputs: object, output: object) -> None:
        if not isinstance(output, Tensor):
            raise ValueError(f"at: {name!r} returns {type(output).__name__}, not a tensor")
        # a copy: a later part may work in place on what this one returned
        heard[name].append((reduce(output) if reduce else output).detach().clone())

    hooks = [part.register_forward_hook(partial(listen, name)) for name, part in parts.items()]
    try:
        with torch.no_grad():
            for chunks, chunk in enumerate(x.split(batch_size), start=1):
                model(chunk)
                for name, kept in heard.items():
                    if len(kept) != chunks:
                        times = len(kept) - chunks + 1
                        raise ValueError(f"at: {name!r} is used {times} times in a pass, not once")
    finally:
        for hook in hooks:
            hook.remove()
    return {name: torch.cat(kept) for name, kept in heard.items()}


def _parts(model: nn.Module, at: Sequence[str]) -> dict[str, nn.Module]:
    if isinstance(at, str) or not at or len(set(at)) != len(at):
        raise ValueError(f"at: expected a list of different names, found {at!r}")
    known = dict(model.named_modules())
    for name in at:
        if name not in known:
            raise ValueError(f"at: {name!r} is no part of {type(model).__name__}")
    return {name: known[name] for name in at}


def pooled(features: Tensor) -> Tensor:
    """The mean of each channel over all positions: (n, c, h, w) to (n, c); (n, c) stays."""
    return features.flatten(2).mean(2) if features.ndim > 2 else features


@dataclass(frozen=True)
class Probe:
    """A linear classifier on standardised features; made by :func:`linear_probe`."""

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def scores(self, features: Tensor) -> Tensor:
        """One score a class, shape (n, classes), for ``features`` of shape (n, d)."""
        if features.ndim != 2 or features.shape[1] != len(self.mean):
            found = tuple(features.shape)
            raise ValueError(f"features: expected shape (n, {len(self.mean)}), found {found}")
        return (features.double() - self.mean) / self.scale @ self.weight + self.bias

    def predict(self, features: Tensor) -> Tensor:
        """The class with the highest score, shape (n,)."""
        return self.scores(features).argmax(1)

    def accuracy(self, features: Tensor, y: Tensor) -> float:
        """Share of the examples that get their label."""
        validate.labels(y, len(features))
        return float((self.predict(features) == y).double().mean())


def linear_probe(features: Tensor, y: Tensor, *, penalty: float = 0.1) -> Probe:
    r"""Ridge regression from frozen features to the classes, in closed form.

    With standardised features divided by :math:`\sqrt d`, so that an example has length about 1
    whatever the depth, and targets :math:`\pm1`:
    :math:`W = (Z^\top Z + \lambda I)^{-1} Z^\top T`.

    Parameters
    ----------
    features : Tensor, shape (n, d), finite
    y : LongTensor, shape (n,); classes are 0 to ``y.max()``
    penalty : :math:`\lambda` > 0; the bias is not penalised

    Returns
    -------
    Probe : in double precision.

    Raises
    ------
    ValueError : if shapes or dtypes are wrong, a feature is not finite, ``penalty`` is not
        positive, or there are fewer than two examples or only one class.

    References
    ----------
    Alain & Bengio (2016). Explained in
    :doc:`/book/fundamentals/representations-and-transfer`.
    """
    _finite_rows(features, "features")
    validate.labels(y, len(features))
    validate.radius(penalty, "penalty")
    if penalty == 0:
        raise ValueError("penalty: expected a positive number, found 0")
    if len(y) < 2 or int(y.min()) == int(y.max()):
        raise ValueError("y: expected examples of at least two classes")
    z = features.double()
    mean, spread = z.mean(0), z.std(0)
    scale = torch.where(spread > 0, spread, torch.ones_like(spread)) * z.shape[1] ** 0.5
    z = (z - mean) / scale
    targets = 2.0 * nn.functional.one_hot(y).double() - 1
    bias = targets.mean(0)
    gram = z.T @ z + penalty * torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
    return Probe(mean, scale, torch.linalg.solve(gram, z.T @ (targets - bias)), bias)


def nearest_neighbours(queries: Tensor, gallery: Tensor, *, k: int = 1) -> tuple[Tensor, Tensor]:
    """The ``k`` rows of ``gallery`` with the highest cosine similarity to each query.

    Parameters
    ----------
    queries, gallery : Tensors of shape (m, d) and (n, d), finite, without rows of zeros
    k : how many neighbours, from 1 to n

    Returns
    -------
    similarity : Tensor, shape (m, k), falling along each row
    index : LongTensor, shape (m, k): rows of the gallery; the first of equals comes first

    Raises
    ------
    ValueError : if the widths differ, a row is zero or not finite, or ``k`` is out of range.

    References
    ----------
    Explained in :doc:`/book/fundamentals/representations-and-transfer`.
    """
    validate.count(k, "k")
    for rows, name in ((queries, "queries"), (gallery, "gallery")):
        _finite_rows(rows, name)
        if not bool(rows.any(1).all()):
            raise ValueError(f"{name}: contains a row of zeros, which has no direction")
    if queries.shape[1] != gallery.shape[1]:
        raise ValueError(
            f"gallery: expected {queries.shape[1]} columns as in queries, found {gallery.shape[1]}"
        )
    if k > len(gallery):
        raise ValueError(f"k: expected at most the {len(gallery)} rows of gallery, found {k}")
    cosine = nn.functional.normalize(queries) @ nn.functional.normalize(gallery).T
    similarity, index = cosine.sort(dim=1, descending=True, stable=True)
    return similarity[:, :k], index[:, :k]


def _finite_rows(rows: Tensor, name: str) -> None:
    if not isinstance(rows, Tensor) or not rows.is_floating_point() or rows.ndim != 2:
        found = tuple(rows.shape) if isinstance(rows, Tensor) else type(rows).__name__
        raise ValueError(f"{name}: expected floats of shape (n, d), found {found}")
    if not bool(torch.isfinite(rows).all()):
        raise ValueError(f"{name}: contains values that are not finite")
