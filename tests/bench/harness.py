"""Compare the speed of contenders in one run: only ratios carry from one machine to another."""

import os
import random
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

Work = Callable[[], object]


@dataclass(frozen=True)
class Race:
    """Contenders for one task. ``bound`` is the work that nobody can avoid."""

    name: str
    bound: Work
    ours: Work
    peers: dict[str, Work]
    others: dict[str, Work]  # shown, not judged
    rounds: int

    def run(self) -> dict[str, float]:
        """Median over the rounds of each contender's time, in units of the bound's."""
        work = {"ours": self.ours, **self.peers, **self.others}
        ratios: dict[str, list[float]] = {name: [] for name in work}
        order = ["bound", *work]
        for turn in range(self.rounds):
            random.Random(turn).shuffle(order)
            seconds = {name: seconds_of((work | {"bound": self.bound})[name]) for name in order}
            for name in work:
                ratios[name].append(seconds[name] / seconds["bound"])
        return {name: statistics.median(values) for name, values in ratios.items()}


def seconds_of(work: Work) -> float:
    """Processor time of ``work`` after a warm-up, in a process of its own.

    A large contender leaves memory behind that speeds up whoever comes next in the same process.
    A forked child finds the memory as it was when the bench began, whatever ran before.
    """

    def timed() -> float:
        work()
        start = time.process_time()  # of the processor, on which others may work as well
        work()
        return time.process_time() - start

    return float(apart(timed))


def apart(work: Callable[[], Any]) -> Any:
    """What ``work`` returns, from a forked process, so that this one stays as it was."""
    with tempfile.NamedTemporaryFile() as told:
        if (child := os.fork()) == 0:
            try:
                torch.save(work(), told.name)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        if os.waitpid(child, 0)[1]:
            raise RuntimeError("a contender failed, see above")
        return torch.load(told.name)


def judge(races: list[Race], *, limit: float, noise: float) -> int:
    """Run the races, print a table, and return how many ended badly.

    Ours may take at most ``limit`` bounds, and at most ``1 + noise`` times the fastest peer.
    """
    failures = 0
    for race in races:
        times = race.run()
        fastest = min(times[peer] for peer in race.peers)
        faults = []
        if times["ours"] > limit:
            faults.append(f"over {limit} bounds")
        if times["ours"] > fastest * (1 + noise):
            faults.append(f"slower than a peer by more than {noise:.0%}")
        failures += bool(faults)
        columns = "   ".join(f"{name} {value:.2f}" for name, value in times.items())
        print(f"{race.name:<28} {columns}   {'; '.join(faults) or 'ok'}", flush=True)
    return failures


def finish(failures: int) -> None:
    """Leave with a truthful exit code."""
    sys.exit(f"{failures} of the races above ended badly" if failures else 0)
