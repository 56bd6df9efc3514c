"""The tips and tricks on the ring: games x seeds, on one machine or on many.

    python -m experiments.gan_tricks --seeds 3 --jobs 2
    python -m experiments.gan_tricks --publish

A run is a plain function of (game, seed). joblib maps it, in processes or on a Dask cluster. Each
result is appended as it comes, and a restart does what is missing. ``--publish`` writes the record
that the library ships and the page shows.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import joblib
import torch

from experiments.runs import RESULTS, append, provenance, read, told, write_summary
from sdl_lib.gan.tricks import RECORD, TRICKS, UPDATES, TrickRun, run_trick

OUT = RESULTS / "gan-tricks.jsonl"


def work(name: str, seed: int) -> dict[str, Any]:
    """What a worker does: one run, on one thread; the record says what it ran on."""
    torch.set_num_threads(1)
    start = time.process_time()
    result = run_trick(name, seed=seed)
    known = {**provenance(torch.device("cpu")), "updates": str(UPDATES)}
    seconds = round(time.process_time() - start, 1)
    return {**result._asdict(), "seconds": seconds, "provenance": known}


def run(tasks: list[tuple[str, int]], out: Path, *, jobs: int, scheduler: str | None) -> None:
    """Do the tasks that ``out`` lacks, and append each result as it comes."""
    done = {(one["trick"], one["seed"]) for one in read(out)}
    left = [task for task in tasks if task not in done]
    calls = [joblib.delayed(work)(*task) for task in left]
    backend = "loky" if scheduler is None else "dask"
    append(calls, out, jobs=jobs, backend=backend, scheduler=scheduler)


def publish(out: Path = OUT, shipped: Path = RECORD) -> None:
    """Condense the results into the record that the library ships, in the order of the games."""
    found = read(out)
    if not found:
        raise ValueError(f"out: no runs in {out.name}")
    order = list(TRICKS)
    found.sort(key=lambda one: (order.index(one["trick"]), one["seed"]))
    known = told(found) | {"command": "python -m experiments.gan_tricks"}
    runs = ",\n".join(json.dumps([one[key] for key in TrickRun._fields]) for one in found)
    shipped.write_text(
        f'{{"provenance": {json.dumps(known)},\n"runs": [\n{runs}\n]}}\n', encoding="utf-8"
    )
    write_summary(out.with_suffix(".json"), known | {"runs": str(len(found))})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tricks", nargs="+", choices=list(TRICKS), default=list(TRICKS))
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to this, less one")
    parser.add_argument("--jobs", type=int, default=1, help="processes, or -1")
    parser.add_argument("--scheduler", help="address of a Dask scheduler, as tcp://HOST:8786")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--publish", action="store_true", help="write the shipped record")
    args = parser.parse_args()
    if args.publish:
        publish(args.out)
        return
    tasks = [(name, seed) for seed in range(args.seeds) for name in args.tricks]
    run(tasks, args.out, jobs=args.jobs, scheduler=args.scheduler)


if __name__ == "__main__":
    main()
