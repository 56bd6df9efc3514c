"""A linear rule on named variables, by least squares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LinearRule:
    """A score: ``bias`` plus the sum of ``weight`` times the values of ``names``."""

    names: tuple[str, ...]
    weight: Tensor
    bias: Tensor

    def __call__(self, values: Mapping[str, Tensor]) -> Tensor:
        """The score of each unit, shape (n,), float64."""
        score = self.bias
        for weight, name in zip(self.weight, self.names, strict=True):
            score = score + weight * values[name].double()
        return score


def fit_rule(values: Mapping[str, Tensor], names: Sequence[str], target: str) -> LinearRule:
    """The linear rule on ``names`` that predicts ``target`` with the least squared error.

    Parameters
    ----------
    values : of each variable, shape (n,)
    names : what the rule may look at; nothing: its mean
    target : what it predicts

    Raises
    ------
    ValueError : if a variable is missing, or not a vector of finite numbers.

    References
    ----------
    Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    n = len(values[target]) if target in values else 0
    for name in (target, *names):
        value = values.get(name)
        if value is None or value.shape != (n,) or not bool(torch.isfinite(value).all()):
            raise ValueError(f"values: expected a vector of {n} finite numbers for {name}")
    columns = [values[name].double() for name in names]
    x = torch.stack([*columns, torch.ones(n, dtype=torch.float64)], 1)
    y = values[target].double()
    weight = torch.linalg.lstsq(x, y[:, None]).solution[:, 0]
    return LinearRule(tuple(names), weight[:-1], weight[-1])
