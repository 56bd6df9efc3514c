"""Quantitative input influence: what changes when inputs are drawn independently of the rest."""

from collections.abc import Callable

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.attribution.games import (
    CHUNK,
    Game,
    Predict,
    check_masks,
    outputs,
    player_of,
    worth,
)
from sdl_lib.attribution.shapley import shapley_exact, shapley_sampling

# the outputs of all inputs (n,) -> one number that somebody cares about
Quantity = Callable[[Tensor], Tensor]


def qii_game(
    predict: Predict,
    x: Tensor,
    *,
    background: Tensor,
    quantity: Quantity,
    draws: int,
    groups: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Game:
    r"""The game :math:`v(T)=Q(X_T U_{\bar T})`: features outside T are independent draws.

    Each :math:`U_j` comes from the marginal of feature j in ``background``, independently of the
    input and of every other feature. The same draws serve all coalitions.

    Parameters
    ----------
    predict, groups : as for :func:`feature_game`
    x : Tensor, shape (n, ...): the population in question; one person is a batch of one
    background : Tensor, shape (b, ...)
    quantity : maps the n outputs, each a mean over the draws, to one number
    draws : how many U for each input
    generator : the source of the draws; default: a new one with seed 0

    Returns
    -------
    value : masks (m, d), True where a feature keeps its own value, to worths (m,).

    Raises
    ------
    ValueError : if shapes do not fit, a number is out of range, or ``x`` is empty.

    References
    ----------
    Datta, Sen & Zick (2016). Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    groups = player_of(x, background, groups)
    if x.ndim != background.ndim or len(x) == 0:
        raise ValueError(f"x: expected a batch that is not empty, found shape {tuple(x.shape)}")
    validate.count(draws, "draws")
    n, players = len(x), int(groups.max()) + 1
    source = generator or torch.Generator().manual_seed(0)
    where = torch.randint(
        len(background), (draws, n, players), generator=source, device=source.device
    ).to(x.device)
    columns = groups.flatten()
    flat = background.detach().flatten(1)
    drawn = flat[where[:, :, columns], torch.arange(len(columns), device=x.device)]
    drawn = drawn.view(draws, *x.shape)
    inputs = x.detach()

    def value(masks: Tensor) -> Tensor:
        check_masks(masks, players)
        found = [_answer(predict, mask[groups], inputs, drawn) for mask in masks]
        worths = [quantity(answer).double().reshape(()) for answer in found]
        return torch.stack(worths) if worths else torch.zeros(0, dtype=torch.double)

    return value


def _answer(predict: Predict, kept: Tensor, x: Tensor, drawn: Tensor) -> Tensor:
    """The mean output of each input over its draws, shape (n,), float64."""
    if bool(kept.all()):
        return outputs(predict, x).double()
    mixed = torch.where(kept, x, drawn).flatten(0, 1)
    rows = max(1, CHUNK // max(1, x[0].numel()))
    found = torch.cat([outputs(predict, chunk) for chunk in mixed.split(rows)])
    return found.view(len(drawn), len(x)).double().mean(0)


def unary_qii(value: Game, features: int) -> Tensor:
    r""":math:`\iota(j)=Q(X)-Q(X_{-j}U_j)` for each feature: shape (d,), float64.

    ``value`` is a game of :func:`qii_game`. Raises ``ValueError`` for a bad count.
    Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    validate.count(features, "features")
    masks = torch.ones(features + 1, features, dtype=torch.bool)
    masks[1:].fill_diagonal_(False)
    worths = worth(value, masks)
    return worths[0] - worths[1:]


def set_qii(value: Game, features: int, inputs: list[int]) -> Tensor:
    r""":math:`\iota(S)=Q(X)-Q(X_{-S}U_S)`: what is lost when all ``inputs`` are drawn at once.

    Raises ``ValueError`` for an input out of range or named twice.
    Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    return marginal_qii(value, features, inputs, given=[])


def marginal_qii(value: Game, features: int, inputs: list[int], *, given: list[int]) -> Tensor:
    r""":math:`\iota(S\cup G)-\iota(G)`: what drawing ``inputs`` costs once ``given`` are drawn.

    Raises ``ValueError`` for an input out of range or named twice.
    Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    validate.count(features, "features")
    named = [*inputs, *given]
    if len(set(named)) < len(named) or not all(0 <= j < features for j in named):
        raise ValueError(f"inputs: expected different numbers from 0 to {features - 1}: {named}")
    masks = torch.ones(2, features, dtype=torch.bool)
    masks[:, given] = False
    masks[1, inputs] = False
    worths = worth(value, masks)
    return worths[0] - worths[1]


def shapley_qii(
    value: Game,
    features: int,
    *,
    permutations: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""The mean marginal influence of each feature over all orders of drawing: shape (d,).

    The influences sum to :math:`Q(X)-Q(U)`. The game of being drawn is the dual of the game of
    being kept, and the Shapley value is the same for both.

    Parameters
    ----------
    value, features : a game of :func:`qii_game` and its number of features
    permutations : sample so many orders; default: all coalitions, up to 16 features
    generator : the source of the orders

    Raises
    ------
    ValueError : if a number is out of range.

    References
    ----------
    Datta, Sen & Zick (2016). Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    if permutations is None:
        return shapley_exact(value, features)
    found = shapley_sampling(value, features, permutations=permutations, generator=generator)
    assert isinstance(found, Tensor)
    return found


def group_disparity(group: Tensor) -> Quantity:
    """The quantity "mean output in ``group``, a BoolTensor (n,), minus that of everyone else".

    Membership is fixed before any input is changed. Raises ``ValueError`` if a side is empty.
    """
    if not isinstance(group, Tensor) or group.dtype != torch.bool or group.ndim != 1:
        raise ValueError("group: expected a tensor of booleans of shape (n,)")
    if bool(group.all()) or not bool(group.any()):
        raise ValueError("group: expected members and others, found one side empty")

    def quantity(answers: Tensor) -> Tensor:
        return answers[group].mean() - answers[~group].mean()

    return quantity


def kept_decisions(decisions: Tensor) -> Quantity:
    """The quantity "chance that a decision stays as it was"; ``decisions`` holds n zeros and ones.

    One minus it is the mean individual influence of the paper.
    """
    if not bool(((decisions == 0) | (decisions == 1)).all()):
        raise ValueError("decisions: expected zeros and ones")
    first = decisions.double()

    def quantity(answers: Tensor) -> Tensor:
        return (first * answers + (1 - first) * (1 - answers)).mean()

    return quantity
