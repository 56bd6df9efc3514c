"""Compare the speed of contenders in one run: only ratios carry from one machine to another."""

import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

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
        for turn in range(self.rounds + 1):
            # shuffled, since whoever follows a large one finds the memory in another state
            random.Random(turn).shuffle(order)
            seconds = {name: _time((work | {"bound": self.bound})[name]) for name in order}
            if turn > 0:  # the first round warms up
                for name in work:
                    ratios[name].append(seconds[name] / seconds["bound"])
        return {name: statistics.median(values) for name, values in ratios.items()}


def _time(work: Work) -> float:
    # of the processor, on which other programs may work as well
    start = time.process_time()
    work()
    return time.process_time() - start


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
