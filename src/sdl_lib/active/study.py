"""One run of the DFAL study: a network, a data set, a strategy, a seed, a protocol.

The page reruns a small piece of it, ``experiments/dfal.py`` runs all of it.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.active.bald import bald
from sdl_lib.active.ceal import ceal
from sdl_lib.active.chance import random
from sdl_lib.active.core_set import core_set
from sdl_lib.active.dfal import dfal, dfal_0
from sdl_lib.active.egl import egl, egl_of_mean
from sdl_lib.active.loop import Learned, Round, active_learning
from sdl_lib.active.oracle import Oracle
from sdl_lib.active.query import Strategy
from sdl_lib.active.retrain import train_until
from sdl_lib.active.uncertainty import margin, uncertainty
from sdl_lib.models import VGG8, LeNet5, Softmax

NETWORKS: Mapping[str, Callable[[], nn.Module]] = {
    "lenet5": LeNet5,
    "vgg8": VGG8,
    "softmax": Softmax,
}
STRATEGIES: Mapping[str, Strategy] = {
    "dfal_0": dfal_0,
    "dfal": dfal,
    "bald": bald,
    "ceal": ceal,
    "core_set": core_set,
    "egl": egl,
    "egl_of_mean": egl_of_mean,
    "uncertainty": uncertainty,
    "margin": margin,
    "random": random,
}
PROTOCOLS = ("fair", "whole", "authors")
FAIR_SUBSET = 300
# what the authors' code does; strategies that are not here see the whole pool
_AUTHORS: Mapping[str, tuple[Strategy, int]] = {
    "dfal_0": (partial(dfal_0, overshoot=0.0, box=False), 300),
    "dfal": (partial(dfal, overshoot=0.0, box=False), 300),
    "egl": (egl_of_mean, 300),
    "egl_of_mean": (egl_of_mean, 300),
    "bald": (partial(bald, passes=10), 100),
}


class Split(NamedTuple):
    """Images and labels to learn from, and to measure on."""

    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor


class Task(NamedTuple):
    """What is run; two equal tasks give equal results on one device."""

    network: str
    data: str
    strategy: str
    protocol: str
    seed: int
    budgets: tuple[int, ...]
    batch: int = 10
    initial: int = 20
    transfer: str = ""


def run_task(
    task: Task, split: Split, *, show: Callable[[Round], None] | None = None
) -> dict[str, Any]:
    """Run one task and return its record, which JSON can hold.

    Parameters
    ----------
    task : its ``budgets`` are the numbers of labels that tables show; the greatest ends the run;
        with ``transfer``, at each of them a network of that name learns from the same queries
    split : the data that ``task.data`` names
    show : called after each round

    Returns
    -------
    dict with the fields of the task, ``labels`` and ``points`` and ``accuracy`` of each round,
    ``queried`` rows of the pool, ``transferred`` accuracies by budget, and ``seconds``. The
    accuracies are as measured: a running maximum is for a reader to take.

    Raises
    ------
    ValueError : if a name is unknown, or a number is out of range.

    References
    ----------
    Ducoffe & Precioso (2018). Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    validate.choice(task.network, tuple(NETWORKS), "network")
    if task.transfer:
        validate.choice(task.transfer, tuple(NETWORKS), "transfer")
    began = time.perf_counter()
    strategy, subset = chosen(task.strategy, task.protocol)
    learned = active_learning(
        split.x,
        Oracle(split.y),
        strategy,
        max(task.budgets),
        task.batch,
        train=partial(train_until, NETWORKS[task.network]),
        measure=lambda model: training.accuracy(model, split.x_test, split.y_test),
        generator=torch.Generator().manual_seed(task.seed),
        initial=task.initial,
        subset=subset,
        show=show,
    )
    return {
        **task._asdict(),
        "budgets": list(task.budgets),
        "labels": [r.labels for r in learned.rounds],
        "points": [r.points for r in learned.rounds],
        "accuracy": [r.score for r in learned.rounds],
        "queried": learned.queried.tolist(),
        "transferred": _transfer(task, learned, split) if task.transfer else {},
        "seconds": time.perf_counter() - began,
    }


def chosen(strategy: str, protocol: str) -> tuple[Strategy, int | None]:
    """A strategy as a protocol has it, and how many candidates it sees (None: all)."""
    validate.choice(strategy, tuple(STRATEGIES), "strategy")
    validate.choice(protocol, PROTOCOLS, "protocol")
    if protocol != "authors":
        return STRATEGIES[strategy], FAIR_SUBSET if protocol == "fair" else None
    return _AUTHORS.get(strategy, (STRATEGIES[strategy], None))


def _transfer(task: Task, learned: Learned, split: Split) -> dict[str, float]:
    """Accuracy of another network, trained on the first so many queries (and their twins)."""
    found = {}
    for budget in task.budgets:
        # the initial labels have no twins, every later one has one, or none has
        twins = min(len(learned.twins), max(budget - task.initial, 0))
        x = torch.cat([learned.x[:budget], learned.twins[:twins]])
        y = torch.cat([learned.y[:budget], learned.twin_y[:twins]])
        chance = torch.Generator().manual_seed(task.seed)
        model = train_until(NETWORKS[task.transfer], x, y, generator=chance)
        found[str(budget)] = training.accuracy(model, split.x_test, split.y_test)
    return found
