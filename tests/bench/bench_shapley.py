"""KernelSHAP and exact Shapley values against the unavoidable work and captum.

Two tasks: people in Adult on a small perceptron, and digits in 16 patches on LeNet-5, where the
network's own work weighs more. The bound is the model's answers to so many inputs, made up
beforehand. captum works off one input at a time; its best setting asks about all of an input's
coalitions in one batch. Run with ``make bench`` or ``python tests/bench/bench_shapley.py`` (about
a minute).
"""

import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from captum.attr import KernelShap
from harness import Race, finish
from torch import Tensor

from sdl_lib.attribution import all_coalitions, feature_game, kernel_shap, shapley_exact
from sdl_lib.data import adult, fit_encoding, mnist10k
from sdl_lib.models import ADULT_FEATURES, load

SAMPLES = 500
FASTER, LIMIT = 2.5, 2.0  # times captum's best; seconds for exact values of 12 features


@dataclass(frozen=True)
class Task:
    """Inputs to be explained against one baseline."""

    name: str
    predict: Callable[[Tensor], Tensor]
    x: Tensor
    baseline: Tensor  # a batch of one
    groups: Tensor

    @property
    def players(self) -> int:
        return int(self.groups.max()) + 1

    def ours(self) -> Tensor:
        game = feature_game(self.predict, self.x, self.baseline, groups=self.groups)
        return kernel_shap(game, self.players, samples=SAMPLES)

    def captums(self, n: int, batch: int) -> Tensor:
        """Of the first ``n`` inputs, one at a time, as captum does."""
        method = KernelShap(self.predict)
        one_of_each = [self.groups.flatten().tolist().index(g) for g in range(self.players)]
        found = []
        for one in self.x[:n]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values = method.attribute(
                    one[None],
                    baselines=self.baseline,
                    feature_mask=self.groups[None],
                    n_samples=SAMPLES,
                    perturbations_per_eval=batch,
                )
            found.append(values.flatten()[one_of_each].double())
        return torch.stack(found)

    def bound(self) -> Callable[[], object]:
        masks = torch.rand(SAMPLES, self.players) < 0.5
        made_up = torch.where(masks[:, self.groups][:, None], self.x, self.baseline).flatten(0, 1)

        def unavoidable() -> None:
            with torch.no_grad():
                for chunk in made_up.split(500):
                    self.predict(chunk)

        return unavoidable


def tasks() -> list[Task]:
    encode = fit_encoding(adult("train"), ADULT_FEATURES)
    perceptron, lenet = load("adult-mlp"), load("lenet5")
    people, others = encode(adult("test")[:16]), encode(adult("train")[7:8])
    digits, labels = (part[:4] for part in mnist10k("test"))
    patches = torch.arange(4).repeat_interleave(7)
    return [
        Task(
            "Adult, 12 answers",
            lambda x: perceptron(x).softmax(1)[:, 1],
            people,
            others,
            torch.tensor(encode.column_of),
        ),
        Task(
            "LeNet-5, 16 patches",
            lambda x: lenet(x)[:, labels[0]],
            digits,
            torch.zeros(1, 1, 28, 28),
            (4 * patches[:, None] + patches)[None],
        ),
    ]


def run(task: Task) -> int:
    """Race and compare the errors; returns how many of the two ended badly."""
    n = len(task.x)
    race = Race(
        task.name,
        task.bound(),
        task.ours,
        {
            f"captum, batch {batch}": lambda batch=batch: task.captums(n, batch)
            for batch in (50, SAMPLES)
        },
        {},
        rounds=5,
    )
    times = race.run()
    factor = min(times[peer] for peer in race.peers) / times["ours"]
    columns = "   ".join(f"{name} {value:.2f}" for name, value in times.items())
    print(f"{task.name:<20} {columns}   ours is {factor:.1f} x as fast", flush=True)
    game = feature_game(task.predict, task.x, task.baseline, groups=task.groups)
    exact = shapley_exact(game, task.players)
    ours, theirs = (
        float((found - exact).abs().mean()) for found in (task.ours(), task.captums(n, SAMPLES))
    )
    print(f"{'':<20} mean error: ours {ours:.5f}, captum {theirs:.5f}", flush=True)
    return int(factor < FASTER) + int(ours >= theirs)


def exact_in_time(task: Task) -> int:
    """Exact values of one person against a hundred; returns 1 if it takes too long."""
    rows = task.x.repeat(7, 1)[:100]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        shapley_exact(feature_game(task.predict, task.x[0], rows, groups=task.groups), 12)
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(f"exact Shapley values, {len(all_coalitions(12))} x {len(rows)} rows: {median:.2f} s")
    return int(median >= LIMIT)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"times in units of the bound, medians; torch {torch.__version__}, one CPU thread")
    people, digits = tasks()
    finish(run(people) + run(digits) + exact_in_time(people))


if __name__ == "__main__":
    main()
