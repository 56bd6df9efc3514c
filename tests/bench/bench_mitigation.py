"""Fair thresholds against fairlearn's ThresholdOptimizer: fifty thousand people, two groups.

At least as accurate for no larger a gap, and at least ten times faster, for each criterion.
Run with ``make bench`` or ``python tests/bench/bench_mitigation.py`` (about half a minute).
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator, ClassifierMixin

from sdl_lib.fairness import ExpectedRates, expected_rates, threshold_optimizer

ROWS, LEAST = 50_000, 10
CRITERIA = {
    "demographic parity": ("demographic_parity", ("selection",)),
    "equal opportunity": ("true_positive_rate_parity", ("tpr",)),
    "equalised odds": ("equalized_odds", ("tpr", "fpr")),
}


class Given(ClassifierMixin, BaseEstimator):
    """A fitted estimator whose scores are its only feature."""

    def fit(self, _: np.ndarray, y: np.ndarray) -> "Given":
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0]


def people() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    group = chance.integers(0, 2, ROWS)
    y = (chance.random(ROWS) < 0.12 + 0.2 * group).astype(int)
    return y, y + 0.3 * group + (1 + 0.2 * group) * chance.normal(size=ROWS), group


def best(work: Callable[[], ExpectedRates], rounds: int) -> tuple[float, ExpectedRates]:
    """Processor seconds of the fastest round (others may use the machine), and what it found."""
    seconds = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        found = work()
        seconds = min(seconds, time.process_time() - start)
    return seconds, found


def main() -> None:
    torch.set_num_threads(1)
    y, score, group = people()
    column, codes = score[:, None], torch.tensor(group)
    prefit = Given().fit(column, y)
    print(f"{ROWS:,} people, two groups, one CPU thread: fit and the chances of everybody")
    faults = []
    for name, (constraints, rates) in CRITERIA.items():

        def ours(name: str = name) -> ExpectedRates:
            rule = threshold_optimizer(y, score, codes, criterion=name)
            return expected_rates(y, rule.probability(score, codes), codes)

        def theirs(constraints: str = constraints) -> ExpectedRates:
            peer = ThresholdOptimizer(
                estimator=prefit,
                constraints=constraints,
                prefit=True,
                predict_method="decision_function",
            ).fit(column, y, sensitive_features=group)
            chance = peer._pmf_predict(column, sensitive_features=group)[:, 1]
            return expected_rates(y, chance.clip(0, 1), codes)

        slow, peer = best(theirs, 2)
        quick, found = best(ours, 7)
        gaps = [max(r.gap(rate) for rate in rates) for r in (found, peer)]
        print(
            f"{name:20} fairlearn {slow:6.3f} s  ours {quick:7.4f} s  {slow / quick:5.0f} x faster;"
            f" accuracy {found.accuracy:.6f} ({peer.accuracy:.6f}),"
            f" gap {gaps[0]:.1e} ({gaps[1]:.1e})"
        )
        faults += [f"{name}: under {LEAST} x"] if slow / quick < LEAST else []
        faults += [f"{name}: less accurate"] if found.accuracy < peer.accuracy - 1e-9 else []
        faults += [f"{name}: a larger gap"] if gaps[0] > gaps[1] + 1e-9 else []
    sys.exit("; ".join(faults) or 0)


if __name__ == "__main__":
    main()
