"""What the experiments share: workers, a file of results that grows, restarts and provenance."""

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

import joblib
import numpy as np
import torch

from sdl_lib import progress

RESULTS = Path(__file__).parent / "results"


def provenance(device: torch.device) -> dict[str, str]:
    """Device, versions and date; no name of a machine."""
    cuda = device.type == "cuda"
    processor = platform.processor() or platform.machine()
    return {
        "device": torch.cuda.get_device_name(device) if cuda else f"CPU, {processor}",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"numpy {np.__version__}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def told(results: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The provenance of many results as one, and the seconds of all."""
    facts = [one["provenance"] for one in results]
    both = {name: "; ".join(sorted({fact[name] for fact in facts})) for name in facts[0]}
    return both | {"seconds": str(round(sum(one["seconds"] for one in results)))}


def write_summary(path: Path, known: dict[str, str]) -> None:
    """Write what the Status page of the book shows of an experiment."""
    path.write_text(json.dumps({"commit": _commit(), **known}, indent=1) + "\n", encoding="utf-8")


def _commit() -> str:
    """The commit that is checked out; nothing where there is no git."""
    command = ["git", "-C", str(RESULTS.parent), "log", "-1", "--format=%h"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def read(out: Path) -> list[dict[str, Any]]:
    """The results in a file; a last line that was cut short counts as not there."""
    found = []
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who does the work: those of :func:`results`."""
    parser.add_argument("--jobs", type=int, default=1, help="processes on this machine")
    parser.add_argument("--backend", choices=["loky", "dask"], default="loky")
    parser.add_argument("--scheduler", help="address of a Dask scheduler, as tcp://HOST:8786")


class Workers(TypedDict, total=False):
    """Who does the work: what :func:`results` takes."""

    jobs: int
    backend: str
    scheduler: str | None


def workers(args: argparse.Namespace) -> Workers:
    """What a command line says of it."""
    return {"jobs": args.jobs, "backend": args.backend, "scheduler": args.scheduler}


def results(
    calls: Iterable[Any], *, jobs: int = 1, backend: str = "loky", scheduler: str | None = None
) -> Iterator[Any]:
    """Make the calls; what they return, as it comes, with a progress bar.

    Parameters
    ----------
    calls : of ``joblib.delayed``
    jobs : processes on this machine; a cluster has as many as it has
    backend : joblib's: "loky", or "dask" for the cluster at the address ``scheduler``
    """
    calls = list(calls)
    with _backend(backend, scheduler, jobs):
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1)
        yield from progress.bar(parallel(calls), total=len(calls), desc="runs")


def append(calls: Iterable[Any], out: Path, **how: Unpack[Workers]) -> None:
    """Make the calls, and append each result to ``out`` as it comes.

    Parameters
    ----------
    calls : of ``joblib.delayed``; each returns what becomes one line of JSON
    out : a file of one JSON object a line
    how : who does the work
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with _appending(out) as file:
        for result in results(calls, **how):
            file.write(json.dumps(result) + "\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _backend(name: str, scheduler: str | None, jobs: int) -> Iterator[None]:
    if name != "dask":
        with joblib.parallel_config(backend=name, n_jobs=jobs):
            yield
        return
    if scheduler is None:
        raise ValueError("scheduler: the backend dask needs the address of one")
    from distributed import Client

    client = Client(scheduler)  # type: ignore[no-untyped-call]
    with client, joblib.parallel_config(backend="dask", n_jobs=-1):
        yield


@contextmanager
def _appending(out: Path) -> Iterator[Any]:
    with out.open("a+", encoding="utf-8") as file:
        if file.tell():  # a run that was killed may have left half a line
            file.seek(file.tell() - 1)
            if file.read(1) != "\n":
                file.write("\n")
        yield file
