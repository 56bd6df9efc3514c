"""Run the cells of one page in a fresh kernel, and measure what they cost."""

import json
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools.pages import BuildError, Project, code_cells, dump, name_cell, tags, write_if_changed

CLAIM_MIME = "application/vnd.sdl.claim+json"
CELL_TIMEOUT = 300

# Run last in the kernel and not kept: what the page cost. VmHWM and not getrusage, whose peak a
# child inherits from the process that started it.
_PROBE = """
def _sdl_probe():
    import json, platform, re, resource, sys
    try:
        status = open("/proc/self/status").read()
        peak_kb = int(re.search(r"VmHWM:\\s+(\\d+) kB", status).group(1))
    except OSError:
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak_kb //= 1024 if sys.platform == "darwin" else 1
    try:  # time in which the kernel could have run but had no processor: others' work, not its own
        waited = int(open("/proc/self/schedstat").read().split()[1]) / 1e9
    except OSError:
        waited = 0.0
    data, torch = sys.modules.get("sdl_lib.data"), sys.modules.get("torch")
    names = ("torch", "numpy", "matplotlib", "sdl_lib")
    found = {n: sys.modules[n].__version__ for n in names if n in sys.modules}
    gpu = torch is not None and torch.cuda.is_initialized()
    print(json.dumps({
        "peak_mb": round(peak_kb / 1024, 1),
        "waited": waited,
        "download_mb": round(sum(data.downloads().values()) / 1e6, 1) if data else 0.0,
        "device": torch.cuda.get_device_name() if gpu else "CPU",
        "versions": {"python": platform.python_version(), **found},
    }))
_sdl_probe()
"""


@dataclass(frozen=True)
class Job:
    """One page to run: its cells, and the key under which the outputs will be kept."""

    root: Path
    docname: str
    key: str
    page: NotebookNode


def environment(root: Path) -> dict[str, str]:
    """The environment of every kernel, in the build and in nbval: one thread, no hash chance.

    No progress bars either: they hold times.

    The project's own sources come first, so that what is hashed is what runs.
    """
    path = os.pathsep.join(filter(None, [str(root / "src"), os.environ.get("PYTHONPATH", "")]))
    fixed = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "SDL_QUIET": "1"}
    own = {"JUPYTER_PREFER_ENV_PATH": "1", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **fixed, **own}


def run(job: Job) -> float:
    """Execute a page and put its outputs and its record into the cache; returns the seconds.

    Raises ``BuildError`` when a cell raises, or writes to stderr without announcing it.
    """
    project, page = Project(job.root), job.page
    start = time.monotonic()
    probe = _execute(job, str(project.source(job.docname).parent))
    waited: float = probe.pop("waited")
    seconds = round(time.monotonic() - start - waited, 1)
    for number, cell in enumerate(code_cells(page), 1):
        check_stderr(cell, name_cell(job.docname, number, cell))
    record = {"key": job.key, "seconds": seconds, "claims": claims(page), **probe}
    folder = project.cache(job.docname)
    # the record last: it says that the entry is whole
    write_if_changed(folder / f"{job.key}.ipynb", nbformat.writes(page))
    write_if_changed(folder / f"{job.key}.json", dump(record))
    return seconds


def _execute(job: Job, folder: str) -> dict[str, Any]:
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel, not the user's
    page, number = job.page, 0
    client = NotebookClient(
        page, timeout=CELL_TIMEOUT, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    log = Project(job.root).cache(job.docname) / "kernel.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as stderr, client.setup_kernel(env=environment(job.root), stderr=stderr):
        for index, cell in enumerate(page.cells):
            number += cell.cell_type == "code"
            try:
                client.execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                raise BuildError(_report(job.docname, number, cell, error, log)) from None
        probe = nbformat.v4.new_code_cell(_PROBE)
        page.cells.append(probe)
        client.execute_cell(probe, len(page.cells) - 1, store_history=False)
        page.cells.pop()
    log.unlink()
    measured: dict[str, Any] = json.loads(probe.outputs[0]["text"])
    return measured


def _report(docname: str, number: int, cell: NotebookNode, error: Exception, log: Path) -> str:
    where = name_cell(docname, number, cell)
    if isinstance(error, CellTimeoutError):
        return f"{where}: still running after {CELL_TIMEOUT} s"
    if isinstance(error, CellExecutionError):
        frames = "\n".join(_plain(str(error.traceback)).splitlines()[-12:])
        return f"{where}: {error.ename}: {_plain(error.evalue)}\n{frames}"
    return f"{where}: the kernel died\n{log.read_text()[-2000:]}"


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def check_stderr(cell: NotebookNode, where: str) -> None:
    """A cell writes to stderr (a warning, mostly) if and only if it is tagged for that."""
    said = "".join(o.text for o in cell.outputs if o.get("name") == "stderr")
    if said and "expects-warning" not in tags(cell):
        raise BuildError(f"{where}: wrote to stderr without the tag `expects-warning`:\n{said}")
    if not said and "expects-warning" in tags(cell):
        raise BuildError(f"{where}: is tagged `expects-warning`, but wrote nothing to stderr")


def claims(page: NotebookNode) -> list[dict[str, Any]]:
    """The records that ``sdl_lib.check`` left in the outputs."""
    outputs = [output for cell in code_cells(page) for output in cell.outputs]
    return [o.data[CLAIM_MIME] for o in outputs if CLAIM_MIME in o.get("data", {})]


def run_quietly(job: Job) -> tuple[str, float, str]:
    """``run`` for a process pool: docname, seconds, and the message of a failure or nothing."""
    start = time.monotonic()
    try:
        return job.docname, run(job), ""
    except BuildError as error:
        return job.docname, time.monotonic() - start, str(error)
    except KeyboardInterrupt:
        sys.exit(130)
