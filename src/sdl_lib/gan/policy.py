"""The policy gradient of a writer of short sequences, with rollouts, beside the exact gradient.

A writer here is a table of logits, shape (V + 1, V): row v for the token after v, the last row for
the first token. It is so small that all of its sequences can be listed, and its gradient known.
"""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sdl_lib import validate
from sdl_lib.gan.gumbel import gumbel_max, gumbel_noise, gumbel_softmax

Reward = Callable[[Tensor], Tensor]
ESTIMATORS = ("softmax", "gumbel", "straight-through", "reinforce", "rollouts")


def token_log_probs(table: Tensor, sequences: Tensor) -> Tensor:
    """log p of each token after the one before it, shape (n, T) as ``sequences``.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    before = torch.cat([torch.full_like(sequences[:, :1], len(table) - 1), sequences[:, :-1]], 1)
    log_p: Tensor = table.log_softmax(-1)[before, sequences]
    return log_p


def write(table: Tensor, prefix: Tensor, *, length: int, chance: torch.Generator) -> Tensor:
    """Sequences of ``length`` tokens that begin with ``prefix``, shape (n, t); t may be 0.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    written = prefix
    with torch.no_grad():
        while written.shape[1] < length:
            last = written[:, -1] if written.shape[1] else len(table) - 1
            logits = table[last].expand(len(prefix), -1)
            new = gumbel_max(logits, noise=gumbel_noise(logits, chance=chance))
            written = torch.cat([written, new[:, None]], 1)
    return written


def expected_reward(table: Tensor, reward: Reward, *, length: int) -> Tensor:
    """The mean reward over all sequences, exactly and differentiably: V ** length of them.

    Parameters
    ----------
    table : Tensor, shape (V + 1, V)
    reward : of one-hot sequences (m, length, V), returns (m,)

    Raises
    ------
    ValueError : if the table has another shape, or there are over 100000 sequences.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    _check(table, length)
    words = table.shape[1]
    every = torch.tensor(list(itertools.product(range(words), repeat=length)))
    p = token_log_probs(table, every).sum(1).exp()
    return (p * reward(one_hot(every, words).to(table.dtype))).sum()


def rollout_values(
    table: Tensor, sequences: Tensor, reward: Reward, *, rollouts: int, chance: torch.Generator
) -> Tensor:
    r"""What each token was worth: the mean reward of ``rollouts`` endings after it, (n, T).

    An unfinished sequence has no verdict; it gets that of the ways in which its writer would
    finish it. The last token needs no ending: its value is the verdict itself.

    Raises
    ------
    ValueError : if ``rollouts`` is below 1.

    References
    ----------
    Yu et al. (2017), equation 4. Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.count(rollouts, "rollouts")
    n, length = sequences.shape
    values = []
    for t in range(1, length):
        prefix = sequences[:, :t].repeat_interleave(rollouts, 0)
        ended = write(table.detach(), prefix, length=length, chance=chance)
        verdicts = reward(one_hot(ended, table.shape[1]).to(table.dtype))
        values.append(verdicts.view(n, rollouts).mean(1))
    values.append(reward(one_hot(sequences, table.shape[1]).to(table.dtype)))
    return torch.stack(values, 1).detach()


def policy_gradients(table: Tensor, sequences: Tensor, values: Tensor) -> Tensor:
    r"""For each sequence :math:`\sum_t Q_t\,\nabla\log p(y_t\mid y_{<t})`, (n, V + 1, V).

    The gradient of log-softmax is written out: one-hot of the token less the probabilities.

    Parameters
    ----------
    sequences, values : shape (n, T): tokens sampled from the table, and what each was worth

    Raises
    ------
    ValueError : if the shapes of the two differ.

    References
    ----------
    Williams (1992). Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    if values.shape != sequences.shape:
        raise ValueError(
            f"values: expected the shape {tuple(sequences.shape)} of the sequences, "
            f"found {tuple(values.shape)}"
        )
    words = table.shape[1]
    start = torch.full_like(sequences[:, :1], len(table) - 1)
    before = torch.cat([start, sequences[:, :-1]], 1)
    slope = one_hot(sequences, words).to(table.dtype) - table.detach().softmax(-1)[before]
    where = one_hot(before, len(table)).to(table.dtype)
    return torch.einsum("nt,ntr,ntv->nrv", values, where, slope)


def gradient_samples(
    table: Tensor,
    reward: Reward,
    *,
    estimator: str,
    length: int,
    n: int,
    tau: float = 1.0,
    rollouts: int = 8,
    chance: torch.Generator | None = None,
) -> Tensor:
    """``n`` independent estimates of the gradient of the expected reward, (n, V + 1, V).

    Parameters
    ----------
    table, reward, length : as in :func:`expected_reward`; ``reward`` must take soft sequences too
    estimator : "softmax" passes probabilities on (no chance in it: all n are equal), "gumbel" soft
        samples, "straight-through" hard ones with a soft gradient; "reinforce" pays each token
        the verdict on the whole, "rollouts" what :func:`rollout_values` says

    Raises
    ------
    ValueError : for an unknown estimator, or numbers out of range.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    _check(table, length)
    validate.choice(estimator, ESTIMATORS, "estimator")
    validate.count(n, "n")
    chance = chance or torch.Generator().manual_seed(0)
    table = table.detach()
    words = table.shape[1]
    if estimator in ("reinforce", "rollouts"):
        empty = torch.zeros(n, 0, dtype=torch.int64)
        sequences = write(table, empty, length=length, chance=chance)
        if estimator == "rollouts":
            values = rollout_values(table, sequences, reward, rollouts=rollouts, chance=chance)
        else:
            verdict = reward(one_hot(sequences, words).to(table.dtype)).detach()
            values = verdict[:, None].expand(-1, length)
        return policy_gradients(table, sequences, values)
    # one copy of the table for each estimate: their gradients do not mix
    copies = table.expand(n, -1, -1).clone().requires_grad_()
    token = one_hot(torch.full((n,), words), words + 1).to(table.dtype)
    said = []
    for _ in range(length):
        logits = torch.einsum("nr,nrv->nv", token, copies)
        if estimator == "softmax":
            soft = logits.softmax(-1)
        else:
            noise = gumbel_noise(logits, chance=chance)
            soft = gumbel_softmax(
                logits, noise=noise, tau=tau, hard=estimator == "straight-through"
            )
        said.append(soft)
        token = torch.cat([soft, torch.zeros_like(soft[:, :1])], 1)
    (slope,) = torch.autograd.grad(reward(torch.stack(said, 1)).sum(), copies)
    return slope


def _check(table: Tensor, length: int) -> None:
    if table.ndim != 2 or not table.is_floating_point() or len(table) != table.shape[1] + 1:
        raise ValueError(
            f"table: expected floats of shape (V + 1, V), found shape {tuple(table.shape)}"
        )
    validate.count(length, "length")
    if table.shape[1] ** length > 100_000:
        raise ValueError(f"length: too many sequences to list, {table.shape[1]}^{length}")
