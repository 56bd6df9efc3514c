"""Connectionist temporal classification: the probability of a transcript, over all its paths."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sdl_lib import validate

# "No path": so small that its exponential is 0, and finite, so that gradients are numbers
_NEVER = -1e30


def collapse(path: Sequence[int], *, blank: int = 0) -> tuple[int, ...]:
    """The transcript of a path: equal neighbours are merged, then blanks are dropped."""
    merged = [s for i, s in enumerate(path) if i == 0 or s != path[i - 1]]
    return tuple(s for s in merged if s != blank)


def ctc_forward(log_probs: Tensor, labels: Sequence[int], *, blank: int = 0) -> Tensor:
    """The log-probability that the frames spell ``labels``: a sum over all paths, in order T x L.

    Parameters
    ----------
    log_probs : Tensor, shape (T, K): for each frame, the log-probabilities of K symbols
    labels : the transcript, L symbols, none of them ``blank``
    blank : the symbol that says nothing

    Returns
    -------
    Tensor, a scalar at most 0: differentiable, and ``-inf`` where T frames cannot spell it.

    Raises
    ------
    ValueError : if ``log_probs`` is not (T, K) with T > 0, or rows are no log-probabilities, or a
        label is out of range or the blank.

    References
    ----------
    Graves et al. (2006). Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    _check(log_probs, labels, blank)
    symbols = [blank]
    for label in labels:
        symbols += [label, blank]
    states = len(symbols)
    # a symbol may be reached from two back, over a blank, unless the same symbol stands there
    skips = [s > 1 and symbols[s] not in (blank, symbols[s - 2]) for s in range(states)]
    may_skip = torch.tensor(skips, device=log_probs.device)
    emitted = log_probs[:, symbols]
    alpha = torch.full_like(emitted[0], _NEVER)
    alpha[:2] = emitted[0, :2]
    for frame in emitted[1:]:
        one = torch.cat([alpha.new_full((1,), _NEVER), alpha[:-1]])
        two = torch.cat([alpha.new_full((2,), _NEVER), alpha[:-2]])[:states]
        two = torch.where(may_skip, two, _NEVER)
        alpha = torch.stack([alpha, one, two]).logsumexp(0) + frame
        alpha = alpha.clamp(min=_NEVER)
    total = alpha[-2:].logsumexp(0)
    return total if float(total.detach()) > _NEVER / 2 else torch.full_like(total, -torch.inf)


def greedy_decode(log_probs: Tensor, *, blank: int = 0) -> tuple[int, ...]:
    """The transcript of the likeliest path: quick, and not always the likeliest transcript."""
    _check(log_probs, (), blank)
    return collapse(log_probs.argmax(1).tolist(), blank=blank)


def _check(log_probs: Tensor, labels: Sequence[int], blank: int) -> None:
    if log_probs.ndim != 2 or len(log_probs) == 0:
        raise ValueError(
            f"log_probs: expected (frames, symbols), found shape {tuple(log_probs.shape)}"
        )
    classes = log_probs.shape[1]
    sums = log_probs.detach().exp().sum(1)
    if not bool(((sums - 1).abs() < 1e-3).all()):
        raise ValueError(
            "log_probs: expected log-probabilities, with exponentials that sum to 1 in each frame"
        )
    validate.count(blank, "blank", least=0)
    if blank >= classes:
        raise ValueError(f"blank: expected one of {classes} symbols, found {blank}")
    for label in labels:
        if not 0 <= label < classes or label == blank:
            raise ValueError(
                f"labels: expected symbols from 0 to {classes - 1} without the blank {blank}, "
                f"found {label}"
            )
