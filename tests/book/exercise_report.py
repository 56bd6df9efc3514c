"""The checkers of all chapters in one report: `make exercises`, or `make exercises C=PART/SLUG`.

For each exercise: whether its checker accepts the solution, rejects the starter, and rejects wrong
answers, each with the hint that is meant for it. The exit code is 1 when one does not.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "ext")]  # as pytest is told in pyproject.toml

from chapters import Chapter, is_chapter  # noqa: E402
from exercises import SOLUTION, STARTER, WRONG_ANSWER, Fault, Wrong, faults, wrong_answers  # noqa: E402

from tools.pages import Project  # noqa: E402

Report = tuple[list[str], list[str]]  # a line for each exercise, and one for each fault
HEAD = ("solution", "starter", "wrong answers")


def report(project: Project, docname: str, wrong: Wrong | None = None) -> Report:
    """What the checkers of a chapter do with every kind of answer."""
    exercises = Chapter(docname, project.source(docname).read_text(encoding="utf-8")).exercises()
    wrong = wrong_answers(docname) if wrong is None else wrong
    try:
        found = faults(project, docname, wrong)
    except Exception as error:  # of whatever kind: it is told, and the other chapters go on
        every = [e.label for e in exercises]
        text = f"the page does not run: {str(error).strip().splitlines()[-1]}"
        found = [Fault(label, kind, text) for label in every for kind in (SOLUTION, STARTER)]
    red = {(fault.label, fault.answer) for fault in found}
    lines = []
    for exercise in exercises:
        hints = {hint for _, hint in wrong.get(exercise.label, [])}
        verdicts = [
            "NOT ACCEPTED" if (exercise.label, SOLUTION) in red else "accepted",
            "NOT REJECTED" if (exercise.label, STARTER) in red else "rejected",
            "NOT AS MEANT" if (exercise.label, WRONG_ANSWER) in red else "rejected",
        ]
        if not exercise.starter:
            verdicts, hints = ["no checker", "", ""], set()
            if exercise.kind == "code":
                found.append(Fault(exercise.label, STARTER, "code without a starter cell"))
        said = "  ".join(f"{verdict:12}" for verdict in verdicts)
        count = f"{len(hints)} hints" if hints else ""
        lines.append(f"  {exercise.label:36} {exercise.kind:6} {said}  {count}".rstrip())
    return lines, list(dict.fromkeys(f"{docname}: {f.label}: {f.text}" for f in found))


def main(arguments: list[str], project: Project | None = None) -> int:
    project = project or Project(ROOT)
    wanted = [f"book/{slug}" for slug in arguments] or project.docnames()
    if unknown := [name for name in wanted if not project.source(name).is_file()]:
        print(f"no such chapter: {', '.join(unknown)}")
        return 1
    wanted = [name for name in wanted if is_chapter(project.source(name))]
    every, count = [], 0
    print(f"  {'':36} {'':6} {'  '.join(f'{head:12}' for head in HEAD)}")
    with ProcessPoolExecutor(max_workers=min(len(wanted), os.cpu_count() or 1)) as pool:
        for docname, done in zip(wanted, pool.map(partial(report, project), wanted), strict=True):
            lines, found = done
            print("\n".join([docname.removeprefix("book/"), *lines]), flush=True)
            every, count = every + found, count + len(lines)
    chapters = "1 chapter" if len(wanted) == 1 else f"{len(wanted)} chapters"
    print("\n".join([f"{count} exercises in {chapters}, {len(every)} faults", *every]))
    return 1 if every else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
