"""Groups of people: one attribute, or several and all their intersections, as numbers."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor

# codes 0, 1, ... of dtype torch.int64, or the name of each example's level
Attribute = Tensor | Sequence[str]
Attributes = Mapping[str, Attribute]
Levels = Mapping[str, Sequence[str]]


class Groups(NamedTuple):
    """Which group each example belongs to.

    ``code`` has shape (n,); ``names[code]`` are the levels of its attributes, in their order.
    """

    attributes: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    code: Tensor


def intersections(attributes: Attributes, n: int, *, levels: Levels | None = None) -> Groups:
    """All combinations of the levels of ``attributes``, also those that nobody belongs to.

    Parameters
    ----------
    attributes : for each attribute the level of each of ``n`` examples: codes from 0 (LongTensor,
        shape (n,)), or names
    n : number of examples
    levels : the names of an attribute's levels. Default: the codes up to the largest, or the names
        that occur, sorted

    Returns
    -------
    Groups : the last attribute varies fastest.

    Raises
    ------
    ValueError : if there is no attribute, a length differs, or a level is unknown.

    References
    ----------
    Explained in :doc:`/book/fairness/criteria-and-impossibility`.
    """
    if not attributes:
        raise ValueError("attributes: expected at least one attribute, found none")
    code = torch.zeros(n, dtype=torch.int64)
    all_levels = []
    for name, values in attributes.items():
        known = None if levels is None else levels.get(name)
        own, names = _encode(name, values, n, known)
        code = code * len(names) + own
        all_levels.append(names)
    return Groups(tuple(attributes), tuple(product(*all_levels)), code)


def _encode(
    name: str, values: Attribute, n: int, known: Sequence[str] | None
) -> tuple[Tensor, list[str]]:
    if isinstance(values, Tensor):
        return _codes(name, values, n, known)
    plain: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    if len(plain) != n:
        raise ValueError(f"{name}: expected one level for each of {n} examples, found {len(plain)}")
    found = set(plain)
    if wrong := [v for v in found if not isinstance(v, str)]:
        raise ValueError(f"{name}: expected names or a tensor of codes, found {wrong[0]!r}")
    names = sorted(found) if known is None else list(known)
    if unknown := found - set(names):
        raise ValueError(f"{name}: expected one of {', '.join(names)}, found {min(unknown)!r}")
    number = {level: i for i, level in enumerate(names)}
    return torch.tensor([number[v] for v in plain], dtype=torch.int64), names


def _codes(
    name: str, values: Tensor, n: int, known: Sequence[str] | None
) -> tuple[Tensor, list[str]]:
    if values.dtype == torch.bool:
        values = values.long()
    if values.dtype != torch.int64 or values.shape != (n,):
        found = f"{values.dtype} of shape {tuple(values.shape)}"
        raise ValueError(f"{name}: expected torch.int64 of shape ({n},), found {found}")
    low, high = (int(v) for v in values.aminmax()) if n else (0, -1)
    names = [str(i) for i in range(high + 1)] if known is None else list(known)
    if low < 0 or high >= len(names):
        top = "" if known is None else f" to {len(names) - 1}"
        raise ValueError(f"{name}: expected codes from 0{top}, found {low} to {high}")
    return values.cpu(), names


def binary(values: Tensor, n: int, name: str) -> Tensor:
    """``values`` as LongTensor of 0 and 1, one for each of ``n`` examples."""
    if not isinstance(values, Tensor) or values.dtype not in (torch.bool, torch.int64):
        found = values.dtype if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(f"{name}: expected a tensor of torch.bool or torch.int64, found {found}")
    if values.shape != (n,):
        raise ValueError(
            f"{name}: expected one value for each of {n} examples, found {tuple(values.shape)}"
        )
    plain = values.detach().cpu().long()
    if n and (int(plain.min()) < 0 or int(plain.max()) > 1):
        raise ValueError(
            f"{name}: expected 0 and 1, found {int(plain.min())} to {int(plain.max())}"
        )
    return plain
