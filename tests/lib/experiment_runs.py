"""Experiments as they are started: from the command line, or with a cluster to run on."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(module, options, folder):
    """``python -m module options`` in a folder: what ended, with what it said."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    return subprocess.run(
        [sys.executable, "-m", module, *options.split()],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )


@contextmanager
def cluster() -> Iterator[tuple[str, list[int]]]:
    """A scheduler and two worker processes: its address and their process numbers."""
    from distributed import Client, LocalCluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a dashboard's port, or of a process that was killed
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=50,
        ) as local:
            with Client(local) as client:
                pids = [*client.run(os.getpid).values()]
            yield local.scheduler_address, pids
