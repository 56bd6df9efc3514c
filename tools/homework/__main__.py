"""Homework from one source: notebooks, archives, marks.

python -m tools.homework build [NAME ...]             notebooks and archives, in _build/homework
python -m tools.homework grade NAME FOLDER            mark the notebooks of a folder
python -m tools.homework gradebook FOLDER             one table of the class, and a CSV for Canvas
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from tools.homework import assign, batch, gradebook
from tools.homework import grade as marking
from tools.homework.grade import Kit
from tools.homework.source import HomeworkError


def build(root: Path, names: list[str]) -> None:
    """Write all homeworks, or those named, and try each on its own solution and starter."""
    found = assign.sources(root, names)
    for number, path in enumerate(found, 1):
        start = time.monotonic()
        out = assign.build(path, root)
        points = try_out(out, root)
        seconds = time.monotonic() - start
        place = f"{path.stem}, {points:g} points by tests, in {out.relative_to(root)}"
        print(f"  {number}/{len(found)}  {seconds:5.1f} s  {place}", flush=True)


def try_out(out: Path, root: Path) -> float:
    """Mark the solution, which must get all points, and the starter, which must get none."""
    sys.path.insert(0, str(root / "src"))
    kit = Kit(out, root)
    (student,) = (out / "student").glob("*.ipynb")
    solution, starter = marking.grade(out / "solution.ipynb", kit), marking.grade(student, kit)
    faults = []
    for name, found in solution["questions"].items():
        if found["points"] is None:
            continue
        if found["points"] < found["of"]:
            why = "; ".join([*found["errors"], *found["hints"]])
            faults.append(
                f"{name}: our solution gets {found['points']:g} of {found['of']:g}: {why}"
            )
        if got := starter["questions"][name]["points"]:
            faults.append(f"{name}: the starter gets {got:g} points")
    if faults:
        raise HomeworkError("\n".join([f"{kit.about['source']}:", *faults, *solution["notes"]]))
    return float(solution["points"])


def grade(root: Path, name: str, folder: Path, **options: Any) -> None:
    kit = root / assign.TARGET / name.replace("-", "_")
    if not (kit / "homework.json").exists():
        raise HomeworkError(f"{name} is not built: run `make homework` first")
    batch.run(folder, kit, root, **options)
    print(f"Results and feedback: {kit}")


def book(root: Path, folder: Path) -> None:
    out = root / assign.TARGET / "gradebook"
    problems = gradebook.make(folder, root / assign.TARGET, out)
    for problem in problems:
        line = f":{problem.line}" if problem.line else ""
        print(f"  {problem.file}{line}: {problem.reason}")
    print(f"Written: {out}; {len(problems)} lines need your eye" if problems else f"Written: {out}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.homework", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=("build", "grade", "gradebook"))
    parser.add_argument("names", nargs="*", help="see above")
    parser.add_argument("--root", type=Path, default=Path.cwd())
    parser.add_argument("--workers", type=int, default=0, help="at a time; default: the cores")
    parser.add_argument("--again", action="store_true", help="mark also what was marked before")
    text = "mark without namespaces: every notebook can then do what you can"
    parser.add_argument("--trusting", action="store_true", help=text)
    options = parser.parse_args(arguments)
    root, names = options.root.resolve(), options.names
    wanted = {"grade": 2, "gradebook": 1}.get(options.command, len(names))
    if len(names) != wanted:
        parser.error(f"{options.command}: expected {wanted} arguments, found {len(names)}")
    try:
        if options.command == "build":
            build(root, names)
        elif options.command == "grade":
            chosen = {key: getattr(options, key) for key in ("workers", "again", "trusting")}
            grade(root, names[0], Path(names[1]), **chosen)
        else:
            book(root, Path(names[0]))
    except (HomeworkError, FileNotFoundError, ValueError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
