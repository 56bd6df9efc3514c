"""Groups of people: one attribute, or several and all their intersections, as numbers."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

# a tensor of codes 0, 1, ..., or a column of names
Attribute = Tensor | Sequence[str] | np.ndarray | pd.Series
Attributes = Mapping[str, Attribute] | pd.DataFrame
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
    attributes : for each attribute the level of each of ``n`` examples, codes from 0 (LongTensor,
        shape (n,)) or names: a dictionary, or columns of a table
    n : number of examples
    levels : the names of an attribute's levels. Default: the codes up to the largest, or the names
        that occur, sorted

    Returns
    -------
    Groups : the last attribute varies fastest.

    Raises
    ------
    ValueError : if there is no attribute, a length differs, or a level is missing or unknown.

    References
    ----------
    Explained in :doc:`/book/fairness/criteria-and-impossibility`.
    """
    columns = {str(name): values for name, values in attributes.items()}
    if not columns:
        raise ValueError("attributes: expected at least one attribute, found none")
    code = torch.zeros(n, dtype=torch.int64)
    all_levels = []
    for name, values in columns.items():
        known = None if levels is None else levels.get(name)
        if isinstance(values, Tensor):
            own, names = _codes(name, values, n, known)
        else:
            own, names = _words(name, values, n, known)
        code = own if len(columns) == 1 else code * len(names) + own
        all_levels.append(names)
    return Groups(tuple(columns), tuple(product(*all_levels)), code)


def _words(name: str, values: Any, n: int, known: Sequence[str] | None) -> tuple[Tensor, list[str]]:
    if len(values) != n:
        raise ValueError(
            f"{name}: expected one level for each of {n} examples, found {len(values)}"
        )
    codes, found = pd.factorize(pd.Series(values), sort=True)
    if n and codes.min() < 0:
        raise ValueError(f"{name}: has empty entries; give them a name of their own")
    names = [str(level) for level in found]
    code = torch.from_numpy(codes.astype(np.int64))
    if known is None:
        return code, names
    if unknown := sorted(set(names) - set(known)):
        raise ValueError(f"{name}: expected one of {', '.join(known)}, found {unknown[0]!r}")
    return torch.tensor([list(known).index(level) for level in names])[code], list(known)


def _codes(
    name: str, values: Tensor, n: int, known: Sequence[str] | None
) -> tuple[Tensor, list[str]]:
    plain = values.detach().cpu()
    plain = plain.long() if plain.dtype == torch.bool else plain
    if plain.dtype != torch.int64 or plain.shape != (n,):
        found = f"{values.dtype} of shape {tuple(values.shape)}"
        raise ValueError(f"{name}: expected torch.int64 of shape ({n},), found {found}")
    low, high = (int(v) for v in plain.aminmax()) if n else (0, -1)
    names = [str(i) for i in range(high + 1)] if known is None else list(known)
    if low < 0 or high >= len(names):
        top = "" if known is None else f" to {len(names) - 1}"
        raise ValueError(f"{name}: expected codes from 0{top}, found {low} to {high}")
    return plain, names


def binary(values: ArrayLike | Tensor, name: str, *, n: int | None = None) -> Tensor:
    """``values``, each 0 or 1 (or a boolean), as LongTensor of shape (n,), n at least 1."""
    plain = values.detach().cpu() if isinstance(values, Tensor) else _tensor(values, name)
    if plain.ndim != 1 or len(plain) == 0 or (n is not None and len(plain) != n):
        wanted = "at least one example" if n is None else f"one value for each of {n} examples"
        raise ValueError(f"{name}: expected {wanted}, found shape {tuple(plain.shape)}")
    if plain.dtype == torch.bool:
        return plain.long()
    low, high = plain.aminmax()
    whole = plain.long()
    exact = not plain.is_floating_point() or bool((whole == plain).all())
    if not (exact and low >= 0 and high <= 1):
        raise ValueError(f"{name}: expected 0 and 1 alone, found {low.item()} to {high.item()}")
    return whole


def numbers(values: ArrayLike | Tensor, name: str, *, n: int) -> Tensor:
    """``values`` as float64 of shape (n,), all finite."""
    plain = values.detach().cpu() if isinstance(values, Tensor) else _tensor(values, name)
    if plain.shape != (n,):
        raise ValueError(
            f"{name}: expected one number for each of {n} examples, found {tuple(plain.shape)}"
        )
    if not bool(plain.isfinite().all()):
        raise ValueError(f"{name}: contains values that are not finite")
    return plain.double()


def _tensor(values: ArrayLike, name: str) -> Tensor:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected numbers or booleans, found {array.dtype}")
    return torch.tensor(array)
