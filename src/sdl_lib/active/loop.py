"""The loop of active learning: train, choose, ask, and again."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.active.query import Query, Strategy

Ask = Callable[[Tensor], Tensor]
Measure = Callable[[nn.Module], float]


class Train(Protocol):
    """What trains the network of a round, in evaluation mode, from images and labels."""

    def __call__(self, x: Tensor, y: Tensor, *, generator: torch.Generator) -> nn.Module: ...


class Round(NamedTuple):
    """One network: what it learnt from, and how good it is.

    Attributes
    ----------
    labels : labels that had been asked for, in all
    points : examples that it was trained on: more than labels with twins or assumed labels
    score : of ``measure``
    """

    labels: int
    points: int
    score: float


class Learned(NamedTuple):
    """What active learning leaves.

    Attributes
    ----------
    model : the last network
    rounds : all rounds, the first with the initial labels alone
    queried : LongTensor: rows of the pool in the order in which they were asked
    x, y : the images that were asked, and the oracle's labels, in the same order
    twins, twin_y : images that came with the queries, and their labels
    """

    model: nn.Module
    rounds: list[Round]
    queried: Tensor
    x: Tensor
    y: Tensor
    twins: Tensor
    twin_y: Tensor


def active_learning(
    pool: Tensor,
    oracle: Ask,
    strategy: Strategy,
    budget: int,
    batch: int,
    *,
    train: Train,
    measure: Measure,
    generator: torch.Generator,
    initial: int = 20,
    subset: int | None = None,
    show: Callable[[Round], None] | None = None,
) -> Learned:
    """Ask for ``initial`` labels at random, then for ``batch`` at a time, as the strategy says.

    Each round trains from scratch. Its chance comes from a generator of its own, which depends on
    the number of the round and not on the strategy: two strategies meet the same draws, and a run
    with a greater budget begins with the same rounds.

    Parameters
    ----------
    pool : Tensor, shape (n, ...), values in [0, 1]
    oracle : maps rows of the pool to labels; the only way to a label
    strategy : see :class:`Strategy`
    budget : labels to ask for in all, the initial ones included
    batch : labels a round; the last round may ask for fewer
    train : (x, y, *, generator) to a network in evaluation mode, such as :func:`train_until`
    measure : of a network, usually its accuracy on a test set
    generator : the source of all draws
    subset : the strategy sees so many of the unlabelled images, drawn afresh each round; default:
        all of them
    show : called after each round

    Returns
    -------
    Learned

    Raises
    ------
    ValueError : if a number is out of range, or a strategy chooses a row twice.

    References
    ----------
    Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    _check(pool, budget, batch, initial, subset)
    root = int(torch.randint(2**31, (), generator=generator))
    rows = torch.randperm(len(pool), generator=_chance(root, 0, "order"))[:initial]
    state = _State(pool, rows, oracle(rows), pool[:0], rows[:0])
    rounds: list[Round] = []
    assumed, assumed_y = pool[:0], state.y[:0]  # CEAL's, of one round
    while True:
        t = len(rounds)
        x, y = state.examples()
        x, y = torch.cat([x, assumed]), torch.cat([y, assumed_y])
        model = train(x, y, generator=_chance(root, t, "train"))
        rounds.append(Round(len(state.rows), len(x), measure(model)))
        if show:
            show(rounds[-1])
        if len(state.rows) == budget:
            break
        seen = _candidates(len(pool), state.rows, subset, _chance(root, t, "order"))
        size = min(batch, budget - len(state.rows), len(seen))
        chance = _chance(root, t, "query")
        query = strategy(model, pool[seen], pool[state.rows], size, generator=chance)
        state = state.extended(seen[query.rows.cpu()], query, oracle)
        if query.assumed is not None:
            assumed = pool[seen[query.assumed.cpu()]]
            assumed_y = _answers(model, assumed) if len(assumed) else state.y[:0]
    labelled = pool[state.rows]
    return Learned(model, rounds, state.rows, labelled, state.y, state.twins, state.twin_labels())


class _State(NamedTuple):
    """What is labelled: rows of the pool with labels, and twins of some of them."""

    pool: Tensor
    rows: Tensor
    y: Tensor
    twins: Tensor
    twin_of: Tensor  # positions among the rows

    def extended(self, rows: Tensor, query: Query, oracle: Ask) -> "_State":
        if len(rows.unique()) < len(rows):
            raise ValueError("strategy: chose a candidate twice")
        before, y = len(self.rows), oracle(rows)
        grown = self._replace(rows=torch.cat([self.rows, rows]), y=torch.cat([self.y, y]))
        if query.twins is None:
            return grown
        more = torch.arange(before, before + len(rows))
        return grown._replace(
            twins=torch.cat([self.twins, query.twins]), twin_of=torch.cat([self.twin_of, more])
        )

    def twin_labels(self) -> Tensor:
        return self.y[self.twin_of.to(self.y.device)]

    def examples(self) -> tuple[Tensor, Tensor]:
        x = torch.cat([self.pool[self.rows], self.twins])
        return x, torch.cat([self.y, self.twin_labels()])


def _answers(model: nn.Module, x: Tensor) -> Tensor:
    return training.predict(model, x).argmax(1)


def _candidates(n: int, taken: Tensor, subset: int | None, chance: torch.Generator) -> Tensor:
    """Rows that are not taken, in an order that the round alone decides."""
    order = torch.randperm(n, generator=chance)
    free = torch.ones(n, dtype=torch.bool)
    free[taken] = False
    return order[free[order]][:subset]


def _chance(root: int, t: int, what: str) -> torch.Generator:
    """A generator for one purpose in round t, the same for every strategy."""
    purpose = ("order", "train", "query").index(what)
    return torch.Generator().manual_seed(root + 2**32 * (3 * t + purpose))


def _check(pool: Tensor, budget: int, batch: int, initial: int, subset: int | None) -> None:
    validate.images(pool, "pool")
    validate.count(batch, "batch")
    validate.count(initial, "initial")
    validate.count(budget, "budget", least=initial)
    if budget > len(pool):
        raise ValueError(f"budget: expected at most the pool's {len(pool)} rows, found {budget}")
    if subset is not None:
        validate.count(subset, "subset", least=batch)
