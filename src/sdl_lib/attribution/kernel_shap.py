"""KernelSHAP: Shapley values of many inputs from one weighted least-squares problem."""

from itertools import combinations
from math import comb

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.attribution.games import Game, worth


def kernel_shap(
    value: Game, features: int, *, samples: int, generator: torch.Generator | None = None
) -> Tensor:
    r"""The additive game nearest to ``value``, large and small coalitions weighing most.

    .. math:: \min_\phi\sum_S w_{|S|}\Bigl(v(S)-v(\emptyset)-\sum_{i\in S}\phi_i\Bigr)^2,
        \qquad\sum_i\phi_i=v(N)-v(\emptyset)

    With :math:`w_s=(d-1)/\bigl(\tbinom ds s(d-s)\bigr)` and all coalitions its solution is the
    Shapley value. Here each drawn coalition comes with its
    complement, sizes that the budget can hold are taken whole, and the same coalitions serve all
    inputs of the game, so one matrix is factorised once.

    Parameters
    ----------
    value, features : as for :func:`shapley_exact`, without a limit on the number
    samples : coalitions to ask for, beside the empty and the full one; at least 2 d (or all)
    generator : the source of the coalitions; default: a new one with seed 0

    Returns
    -------
    Tensor, shape (d,) or (n, d), float64: they sum to v(all) - v(none).

    Raises
    ------
    ValueError : if a number is out of range, or the worths are of a wrong shape or not finite.

    References
    ----------
    Lundberg & Lee (2017); Covert & Lee (2021). Explained in
    :doc:`/book/explanation/shapley-lime-qii`.
    """
    validate.count(features, "features")
    least = 2 * features if features > 2 else 2**features - 2
    validate.count(samples, "samples", least=least)
    source = generator or torch.Generator().manual_seed(0)
    masks, weights = kernel_coalitions(features, samples, source)
    ends = torch.tensor([[False], [True]], device=masks.device).expand(2, features)
    worths = worth(value, torch.cat([ends, masks]))
    table = worths.reshape(len(worths), -1)
    total = table[1] - table[0]
    z, w = masks.to(table), weights.to(table)[:, None]
    gram, moment = z.T @ (w * z), z.T @ (w * (table[2:] - table[0]))
    if features == 1:
        phi = total[None]
    else:  # the multiplier of the constraint moves the free solution along gram^-1 1
        ones = torch.ones_like(moment[:, :1])
        free, slack = torch.linalg.solve(gram, torch.cat([moment, ones], 1)).split(
            [moment.shape[1], 1], dim=1
        )
        phi = free - slack * (free.sum(0) - total) / slack.sum()
    return phi[:, 0] if worths.ndim == 1 else phi.T


def kernel_coalitions(
    features: int, samples: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """At most ``samples`` paired coalitions (m, d) and their weights (m,), float64."""
    d, kept, weights = features, [], []
    for size, pairs in enumerate(_pairs_by_size(d, samples // 2), start=1):
        if pairs == 0:
            continue
        chosen = _subsets(d, size, pairs, generator)
        mass = (d - 1) / (size * (d - size)) * (1 if 2 * size == d else 2)
        kept += [chosen, ~chosen]
        weights += [mass / (2 * pairs)] * (2 * pairs)
    if not kept:
        return torch.zeros(0, d, dtype=torch.bool), torch.zeros(0, dtype=torch.double)
    return torch.cat(kept), torch.tensor(weights, dtype=torch.double)


def _pairs_by_size(d: int, budget: int) -> list[int]:
    """How many pairs (S, complement) to draw with S of size 1, 2, ..., d // 2.

    Size 1 is taken whole. The rest of the budget is shared in proportion to the kernel's mass;
    a size that gets more than it has is taken whole, and the rest is shared again.
    """
    room = {s: comb(d, s) // (2 if 2 * s == d else 1) for s in range(1, d // 2 + 1)}
    mass = {s: 1 / (s * (d - s)) * (1 if 2 * s == d else 2) for s in room}
    taken = {s: 0 for s in room}
    open_sizes = list(room)
    if open_sizes:
        taken[1] = room[1]
        budget -= room[1]
        open_sizes.remove(1)
    while open_sizes and budget > 0:
        total = sum(mass[s] for s in open_sizes)
        share = {s: budget * mass[s] / total for s in open_sizes}
        full = [s for s in open_sizes if share[s] >= room[s]]
        for s in full:
            taken[s] = room[s]
            budget -= room[s]
            open_sizes.remove(s)
        if not full:
            taken |= {s: int(share[s]) for s in open_sizes}
            left = budget - sum(taken[s] for s in open_sizes)
            for s in sorted(open_sizes, key=lambda s: share[s] % 1, reverse=True)[:left]:
                taken[s] += 1
            break
    return list(taken.values())


def _subsets(d: int, size: int, count: int, generator: torch.Generator) -> Tensor:
    """``count`` different random subsets of ``size``, and of each pair only one."""
    halves = 2 * size == d  # then keep feature 0 in, so that no pair comes twice
    players = range(1, d) if halves else range(d)
    picks = size - 1 if halves else size
    number = comb(len(players), picks)
    if number <= 8 * count:
        every = torch.tensor(list(combinations(players, picks)), dtype=torch.long)
        rows = every.view(number, picks)[torch.randperm(number, generator=generator)[:count]]
    else:
        found: dict[tuple[int, ...], None] = {}
        while len(found) < count:
            drawn = torch.rand(count, len(players), generator=generator).argsort(1)[:, :picks]
            found |= dict.fromkeys(map(tuple, drawn.sort(1).values.tolist()))
        rows = torch.tensor(list(found)[:count]) + (1 if halves else 0)
    chosen = torch.zeros(count, d, dtype=torch.bool).scatter_(1, rows, True)
    if halves:
        chosen[:, 0] = True
    return chosen
