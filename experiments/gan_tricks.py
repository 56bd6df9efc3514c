"""The tips and tricks on the ring: games x seeds, on one machine or on many.

    python -m experiments.gan_tricks --seeds 3 --jobs 2
    python -m experiments.gan_tricks --publish

A run is a plain function of (game, seed). joblib maps it, in processes or on a Dask cluster. Each
result is appended as it comes, and a restart does what is missing. ``--publish`` writes the record
that the library ships and the page shows.
"""

import argparse
import json
import os
import platform
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import torch

from sdl_lib import progress
from sdl_lib.gan.tricks import RECORD, TRICKS, UPDATES, TrickRun, run_trick

OUT = Path(__file__).parent / "results" / "gan-tricks.jsonl"


def work(name: str, seed: int) -> dict[str, Any]:
    """What a worker does: one run, on one thread; the record says what it ran on."""
    torch.set_num_threads(1)
    start = time.process_time()
    result = run_trick(name, seed=seed)
    provenance = {
        "device": f"CPU, {platform.processor() or platform.machine()}",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "updates": str(UPDATES),
    }
    seconds = round(time.process_time() - start, 1)
    return {**result._asdict(), "seconds": seconds, "provenance": provenance}


def read(out: Path = OUT) -> list[dict[str, Any]]:
    """The results in a file; a last line that was cut short counts as not there."""
    found = []
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def run(tasks: list[tuple[str, int]], out: Path, *, jobs: int, scheduler: str | None) -> None:
    """Do the tasks that ``out`` lacks, and append each result as it comes."""
    done = {(one["trick"], one["seed"]) for one in read(out)}
    left = [task for task in tasks if task not in done]
    out.parent.mkdir(parents=True, exist_ok=True)
    client: Any = nullcontext()
    if scheduler is not None:
        from distributed import Client

        client = Client(scheduler)  # type: ignore[no-untyped-call]
    backend = {"backend": "loky" if scheduler is None else "dask", "n_jobs": jobs}
    with client, joblib.parallel_config(**backend), out.open("a+", encoding="utf-8") as file:
        if file.tell():  # a run that was killed may have left half a line
            file.seek(file.tell() - 1)
            if file.read(1) != "\n":
                file.write("\n")
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1)
        results = parallel(joblib.delayed(work)(*task) for task in left)
        for result in progress.bar(results, total=len(left), desc="runs"):
            file.write(json.dumps(result) + "\n")
            file.flush()
            os.fsync(file.fileno())


def publish(out: Path = OUT, shipped: Path = RECORD) -> None:
    """Condense the results into the record that the library ships, in the order of the games."""
    found = read(out)
    order = list(TRICKS)
    found.sort(key=lambda one: (order.index(one["trick"]), one["seed"]))
    facts = [one["provenance"] for one in found]
    told = {key: "; ".join(sorted({fact[key] for fact in facts})) for key in facts[0]}
    told["seconds"] = str(round(sum(one["seconds"] for one in found)))
    told["command"] = "python -m experiments.gan_tricks"
    runs = ",\n".join(json.dumps([one[key] for key in TrickRun._fields]) for one in found)
    shipped.write_text(
        f'{{"provenance": {json.dumps(told)},\n"runs": [\n{runs}\n]}}\n', encoding="utf-8"
    )


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
