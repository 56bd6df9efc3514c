"""The recorded runs of the DFAL study, which take longer than a page may."""

import json
from collections.abc import Iterable, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

_FILE = Path(__file__).with_name("record.json")
# what makes two runs the same study; the longer of two such runs contains the shorter
_SAME = ("network", "data", "protocol", "strategy", "seed")


class Curve(NamedTuple):
    """Accuracy on the test set against the labels that were paid for, of one run."""

    network: str
    data: str
    protocol: str
    strategy: str
    seed: int
    labels: tuple[int, ...]
    accuracy: tuple[float, ...]
    points: int
    transfer: str
    transferred: Mapping[str, float]


class Record(NamedTuple):
    """All curves, and where, when and with what they were measured."""

    curves: tuple[Curve, ...]
    provenance: Mapping[str, Any]

    def table(
        self, *, network: str = "lenet5", data: str = "mnist10k", protocol: str = "fair"
    ) -> pd.DataFrame:
        """Accuracies: a row for (strategy, seed), a column for the number of labels.

        Raises ``ValueError`` if nothing was recorded under these names.
        """
        wanted = (network, data, protocol)
        chosen = [c for c in self.curves if (c.network, c.data, c.protocol) == wanted]
        if not chosen:
            known = sorted({(c.network, c.data, c.protocol) for c in self.curves})
            raise ValueError(f"network, data, protocol: no record of {wanted}; there are {known}")
        rows = {(c.strategy, c.seed): dict(zip(c.labels, c.accuracy, strict=True)) for c in chosen}
        table = pd.DataFrame.from_dict(rows, orient="index").sort_index(axis=1)
        return table.rename_axis(index=["strategy", "seed"], columns="labels")


def load_record(file: Path = _FILE) -> Record:
    """The record that is shipped with the library, or one like it.

    Parameters
    ----------
    file : as ``python -m experiments.dfal --publish`` writes it

    References
    ----------
    Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    curves = (
        Curve(**{**c, "labels": tuple(c["labels"]), "accuracy": tuple(c["accuracy"])})
        for c in content["curves"]
    )
    return Record(tuple(curves), content["provenance"])


def condense(runs: Iterable[Mapping[str, Any]]) -> list[Curve]:
    """One curve for each study among the records of :func:`run_task`: that of the longest run.

    What another run of the same study adds of transfer is kept.
    """
    longest: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for run in sorted(runs, key=lambda run: len(run["labels"])):
        key = tuple(run[name] for name in _SAME)
        before = longest.get(key, run)
        moved = before if before["transfer"] and not run["transfer"] else run
        longest[key] = {**run, **{name: moved[name] for name in ("transfer", "transferred")}}
    return [_curve(run) for _, run in sorted(longest.items(), key=lambda item: item[0])]


def _curve(run: Mapping[str, Any]) -> Curve:
    return Curve(
        network=run["network"],
        data=run["data"],
        protocol=run["protocol"],
        strategy=run["strategy"],
        seed=run["seed"],
        labels=tuple(run["labels"]),
        accuracy=tuple(round(a, 5) for a in run["accuracy"]),
        points=run["points"][-1],
        transfer=run["transfer"],
        transferred={k: round(v, 5) for k, v in run["transferred"].items()},
    )


def running_maximum(accuracy: Iterable[float]) -> list[float]:
    """Each accuracy replaced by the greatest up to it: a curve that cannot fall.

    The plotting script of the DFAL authors does so; it flatters whatever is noisy.
    """
    return list(accumulate(accuracy, max))
