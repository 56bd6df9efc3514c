"""Cooperative games on the features of an input: what a coalition of known features is worth."""

from collections.abc import Callable

import torch
from torch import Tensor

from sdl_lib import validate

# masks of shape (m, d), True where a feature is present -> worths of shape (m,), or (m, n) for n
# inputs at once
Game = Callable[[Tensor], Tensor]
Predict = Callable[[Tensor], Tensor]

CHUNK = 2**19  # numbers that a game hands to the model at once: small enough for the cache


def all_coalitions(features: int) -> Tensor:
    """Every subset of ``features`` players: BoolTensor, shape (2^d, d).

    Row r holds the binary digits of r, feature 0 the leading one: the first row is the empty
    coalition, the last the full one, and ``worths.view(2, ..., 2)`` has feature i on axis i.
    Raises ``ValueError`` for fewer than 1 or more than 16 features.
    """
    validate.count(features, "features")
    if features > 16:
        raise ValueError(f"features: expected at most 16 for all coalitions, found {features}")
    places = torch.arange(features - 1, -1, -1)
    return (torch.arange(2**features)[:, None] >> places & 1).bool()


def worth(value: Game, masks: Tensor) -> Tensor:
    """The worths of the coalitions in ``masks`` as float64, after a look at what came back."""
    with torch.no_grad():
        found = value(masks)
    if not isinstance(found, Tensor) or found.ndim not in (1, 2) or len(found) != len(masks):
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(
            f"value: expected a tensor of shape ({len(masks)},) or ({len(masks)}, n), found {shape}"
        )
    if not found.is_floating_point() or not bool(torch.isfinite(found).all()):
        raise ValueError("value: returned worths that are no finite floats")
    return found.double()


def feature_game(
    predict: Predict, x: Tensor, background: Tensor, *, groups: Tensor | None = None
) -> Game:
    r"""The game :math:`v(S)=\frac1b\sum_k f(x_S, b^{(k)}_{\bar S})`: who is absent is drawn anew.

    Absent features take their values, jointly, from each row of the background in turn, whatever
    the present ones are: an *intervention*, not a conditional expectation.

    Parameters
    ----------
    predict : maps (rows, ...) to (rows,)
    x : Tensor, one input of the shape of a row of ``background``, or a batch (n, ...) of them
    background : Tensor, shape (b, ...)
    groups : LongTensor of the shape of one input: the player that each number belongs to, from 0
        (one-hot columns of one feature, pixels of one patch); default: each number is a player

    Returns
    -------
    value : masks (m, d) to worths (m,), or (m, n) for a batch; detached, nothing is changed.

    Raises
    ------
    ValueError : if shapes or dtypes do not fit, ``background`` is empty, or a player is missing.

    References
    ----------
    Janzing, Minorics & Bloebaum (2020). Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    groups = player_of(x, background, groups)
    players = int(groups.max()) + 1
    single = x.ndim == background.ndim - 1
    inputs = (x[None] if single else x).detach()
    rows = background.detach()
    n, b = len(inputs), len(rows)

    def value(masks: Tensor) -> Tensor:
        check_masks(masks, players)
        step = max(1, CHUNK // (n * rows.numel()))
        worths = [
            outputs(predict, _mix(chunk[:, groups], inputs, rows)).view(-1, b, n).double().mean(1)
            for chunk in masks.split(step)
        ]
        table = torch.cat(worths) if worths else inputs.new_zeros(0, n, dtype=torch.double)
        return table[:, 0] if single else table

    return value


def _mix(present: Tensor, inputs: Tensor, rows: Tensor) -> Tensor:
    """Every mask with every background row with every input, in one batch."""
    mixed = torch.where(present[:, None, None], inputs[None, None], rows[None, :, None])
    return mixed.flatten(0, 2)


def outputs(predict: Predict, x: Tensor) -> Tensor:
    """``predict(x)`` without a graph: one finite number for each row."""
    with torch.no_grad():
        found = predict(x)
    if not isinstance(found, Tensor) or found.shape != (len(x),):
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"predict: expected an output of shape ({len(x)},), found {shape}")
    if not bool(torch.isfinite(found).all()):
        raise ValueError("predict: returned numbers that are not finite")
    return found


def check_masks(masks: Tensor, players: int) -> None:
    """A BoolTensor of shape (m, players)."""
    if not isinstance(masks, Tensor) or masks.dtype != torch.bool:
        found = masks.dtype if isinstance(masks, Tensor) else type(masks).__name__
        raise ValueError(f"masks: expected a tensor of booleans, found {found}")
    if masks.ndim != 2 or masks.shape[1] != players:
        raise ValueError(f"masks: expected shape (m, {players}), found {tuple(masks.shape)}")


def player_of(x: Tensor, background: Tensor, groups: Tensor | None) -> Tensor:
    """Which player owns each number of an input; checks ``x``, ``background`` and ``groups``."""
    for name, given in (("x", x), ("background", background)):
        if not isinstance(given, Tensor) or not given.is_floating_point():
            kind = given.dtype if isinstance(given, Tensor) else type(given).__name__
            raise ValueError(f"{name}: expected a tensor of floats, found {kind}")
        if not bool(torch.isfinite(given.detach()).all()):
            raise ValueError(f"{name}: contains values that are not finite")
    if background.ndim < 2 or len(background) == 0:
        raise ValueError(
            f"background: expected at least one row, found shape {tuple(background.shape)}"
        )
    shape = background.shape[1:]
    if x.shape != shape and x.shape[1:] != shape:
        raise ValueError(
            f"x: expected shape {tuple(shape)} or (n, ...) as in background, found {tuple(x.shape)}"
        )
    if groups is None:
        return torch.arange(shape.numel(), device=x.device).view(shape)
    if not isinstance(groups, Tensor) or groups.dtype != torch.int64 or groups.shape != shape:
        raise ValueError(f"groups: expected player numbers (torch.int64) of shape {tuple(shape)}")
    names = groups.unique()
    if int(names[0]) != 0 or int(names[-1]) != len(names) - 1:
        raise ValueError("groups: expected players numbered from 0 without a gap")
    return groups
