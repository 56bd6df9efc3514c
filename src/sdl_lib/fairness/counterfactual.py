"""Counterfactual fairness: would the same person, of another group, have got the same answer?"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.structural_model import StructuralModel, Values


def counterfactual_gap(
    model: StructuralModel,
    values: Mapping[str, Tensor],
    rule: Callable[[Values], Tensor],
    do: Mapping[str, Tensor | float],
) -> Tensor:
    """How far a ``rule`` moves for each unit, had ``do`` been so.

    Parameters
    ----------
    model : the causal model by which the other world is computed
    values : of all variables of each unit, shape (n,) each
    rule : from values to a score or a decision, shape (n,)
    do : the change, such as ``{"group": 1 - values["group"]}``

    Returns
    -------
    Tensor, shape (n,), float64 : absolute differences; all zero if the rule is counterfactually
        fair in this model.

    Raises
    ------
    ValueError : if a value is missing, or a variable is unknown.

    References
    ----------
    Kusner et al. (2017). Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    before = rule({name: value.double() for name, value in values.items()})
    return (rule(model.counterfactual(values, do)).double() - before.double()).abs()


class Effects(NamedTuple):
    """What a change does to each unit, shape (n,): in all, directly, and through the others."""

    total: Tensor
    direct: Tensor
    indirect: Tensor


def mediation(
    model: StructuralModel,
    values: Mapping[str, Tensor],
    *,
    cause: str,
    effect: str,
    start: float = 0.0,
    to: float = 1.0,
) -> Effects:
    r"""Total, natural direct and natural indirect effect, unit by unit.

    With mediators M: :math:`Y_{1}-Y_{0}`, :math:`Y_{1,M_0}-Y_0` and :math:`Y_{0,M_1}-Y_0`. The
    total is the direct effect less the indirect effect of the way back; in a linear model simply
    the sum of both.

    Parameters
    ----------
    model, values : the model, and the units whose noise is used
    cause, effect : names of two variables
    start, to : the two values of the cause, 0 and 1 above

    Raises
    ------
    ValueError : if a value is missing, or a variable is unknown.

    References
    ----------
    Pearl (2001). Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    for name in (cause, effect):
        validate.choice(name, tuple(model.equations), "cause, effect")
    base = model.counterfactual(values, {cause: start})
    own = {edge for edge in model.edges if edge == (cause, effect)}

    def moved(along: set[tuple[str, str]]) -> Tensor:
        return model.counterfactual(base, {cause: to}, along=along)[effect] - base[effect]

    every = set(model.edges)
    return Effects(moved(every), moved(own), moved(every - own))
