"""Tables of people: how a shipped one is read, and how it becomes numbers for a network."""

import io
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from sdl_lib.data import passports


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become features; :func:`fit_encoding` makes one.

    ``names`` has one entry a feature, such as ``age`` or ``race=White``; ``columns`` are the
    table's, and ``column_of[j]`` is the place in it of the column that feature ``j`` came from.
    """

    columns: tuple[str, ...]
    names: tuple[str, ...]
    column_of: tuple[int, ...]
    _levels: tuple[tuple[str, ...], ...]  # empty for a number
    _scale: tuple[tuple[float, float], ...]  # mean and standard deviation of a number

    def __call__(self, table: pd.DataFrame) -> Tensor:
        """The features of ``table``, shape (rows, len(names)), float32.

        Raises ``ValueError`` if a column is missing, holds a category that was not there when
        the encoding was fitted, or a number that is not finite.
        """
        _check(table, self.columns)
        parts = [
            _one_hot(table[name], levels) if levels else _standard(table[name], *scale)
            for name, levels, scale in zip(self.columns, self._levels, self._scale, strict=True)
        ]
        return torch.from_numpy(np.concatenate(parts, axis=1))


def fit_encoding(table: pd.DataFrame, columns: Sequence[str]) -> Encoding:
    """Learn from ``table`` how to turn ``columns`` into numbers.

    Numbers are brought to mean 0 and standard deviation 1 over ``table``; a category becomes one
    feature for each of its values, 1 where it holds and 0 elsewhere.

    Parameters
    ----------
    table : the training rows; nothing may be learnt from the test rows
    columns : names of the columns to use, in this order

    Returns
    -------
    Encoding : call it on any table with these columns to get a Tensor of features

    Raises
    ------
    ValueError : if a column is missing or a number is not finite.

    References
    ----------
    Used from :doc:`/book/explanation/shapley-lime-qii` on.
    """
    _check(table, tuple(columns))
    names: list[str] = []
    column_of: list[int] = []
    levels: list[tuple[str, ...]] = []
    scale: list[tuple[float, float]] = []
    for place, column in enumerate(columns):
        values = table[column]
        number = pd.api.types.is_numeric_dtype(values.dtype)
        found = () if number else tuple(sorted(map(str, values.unique())))
        spread = float(values.std(ddof=0)) if number else 1.0
        levels.append(found)
        scale.append((float(values.mean()) if number else 0.0, spread or 1.0))
        names += [f"{column}={level}" for level in found] or [column]
        column_of += [place] * (len(found) or 1)
    return Encoding(tuple(columns), tuple(names), tuple(column_of), tuple(levels), tuple(scale))


def shipped(file: Path) -> pd.DataFrame:
    """The verified table in ``file`` (CSV, xz): words as categories, yes and no as bool."""
    content = lzma.decompress(passports.shipped(file))
    table = pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])
    words = [name for name in table if not pd.api.types.is_numeric_dtype(table[name].dtype)]
    return table.astype(dict.fromkeys(words, "category"))


def _check(table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(f"columns: the table has no {', '.join(map(repr, missing))}")
    for name in columns:
        if pd.api.types.is_numeric_dtype(table[name].dtype):
            if not np.isfinite(table[name].to_numpy(dtype=np.float64)).all():
                raise ValueError(f"table: column {name!r} holds values that are not finite")
        elif table[name].isna().any():
            raise ValueError(f"table: column {name!r} has empty entries")


def _one_hot(values: pd.Series, levels: tuple[str, ...]) -> np.ndarray:
    place = pd.Index(levels).get_indexer(pd.Index(values.astype(str)))
    if (place < 0).any():
        unknown = sorted(set(values.astype(str)) - set(levels))
        raise ValueError(f"table: column {values.name!r} has unknown values {unknown}")
    return np.eye(len(levels), dtype=np.float32)[place]


def _standard(values: pd.Series, mean: float, spread: float) -> np.ndarray:
    numbers = (values.to_numpy(dtype=np.float64) - mean) / spread
    return numbers.astype(np.float32)[:, None]
