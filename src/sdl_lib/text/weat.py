"""The word-embedding association test."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.text import vectors as vec

_CHUNK = 10_000
_MOST_PARTITIONS = 200_000  # up to here the p-value is exact


@dataclass(frozen=True)
class Weat:
    """``effect`` in standard deviations, one-sided ``p``, and of how many ``partitions``.

    ``exact`` says whether these are all partitions or a sample of them.
    """

    effect: float
    p: float
    partitions: int
    exact: bool


def weat(
    x: Tensor,
    y: Tensor,
    a: Tensor,
    b: Tensor,
    *,
    samples: int = 100_000,
    generator: torch.Generator | None = None,
) -> Weat:
    r"""Are words ``x`` nearer to ``a`` than to ``b``, compared with words ``y``?

    With :math:`s(w)` the mean cosine of w with ``a`` less that with ``b``, the effect is the
    difference of the means of s over ``x`` and over ``y``, in sample standard deviations of s over
    both. The p-value is the share of partitions of all target words, into sets of these sizes,
    whose difference is at least the one found.

    Parameters
    ----------
    x, y : Tensor, shapes (n, d) and (m, d): target words
    a, b : Tensor, shapes (k, d) and (l, d): attribute words
    samples : partitions to draw where there are more than 200,000; each draw is a partition of
        the words (without replacement), and the one found counts among them
    generator : source of chance; needed only where partitions are drawn

    Returns
    -------
    Weat

    Raises
    ------
    ValueError : if a set has no word, or a vector is zero or not finite.

    References
    ----------
    Caliskan, Bryson & Narayanan (2017). Explained in :doc:`/book/fairness/word-embeddings`.
    """
    for name, words in (("x", x), ("y", y), ("a", a), ("b", b)):
        vec.check(words, name)
    validate.count(samples, "samples")
    targets = vec.unit(torch.cat([x, y]).double())
    s = targets @ vec.unit(a.double()).mean(0) - targets @ vec.unit(b.double()).mean(0)
    n = len(x)
    effect = float((s[:n].mean() - s[n:].mean()) / s.std())
    found = s[:n].sum()  # with the sizes fixed it orders partitions as the effect does
    few = math.comb(len(s), n) <= _MOST_PARTITIONS
    sums = _all_sums(s, n) if few else _drawn_sums(s, n, samples, generator)
    as_large = int((sums >= found - 1e-12).sum())
    p = as_large / len(sums) if few else (1 + as_large) / (1 + len(sums))
    return Weat(effect, p, len(sums), few)


def _all_sums(s: Tensor, n: int) -> Tensor:
    """The sums of ``s`` over all sets of ``n`` of its entries."""
    sets = np.fromiter(combinations(range(len(s)), n), dtype=np.dtype((np.int64, n)))
    return s[torch.from_numpy(sets)].sum(1)


def _drawn_sums(s: Tensor, n: int, samples: int, generator: torch.Generator | None) -> Tensor:
    """The sums of ``s`` over ``samples`` random sets of ``n`` of its entries."""
    sums = []
    for start in range(0, samples, _CHUNK):
        keys = torch.rand(min(_CHUNK, samples - start), len(s), generator=generator)
        sums.append(s[keys.topk(n, dim=1, sorted=False).indices].sum(1))
    return torch.cat(sums)
