"""Structural models whose equations are lines, with given or fitted strengths."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.fairness.linear_rule import fit_rule
from sdl_lib.fairness.structural_model import Edge, Equation, StructuralModel, coin


def linear_model(
    strength: Mapping[Edge, float],
    *,
    sd: Mapping[str, float],
    coins: Sequence[str] = (),
    intercept: Mapping[str, float] | None = None,
) -> StructuralModel:
    r"""Each variable is :math:`c+\sum_j w_jx_j+\sigma u` with a standard normal u.

    Parameters
    ----------
    strength : weight of each edge (cause, effect)
    sd : standard deviation of each variable's own noise, positive
    coins : roots that are 0 or 1 with equal chances instead
    intercept : the constants, 0 where nothing is said

    Returns
    -------
    StructuralModel

    Raises
    ------
    ValueError : if a number is out of its range, a variable is unknown, or there is a cycle.

    References
    ----------
    Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    equations = {name: Equation(draw=coin) for name in coins}
    for cause, effect in strength:
        if effect in coins:
            raise ValueError(f"coins: {effect} listens to {cause}, so it is no root")
        if effect not in sd:
            raise ValueError(f"sd: nothing on {effect}")
    for name, spread in sd.items():
        if not (math.isfinite(spread) and spread > 0):
            raise ValueError(f"sd: expected a positive number for {name}, found {spread}")
        own = {cause: w for (cause, effect), w in strength.items() if effect == name}
        constant = (intercept or {}).get(name, 0.0)
        equations[name] = Equation(
            tuple(own), _line(tuple(own.values()), constant), _constant(spread)
        )
    return StructuralModel(equations)


def fit_linear_model(
    values: Mapping[str, Tensor], edges: Sequence[Edge], *, coins: Sequence[str] = ()
) -> StructuralModel:
    """The linear model with these ``edges`` that fits the ``values`` best: one regression each.

    Parameters
    ----------
    values : of each variable, shape (n,)
    edges : pairs (cause, effect); the graph is taken on trust
    coins : roots that are 0 or 1

    Returns
    -------
    StructuralModel : of :func:`linear_model`.

    Raises
    ------
    ValueError : if a variable is missing, or there is a cycle.

    References
    ----------
    Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    strength: dict[Edge, float] = {}
    sd, intercept = {}, {}
    for name in values:
        if name in coins:
            continue
        causes = [cause for cause, effect in edges if effect == name]
        rule = fit_rule(values, causes, name)
        strength |= {(c, name): float(w) for c, w in zip(causes, rule.weight, strict=True)}
        intercept[name] = float(rule.bias)
        sd[name] = float((values[name] - rule(values)).std())
    return linear_model(strength, sd=sd, coins=coins, intercept=intercept)


def _line(weights: Sequence[float], constant: float) -> Callable[..., Tensor]:
    def mean(*parents: Tensor) -> Tensor:
        total = torch.tensor(constant, dtype=torch.float64)
        for weight, value in zip(weights, parents, strict=True):
            total = total + weight * value
        return total

    return mean


def _constant(value: float) -> Callable[..., Tensor]:
    return lambda *parents: torch.tensor(value, dtype=torch.float64)
