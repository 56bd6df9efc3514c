"""A structural causal model: who listens to whom, and what would have been otherwise."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate

Values = dict[str, Tensor]
Edge = tuple[str, str]  # (cause, effect)


def normal(n: int, generator: torch.Generator) -> Tensor:
    """Standard normal noise."""
    return torch.randn(n, generator=generator, dtype=torch.float64)


def coin(n: int, generator: torch.Generator) -> Tensor:
    """0 or 1, with equal chances."""
    return torch.randint(2, (n,), generator=generator).double()


class Equation(NamedTuple):
    """How a variable arises: ``mean(*parents) + scale(*parents) * noise``.

    ``mean`` and ``scale`` take the values of the parents, in their order; without them they are 0
    and 1. ``draw`` draws the noise. As long as the scale is not 0, the noise can be read off the
    values exactly.
    """

    parents: tuple[str, ...] = ()
    mean: Callable[..., Tensor] | None = None
    scale: Callable[..., Tensor] | None = None
    draw: Callable[[int, torch.Generator], Tensor] = normal


@dataclass(frozen=True)
class StructuralModel:
    """Equations, one a variable, whose graph has no cycle.

    Attributes
    ----------
    equations : from the name of a variable to its equation; the noises are independent

    Raises
    ------
    ValueError : if a parent has no equation, or the graph has a cycle.

    References
    ----------
    Pearl (2009). Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """

    equations: Mapping[str, Equation]

    def __post_init__(self) -> None:
        for cause, effect in self.edges:
            if cause not in self.equations:
                raise ValueError(f"equations: {effect} listens to {cause}, which has no equation")
        self.order  # noqa: B018 - a cycle is found at once

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All pairs (cause, effect)."""
        return tuple((p, name) for name, e in self.equations.items() for p in e.parents)

    @property
    def order(self) -> tuple[str, ...]:
        """The variables, causes before effects."""
        graph = {name: equation.parents for name, equation in self.equations.items()}
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise ValueError(f"equations: {' -> '.join(error.args[1])} is a cycle") from None

    def sample(
        self, n: int, *, generator: torch.Generator, do: Mapping[str, Tensor | float] | None = None
    ) -> Values:
        """Draw ``n`` units; those in ``do`` are set from outside instead."""
        validate.count(n, "n")
        noise = {name: self.equations[name].draw(n, generator) for name in self.order}
        return self.solve(noise, do=do)

    def solve(
        self, noise: Mapping[str, Tensor], *, do: Mapping[str, Tensor | float] | None = None
    ) -> Values:
        """The values that follow from the ``noise``, with some variables set by ``do``."""
        return self._solve(noise, do or {}, seen=lambda values, cause, effect: values[cause])

    def abduct(self, values: Mapping[str, Tensor]) -> Values:
        """The noise of each unit, exactly, from the values of all its variables."""
        noise = {}
        for name in self.order:
            if name not in values:
                raise ValueError(f"values: nothing on {name}")
            mean, scale = self._law(name, [values[p] for p in self.equations[name].parents])
            if isinstance(scale, Tensor) and bool((scale == 0).any()):
                raise ValueError(f"values: the noise of {name} cannot be seen where its scale is 0")
            noise[name] = (values[name].double() - mean) / scale
        return noise

    def counterfactual(
        self,
        values: Mapping[str, Tensor],
        do: Mapping[str, Tensor | float],
        *,
        along: Iterable[Edge] | None = None,
    ) -> Values:
        """The same units, with their own noise, had ``do`` been so.

        Parameters
        ----------
        values : of all variables of each unit, shape (n,) each
        do : the variables that are set, to a number or one for each unit
        along : the edges on which the change travels; across any other, the effect goes on
            seeing what was. Default: all of them

        Returns
        -------
        Values : of all variables, float64.

        Raises
        ------
        ValueError : if a value is missing, or a variable or an edge is unknown.
        """
        noise = self.abduct(values)
        open_edges = set(self.edges if along is None else along)
        if unknown := open_edges - set(self.edges):
            raise ValueError(f"along: the graph has no edge {unknown.pop()}")

        def seen(now: Values, cause: str, effect: str) -> Tensor:
            return now[cause] if (cause, effect) in open_edges else values[cause].double()

        return self._solve(noise, do, seen)

    def _solve(
        self,
        noise: Mapping[str, Tensor],
        do: Mapping[str, Tensor | float],
        seen: Callable[[Values, str, str], Tensor],
    ) -> Values:
        for name in do:
            validate.choice(name, tuple(self.equations), "do")
        now: Values = {}
        for name in self.order:
            own = noise[name].double()
            if name in do:
                value = torch.as_tensor(do[name], dtype=torch.float64)
                now[name] = value.expand(own.shape).clone()
                continue
            mean, scale = self._law(
                name, [seen(now, cause, name) for cause in self.equations[name].parents]
            )
            now[name] = mean + scale * own
        return now

    def _law(self, name: str, parents: list[Tensor]) -> tuple[Tensor | float, Tensor | float]:
        equation = self.equations[name]
        parents = [value.double() for value in parents]
        mean = equation.mean(*parents) if equation.mean else 0.0
        return mean, equation.scale(*parents) if equation.scale else 1.0
