"""Mark a folder of submissions: in parallel, with progress, and from where it stopped.

A submission is a file `<student>.ipynb`, or one as Canvas downloads it
(`lastfirst_LATE_4711_99_name.ipynb`, where 4711 is the student's number in Canvas). Each result is
a file of its own, written when it is there. A second run marks what is new or has changed: the
notebook, the archive of tests, the limits.
"""

import json
import multiprocessing
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.homework import jail
from tools.homework.grade import Kit, grade, key
from tools.pages import dump, write_if_changed

_CANVAS = re.compile(r"^[^_]+_(?:LATE_)?(\d+)_\d+_.+$")
_worker: dict[str, Any] = {}


@dataclass(frozen=True)
class Submission:
    """Whose notebook, and the file."""

    student: str
    path: Path


def submissions(folder: Path) -> Iterator[Submission]:
    """The notebooks of a folder; two of one student are an error that names both."""
    files = sorted(folder.glob("*.ipynb"))
    if not files:
        raise FileNotFoundError(f"{folder}: no notebook in it")
    found = [Submission(student_of(path), path) for path in files]
    count = Counter(submission.student for submission in found)
    twice = [s.path.name for s in found if count[s.student] > 1]
    if twice:
        raise ValueError(f"{folder}: more than one notebook of a student: {', '.join(twice)}")
    yield from found


def student_of(path: Path) -> str:
    canvas = _CANVAS.match(path.stem)
    return canvas[1] if canvas else path.stem


def run(
    folder: Path,
    kit_folder: Path,
    root: Path,
    *,
    workers: int = 0,
    again: bool = False,
    trusting: bool = False,
) -> int:
    """Mark all submissions of a folder; returns how many there were to mark.

    Where the system gives no namespaces, a notebook could read and delete what the user can: then
    ``ValueError``, unless ``trusting``.
    """
    kit = Kit(kit_folder, root)
    results = kit_folder / "results"
    every = list(submissions(folder))
    due = [s for s in every if again or not _is_done(s, kit, results)]
    if (why := jail.supported()) and not trusting:
        raise ValueError(
            f"no namespaces here ({why}): a notebook could read and delete what you can. Mark on "
            "Linux where users may have them, in a container, or, if you trust every notebook, "
            "with --trusting"
        )
    print(f"{kit.about['title']}: {len(every)} notebooks, {len(every) - len(due)} marked before")
    if not due:
        return 0
    start, workers = time.monotonic(), min(workers or os.cpu_count() or 1, len(due))
    for done, (submission, result) in enumerate(_all(due, kit_folder, root, workers), 1):
        write_if_changed(results / f"{submission.student}.json", dump(result))
        report = feedback(result, kit.about)
        write_if_changed(kit_folder / "feedback" / f"{submission.student}.md", report)
        print(_line(done, len(due), submission, result), flush=True)
    seconds = time.monotonic() - start
    print(f"{len(due)} marked in {seconds:.0f} s by {workers}, {seconds / len(due):.1f} s each")
    return len(due)


def _is_done(submission: Submission, kit: Kit, results: Path) -> bool:
    path = results / f"{submission.student}.json"
    try:
        return bool(json.loads(path.read_text("utf-8"))["key"] == key(submission.path, kit))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _all(
    due: list[Submission], kit: Path, root: Path, workers: int
) -> Iterator[tuple[Submission, Any]]:
    """Results as they come. A worker that dies costs its submissions a second try, alone."""
    waiting, tried = list(due), Counter[str]()
    while waiting:
        lone = [s for s in waiting if tried[s.student]]
        batch, size = (lone[:1], 1) if lone else (waiting, workers)
        finished: set[str] = set()
        for submission, result in _pool(batch, kit, root, size):
            finished.add(submission.student)
            yield submission, result
        for submission in batch:
            if submission.student not in finished:
                tried[submission.student] += 1
                if tried[submission.student] > 2:
                    finished.add(submission.student)
                    yield submission, _failed(submission, "the grader itself was ended, twice")
        waiting = [s for s in waiting if s.student not in finished]


def _pool(
    batch: list[Submission], kit: Path, root: Path, workers: int
) -> Iterator[tuple[Submission, Any]]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start, initargs=(kit, root)
    )
    try:
        running: dict[Future[Any], Submission] = {pool.submit(_mark, s.path): s for s in batch}
        while running:
            ready, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                submission = running.pop(future)
                try:
                    yield submission, future.result()
                except BrokenProcessPool:
                    continue
                except Exception as error:
                    yield submission, _failed(submission, f"{type(error).__name__}: {error}")
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C, what has not begun waits for next time


def _start(kit: Path, root: Path) -> None:
    """What a worker does once: read the tests and run our own notebook."""
    os.environ.update({"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "SDL_QUIET": "1"})
    os.environ["SDL_DEVICE"] = "cpu"
    sys.path.insert(0, str(root / "src"))
    _worker["kit"] = Kit(kit, root)
    _worker["kit"].names()


def _mark(path: Path) -> Any:
    return grade(path, _worker["kit"])


def _failed(submission: Submission, why: str) -> dict[str, Any]:
    """A result that says that there is none; without a key it is tried again next time."""
    result = {"submission": submission.path.name, "problem": f"not marked: {why}", "key": ""}
    return {**result, "questions": {}, "points": None, "of": None, "notes": [], "seconds": 0.0}


def _line(done: int, total: int, submission: Submission, result: dict[str, Any]) -> str:
    points = "-" if result["points"] is None else f"{result['points']:g}/{result['of']:g}"
    more = result["problem"] or "; ".join(result["notes"][:1])
    head = f"  {done}/{total}  {result['seconds']:6.1f} s  {submission.student:16} {points:>8}"
    return f"{head}  {more}".rstrip()


def feedback(result: dict[str, Any], about: dict[str, Any]) -> str:
    """What the student is told: points, hints and errors, and nothing of the tests."""
    lines = [f"# {about['title']}", ""]
    if result["problem"]:
        lines += [f"**{result['problem']}**", ""]
    lines += ["| Question | Points | Of |", "| --- | ---: | ---: |"]
    for name, question in result["questions"].items():
        points = "to be read" if question["points"] is None else f"{question['points']:g}"
        lines.append(f"| {name} | {points} | {question['of']:g} |")
    if choose := about.get("choose"):
        parts = "; ".join(f"{part} ({', '.join(of)})" for part, of in choose["of"].items())
        lines += ["", f"Of the parts, the best {choose['best']} count: {parts}."]
    for name, question in result["questions"].items():
        told = [
            *question["hints"],
            *(f"Your code: {_plain(e)}" for e in question.get("errors", [])),
        ]
        if told:
            lines += ["", f"## {name}", "", *(f"- {text}" for text in told)]
    if result["notes"]:
        lines += ["", "## When the notebook ran", ""]
        lines += [f"- {_plain(note)}" for note in result["notes"]]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text of a stranger, as text."""
    return " ".join(re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", text).split())
