"""Mark one submission with the tests of its autograder archive."""

import io
import json
import re
import time
import types
import warnings
import zipfile
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat

from tools.homework.jail import Limits
from tools.homework.remote import Student, StudentFault

LARGEST = 20_000_000  # bytes of a notebook
_OTTER = re.compile(r"otter\.Notebook\(|^grader\.check", re.M)  # the students' own checks
FORMAT = 1  # of the results: a change has all marked anew


class Kit:
    """What marking a homework takes: its tests, its own cells run once, and its limits."""

    def __init__(self, folder: Path, root: Path, limits: Limits | None = None) -> None:
        self.folder, self.root = folder, root
        self.about: dict[str, Any] = json.loads((folder / "homework.json").read_text("utf-8"))
        own = self.about.get("limits", {})
        self.limits = limits or replace(Limits(), **own)
        archive = (folder / "autograder.zip").read_bytes()
        parts = (archive, json.dumps(asdict(self.limits)).encode(), str(FORMAT).encode())
        self.digest = sha256(b"\0".join(parts)).hexdigest()
        self.tests = dict(_test_files(folder / "autograder.zip"))
        self._names: dict[str, Any] | None = None

    def names(self) -> dict[str, Any]:
        """The names that the tests find: those of our own notebook, run once a worker."""
        if self._names is None:
            module = types.ModuleType("__main__")
            notebook = nbformat.read(self.folder / "solution.ipynb", as_version=4)
            for cell in notebook.cells:
                if cell.cell_type == "code" and not _OTTER.search(cell.source):
                    with redirect_stdout(io.StringIO()):
                        exec(compile(cell.source, "<homework>", "exec"), module.__dict__)
            self._names = module.__dict__
        return dict(self._names)


def _test_files(archive: Path) -> Any:
    """Otter's test files of an archive, by question."""
    with warnings.catch_warnings(action="ignore"):  # of the packages that otter brings
        from otter.test_files.ok_test import OKTestFile

    with zipfile.ZipFile(archive) as content:
        for path in content.namelist():
            if path.startswith("tests/") and path.endswith(".py"):
                found: dict[str, Any] = {}
                exec(content.read(path), found)
                yield found["test"]["name"], OKTestFile.from_spec(found["test"], path)


def key(submission: Path, kit: Kit) -> str:
    """What a result depends on: with the same key it need not be made again."""
    return sha256(submission.read_bytes() + kit.digest.encode()).hexdigest()[:24]


def grade(submission: Path, kit: Kit, namespaces: bool | None = None) -> Any:
    """The result of one submission, as it is kept: points, hints, notes."""
    start = time.monotonic()
    result: dict[str, Any] = {"submission": submission.name, "homework": kit.about["name"]}
    result |= {"key": key(submission, kit), "notes": [], "problem": "", "questions": {}}
    try:
        cells = read_cells(submission, kit, result["notes"])
    except ValueError as error:
        result["problem"], cells = str(error), None
    student = Student(cells or [], kit.limits, kit.root, namespaces)
    try:
        for name, about in kit.about["questions"].items():
            if about["manual"]:
                result["questions"][name] = {"points": None, "of": about["points"], "hints": []}
            else:
                alive = cells is not None
                result["questions"][name] = _question(name, kit, student if alive else None)
        result["kept"] = {name: _kept(student, name) for name in kit.about["keep"]}
    finally:
        student.close()
    result["notes"] += student.notes
    marked = [q for q in result["questions"].values() if q["points"] is not None]
    result["points"] = round(sum(q["points"] for q in marked), 4)
    result["of"] = sum(q["of"] for q in marked)
    result["seconds"] = round(time.monotonic() - start, 1)
    result["processor_seconds"] = round(student.worked, 1)
    return result


def read_cells(submission: Path, kit: Kit, notes: list[str]) -> list[str]:
    """The code of a notebook; ``ValueError`` when it is none."""
    if submission.stat().st_size > LARGEST:
        raise ValueError(f"the file is larger than {LARGEST // 1_000_000} MB")
    try:
        notebook = nbformat.read(submission, as_version=4)
        cells = [str(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:
        raise ValueError(f"no notebook: {type(error).__name__}: {str(error)[:200]}") from None
    named = notebook.metadata.get("otter", {})
    if (
        isinstance(named, dict)
        and named.get("assignment_name", kit.about["name"]) != (kit.about["name"])
    ):
        notes.append(f"this is the notebook of {named['assignment_name']!r}")
    return cells


def _question(name: str, kit: Kit, student: Student | None) -> dict[str, Any]:
    """Run the tests of a question against a student's process."""
    tests, of = kit.tests[name], kit.about["questions"][name]["points"]
    if student is None:
        return {"points": 0, "of": of, "hints": [], "errors": []}
    names = kit.names()
    try:
        student.ready()
        for answer in kit.about["answers"]:
            try:
                names[answer] = student.get(answer)
            except StudentFault:
                raise
            except Exception:  # it is not there, or cannot be read, which the errors say
                names.pop(answer, None)
        student.take_errors()
        tests.run(names)
    except StudentFault as fault:
        return {"points": 0, "of": of, "hints": [], "errors": [str(fault)]}
    errors = student.take_errors()
    failed = [r.test_case for r in tests.test_case_results if not r.passed]
    hints = [case.failure_message for case in failed if case.failure_message]
    points = round(float(tests.score), 4)
    # where all passed, an error was what a test had asked for
    return {
        "points": points,
        "of": of,
        "hints": list(dict.fromkeys(hints)),
        "errors": errors if failed else [],
    }


def _kept(student: Student, name: str) -> dict[str, str]:
    """A value that the instructor wants to see, with the seal that a student may have posted."""
    try:
        text = repr(student.get(name))
    except (StudentFault, KeyError, ValueError):
        text = ""
    return {"value": text[:2000], "seal": sha256(text.encode()).hexdigest()[:12]}
