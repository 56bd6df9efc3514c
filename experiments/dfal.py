"""The DFAL study: strategies x seeds, each a run of active learning, on one machine or on many.

    python -m experiments.dfal --network lenet5 --strategies all --seeds 3 --budgets 100 \
        --out experiments/results/dfal-lenet5-fair.jsonl
    python -m experiments.dfal --publish

A run is a plain function of its task. joblib maps it over the tasks, in processes or on a Dask
cluster, where the work of a lost worker is done again by another. Each result is appended to the
output as it comes, and a restart does what is missing. ``--publish`` condenses all results into
the record that the library ships and the page shows.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Unpack

import joblib
import torch

import sdl_lib.active.record
from experiments.runs import (
    RESULTS,
    Workers,
    add_workers,
    append,
    provenance,
    read,
    told,
    workers,
    write_summary,
)
from sdl_lib.active import PROTOCOLS, STRATEGIES, Split, Task, run_task
from sdl_lib.active.record import condense
from sdl_lib.data import mnist10k, mnist70k, quickdraw

SHIPPED = Path(sdl_lib.active.record.__file__).with_name("record.json")
DATA = ("mnist10k", "mnist70k", "quickdraw")


@cache
def split_of(name: str) -> Split:
    """The data set ``name``, on the GPU where there is one; read once in each process."""
    if name == "quickdraw":
        parts = quickdraw()
    else:
        load = {"mnist10k": mnist10k, "mnist70k": mnist70k}[name]
        parts = (*load("train"), *load("test"))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Split(*(part.to(device) for part in parts))


def work(task: Task) -> dict[str, Any]:
    """What a worker does: one task, on one thread; the record says what it ran on."""
    torch.set_num_threads(1)
    split = split_of(task.data)
    record = run_task(task, split)
    command = " ".join(["python -m experiments.dfal", *_arguments()])
    return {**record, "provenance": {**provenance(split.x.device), "command": command}}


def _arguments() -> list[str]:
    # only those of our own command line: a worker or a test runner was started with others
    ours = Path(sys.argv[0]).name == "dfal.py"
    return sys.argv[1:] if ours else os.environ.get("SDL_DFAL_COMMAND", "").split()


def missing(tasks: Sequence[Task], out: Path) -> list[Task]:
    """The tasks of which ``out`` holds no result."""
    done = {_key({name: run[name] for name in Task._fields}) for run in read(out)}
    return [task for task in tasks if _key(task._asdict()) not in done]


def _key(fields: dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True)


def run(tasks: Sequence[Task], out: Path, **how: Unpack[Workers]) -> None:
    """Do the tasks that ``out`` lacks, and append each result as it comes.

    Parameters
    ----------
    tasks : what to do
    out : a file of one JSON object a line
    how : who does the work
    """
    calls = [joblib.delayed(work)(task) for task in missing(tasks, out)]
    append(calls, out, **how)


def publish(results: Path = RESULTS, shipped: Path = SHIPPED) -> None:
    """Condense all ``dfal-*.jsonl`` in ``results`` into the record that the library ships."""
    runs = [one for file in sorted(results.glob("dfal-*.jsonl")) for one in read(file)]
    if not runs:
        raise ValueError(f"results: no runs in {results.name}/dfal-*.jsonl")
    known = told(runs) | {"runs": str(len(runs))}
    curves = [json.dumps(curve._asdict()) for curve in condense(runs)]
    body = ",\n".join(curves)
    shipped.write_text(
        f'{{"provenance": {json.dumps(known)},\n"curves": [\n{body}\n]}}\n', encoding="utf-8"
    )
    write_summary(results / "dfal.json", known)


def tasks_of(args: argparse.Namespace) -> list[Task]:
    """The tasks that a command line names, seed by seed, so that a part of them is a study."""
    strategies = list(STRATEGIES) if args.strategies == ["all"] else args.strategies
    return [
        Task(
            network,
            args.data,
            strategy,
            args.protocol,
            seed,
            tuple(sorted(args.budgets)),
            batch=args.batch,
            initial=args.initial,
            transfer=args.transfer,
        )
        for seed in range(args.seeds)
        for network in args.network
        for strategy in strategies
    ]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.dfal",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    networks = ("lenet5", "vgg8")
    add = parser.add_argument
    add("--network", nargs="+", choices=networks, default=["lenet5"])
    add("--data", choices=DATA, default="mnist10k", help="all but mnist10k need a network, once")
    add("--strategies", nargs="+", choices=["all", *STRATEGIES], default=["all"])
    add("--seeds", type=int, default=3, help="seeds 0 to this, less one")
    add("--budgets", type=int, nargs="+", default=[100, 500, 800, 1000], help="labels in tables")
    add("--batch", type=int, default=10, help="labels asked for in a round")
    add("--initial", type=int, default=20, help="labels asked for at random at the start")
    add("--protocol", choices=PROTOCOLS, default="fair")
    add("--transfer", choices=["", *networks], default="", help="network that learns the same")
    add_workers(parser)
    add("--out", type=Path, help="file of results, one a line; what it holds is not done again")
    add("--publish", action="store_true", help="condense all results into the shipped record")
    args = parser.parse_args(arguments)
    if not args.publish and args.out is None:
        parser.error("--out is needed")
    return args


def main() -> None:
    args = parse()
    if args.out is not None:
        # a process of joblib has another command line; what started it is worth recording
        os.environ["SDL_DFAL_COMMAND"] = " ".join(sys.argv[1:])
        run(tasks_of(args), args.out, **workers(args))
    if args.publish:
        publish()


if __name__ == "__main__":
    # under its own name, by which the workers' processes can import it
    from experiments import dfal

    dfal.main()
