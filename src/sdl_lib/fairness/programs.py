"""Models as programs: expression trees whose parts can be looked at and replaced."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from sdl_lib import validate

Path = tuple[int, ...]  # from the root: which part, which part of that, ...


@dataclass(frozen=True)
class Program:
    """An expression over the columns of a table. Called on rows (n, d) it gives values (n,).

    ``compute(x, values)`` makes them of the rows and of the values (n,) of each of its ``parts``;
    ``write(texts)`` makes its own text of theirs.
    """

    parts: tuple["Program", ...]
    compute: Callable[[Tensor, Sequence[Tensor]], Tensor]
    write: Callable[[Sequence[str]], str]

    def __call__(self, x: Tensor) -> Tensor:
        return self.compute(x, [part(x) for part in self.parts])

    def __str__(self) -> str:
        return self.write([str(part) for part in self.parts])


def column(place: int, name: str) -> Program:
    """The value of one column of the table."""
    validate.count(place, "place", least=0)
    return Program((), lambda x, _: x[:, place].double(), lambda _: name)


def constant(value: float) -> Program:
    """The same number for everybody."""
    return Program((), lambda x, _: torch.full((len(x),), value).double(), lambda _: f"{value:g}")


def over(part: Program, threshold: float) -> Program:
    """1 where the part is over the threshold, else 0."""
    return Program(
        (part,), lambda _, v: (v[0] > threshold).double(), lambda t: f"{t[0]} > {threshold:g}"
    )


def choose(question: Program, yes: Program, no: Program) -> Program:
    """``yes`` where the question is not 0, else ``no``."""
    return Program(
        (question, yes, no),
        lambda _, v: torch.where(v[0] != 0, v[1], v[2]),
        lambda t: f"({t[1]} if {t[0]} else {t[2]})",
    )


def weighted_sum(weights: Sequence[float], parts: Sequence[Program]) -> Program:
    """The sum of the parts, each times its weight.

    Raises
    ------
    ValueError : if there are not as many weights as parts, or none.
    """
    if len(weights) != len(parts) or not parts:
        raise ValueError(f"weights: expected one for each of {len(parts)} parts, at least one")
    by = torch.tensor(list(weights), dtype=torch.float64)
    return Program(
        tuple(parts),
        lambda _, v: by @ torch.stack(list(v)),
        lambda t: " + ".join(f"{w:.3g} {part}" for w, part in zip(weights, t, strict=True)),
    )


def tree_program(tree: Any, names: Sequence[str]) -> Program:
    """A fitted ``sklearn.tree.DecisionTreeClassifier`` as a program that gives class numbers.

    Parameters
    ----------
    tree : fitted to classes 0, 1, ...
    names : of its columns, in their order

    Raises
    ------
    ValueError : if the tree has another number of columns.

    References
    ----------
    Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    inner = tree.tree_
    if len(names) != inner.n_features:
        raise ValueError(f"names: expected {inner.n_features} columns, found {len(names)}")

    def node(i: int) -> Program:
        low, high = int(inner.children_left[i]), int(inner.children_right[i])
        if low < 0:
            return constant(float(inner.value[i, 0].argmax()))
        place = int(inner.feature[i])
        question = over(column(place, names[place]), float(inner.threshold[i]))
        return choose(question, node(high), node(low))

    return node(0)


def every_part(program: Program) -> Iterator[tuple[Path, Program]]:
    """The program itself and all its parts, with the way to each; a part before its own parts."""
    yield (), program
    for place, part in enumerate(program.parts):
        for path, inner in every_part(part):
            yield (place, *path), inner


def with_part(program: Program, path: Path, new: Program) -> Program:
    """The program with ``new`` at the place ``path``; the given one is not changed.

    Raises
    ------
    ValueError : if there is no such place.

    References
    ----------
    Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    if not path:
        return new
    place, parts = path[0], list(program.parts)
    if not 0 <= place < len(parts):
        raise ValueError(f"path: {str(program)!r} has no part {place}")
    parts[place] = with_part(parts[place], path[1:], new)
    return replace(program, parts=tuple(parts))
