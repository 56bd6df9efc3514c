"""Shapley values: exactly, over all coalitions, or over random orders of joining."""

from math import comb

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.attribution.games import Game, all_coalitions, worth


def shapley_exact(value: Game, features: int) -> Tensor:
    r"""The mean gain :math:`v(S\cup i)-v(S)` over all orders in which the features can join.

    .. math:: \phi_i=\sum_{S\not\ni i}\frac{|S|!\,(d-|S|-1)!}{d!}\,\bigl(v(S\cup i)-v(S)\bigr)

    Parameters
    ----------
    value : maps masks (m, d) to worths (m,), or (m, n) for n inputs at once
    features : how many, d, from 1 to 16; the game is asked for all :math:`2^d` coalitions

    Returns
    -------
    Tensor, shape (d,) or (n, d), float64: they sum to v(all) - v(none).

    Raises
    ------
    ValueError : if ``features`` is out of range, or the worths have a wrong shape or are not
        finite.

    References
    ----------
    Shapley (1953). Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    worths = worth(value, all_coalitions(features))
    d = features
    others = all_coalitions(d - 1).sum(1).tolist() if d > 1 else [0]
    share = torch.tensor([1 / (d * comb(d - 1, size)) for size in others], dtype=torch.double)
    phi = []
    for i in range(d):
        cube = worths.reshape(2**i, 2, 2 ** (d - 1 - i), -1)
        gain = (cube[:, 1] - cube[:, 0]).flatten(0, 1)
        phi.append(share.to(gain) @ gain)
    found = torch.stack(phi, dim=1)
    return found[0] if worths.ndim == 1 else found


def shapley_sampling(
    value: Game,
    features: int,
    *,
    permutations: int,
    generator: torch.Generator | None = None,
    return_error: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    r"""The mean gain of each feature over random orders of joining.

    Each order's gains sum to v(all) - v(none), so the mean does too, however few the orders.

    Parameters
    ----------
    value, features : as for :func:`shapley_exact`, without a limit on the number
    permutations : how many orders; each asks the game for d - 1 coalitions
    generator : the source of the orders; default: a new one with seed 0
    return_error : return the standard errors too (needs two orders)

    Returns
    -------
    Tensor, shape (d,) or (n, d), float64; with ``return_error`` a pair of them.

    Raises
    ------
    ValueError : if a number is out of range, or the worths are of a wrong shape or not finite.

    References
    ----------
    Castro, Gomez & Tejada (2009). Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    validate.count(features, "features")
    validate.count(permutations, "permutations", least=2 if return_error else 1)
    source = generator or torch.Generator().manual_seed(0)
    orders = torch.rand(permutations, features, generator=source, device=source.device).argsort(1)
    rank = orders.argsort(1)  # at which place each feature joins
    present = rank[:, None] < torch.arange(1, features, device=rank.device)[:, None]
    ends = torch.tensor([[False], [True]], device=rank.device).expand(2, features)
    worths = worth(value, torch.cat([ends, present.flatten(0, 1)]))
    table = worths.reshape(len(worths), -1)
    inner = table[2:].view(permutations, features - 1, table.shape[1])
    first, last = (end.expand(permutations, 1, -1) for end in table[:2])
    gains = torch.cat([first, inner, last], dim=1).diff(dim=1)
    gains = gains.gather(1, rank[:, :, None].expand_as(gains))
    phi = gains.mean(0).T
    phi = phi[0] if worths.ndim == 1 else phi
    if not return_error:
        return phi
    error = (gains.var(0) / permutations).sqrt().T
    return phi, error[0] if worths.ndim == 1 else error
