"""One table of a class: homeworks, late days and participation, with all that is odd reported.

A folder holds what the instructor knows, as CSV with a line of headings:

roster.csv         Student, ID, SIS User ID, SIS Login ID, Section (Canvas exports it so)
participation.csv  student, percent
late.csv           student, homework, days        (only those who were late)
written.csv        student, homework, question, points
course.toml        weights and late days, where they differ from the defaults below

A student is named by any of the three ids. Marks come from `make grade`. Rows that cannot be used
are listed with file, line and reason, and what they would have said stays open: nothing is
dropped, and nothing is guessed.
"""

import csv
import json
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
UNKNOWN = "NOT IN THE ROSTER"


@dataclass(frozen=True)
class Policy:
    """How a course counts. `course.toml` overrides each by its name."""

    homework_weight: float = 18.0  # percent, each
    participation_weight: float = 10.0
    homeworks: int = 5
    late_days: int = 8  # in the whole course
    late_days_each: int = 3  # at most, for one homework; beyond, it counts nothing


@dataclass
class Problem:
    """A row that could not be used, or a mark that is open."""

    file: str
    line: int
    reason: str
    row: str = ""


@dataclass
class Book:
    """What was read so far, and what was odd about it."""

    policy: Policy
    students: dict[str, dict[str, str]] = field(default_factory=dict)  # by Canvas ID
    names: dict[str, str] = field(default_factory=dict)  # any id -> Canvas ID
    problems: list[Problem] = field(default_factory=list)
    open: set[tuple[Any, ...]] = field(default_factory=set)  # marks that odd rows made unclear

    def student(self, named: str, where: Problem) -> str:
        """The Canvas ID behind any id; a stranger gets a row of their own, and is reported."""
        named = named.strip()
        if named in self.names:
            return self.names[named]
        where.reason = f"no such student in the roster: {named!r}"
        self.problems.append(where)
        if named:
            blank = dict.fromkeys(CANVAS, "")
            self.students.setdefault(named, {**blank, "Student": UNKNOWN, "SIS Login ID": named})
            self.names[named] = named
        return named


def rows(path: Path, wanted: list[str], book: Book) -> Iterator[tuple[dict[str, str], Problem]]:
    """The rows of a CSV file with the place of each; odd ones are reported."""
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        heads = [head.strip() for head in next(reader, [])]
        if missing := [name for name in wanted if name not in heads]:
            book.problems.append(Problem(path.name, 1, f"columns missing: {', '.join(missing)}"))
            return
        for cells in reader:
            place = Problem(path.name, reader.line_num, "", ",".join(cells))
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(heads):
                place.reason = f"{len(cells)} cells, the heading has {len(heads)}"
                book.problems.append(place)
                continue
            yield dict(zip(heads, (cell.strip() for cell in cells), strict=True)), place


def number(text: str, low: float, high: float, where: Problem, book: Book) -> float | None:
    """A number within its range, or nothing and a report."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if low <= value <= high:
        return value
    where.reason = f"expected a number from {low:g} to {high:g}, found {text!r}"
    book.problems.append(where)
    return None


def read_roster(folder: Path, book: Book) -> None:
    path = folder / "roster.csv"
    if not path.exists():
        raise FileNotFoundError(f"{path}: export the gradebook of Canvas and keep {CANVAS}")
    for row, place in rows(path, CANVAS, book):
        if row["Student"].startswith("Points Possible") or row["Student"] == "Student, Test":
            continue
        ids = [row[name] for name in CANVAS[1:4] if row[name]]
        taken = [name for name in ids if book.names.get(name, row["ID"]) != row["ID"]]
        if not row["ID"] or row["ID"] in book.students or taken:
            place.reason = "no ID, or an id that another row has"
            book.problems.append(place)
            continue
        book.students[row["ID"]] = {name: row[name] for name in CANVAS}
        book.names |= dict.fromkeys(ids, row["ID"])


def table(
    folder: Path, path: Path, keys: list[str], value: str, top: Any, book: Book
) -> dict[tuple[str, ...], float]:
    """A value for each key, such as the days of (student, homework); twice the same is reported.

    ``top`` gives the key's proper form without the student, and the largest value allowed.
    """
    found: dict[tuple[str, ...], float] = {}
    first: dict[tuple[str, ...], Problem] = {}
    for row, place in rows(path, [*keys, value], book):
        try:
            rest, high = top(*(row[name] for name in keys[1:]))
        except KeyError as error:
            place.reason = f"no such homework or question: {error}"
            book.problems.append(place)
            continue
        key = (book.student(row["student"], place), *rest)
        if key in first:
            place.reason = f"the same as line {first[key].line}: neither counts"
            book.problems.append(place)
            found.pop(key, None)
            book.open.add((value, *key))
            continue
        first[key] = place
        amount = number(row[value], 0, high, place, book)
        if amount is None:
            book.open.add((value, *key))
        else:
            found[key] = amount
    return found


@dataclass
class Mark:
    """A student's homework: percent, or nothing and why."""

    percent: float | None
    days: float = 0.0
    note: str = ""


class Homeworks:
    """The homeworks that were marked, and their results."""

    def __init__(self, built: Path) -> None:
        abouts = [json.loads(p.read_text("utf-8")) for p in sorted(built.glob("*/homework.json"))]
        folders = {about["name"]: built / about["name"] / "results" for about in abouts}
        held = [about for about in abouts if folders[about["name"]].exists()]
        self.about = {about["name"]: about for about in sorted(held, key=lambda a: a["number"])}
        self.folders = folders

    def question(self, name: str, question: str) -> tuple[tuple[str, str], float]:
        """A written question, its homework by its proper name, and its points."""
        homework = self.named(name)
        about = self.about[homework]["questions"][question]
        if not about["manual"]:
            raise KeyError(f"{question} is marked by its tests")
        return (homework, question), float(about["points"])

    def named(self, name: str) -> str:
        """A homework by its name or its number."""
        for known, about in self.about.items():
            if name in (known, str(about["number"]), known.replace("_", "-")):
                return str(known)
        raise KeyError(name)

    def results(self, book: Book) -> dict[tuple[str, str], dict[str, Any]]:
        found = {}
        for name in self.about:
            for path in sorted(self.folders[name].glob("*.json")):
                place = Problem(f"{name}/{path.name}", 1, "")
                try:
                    result = json.loads(path.read_text("utf-8"))
                except ValueError as error:
                    place.reason = f"no result: {error}"
                    book.problems.append(place)
                    continue
                student = book.student(path.stem, place)
                if (student, name) in found:
                    place.reason = "a second notebook of this student: neither counts"
                    book.problems.append(place)
                    result = {**result, "points": None}
                elif result["problem"]:
                    reason = f"{result['submission']}: {result['problem']}"
                    book.problems.append(Problem(place.file, 1, reason))
                found[student, name] = result
        return found


def marks(folder: Path, homeworks: Homeworks, book: Book) -> dict[tuple[str, str], Mark]:
    """The mark of every student in every homework that was held."""
    results = homeworks.results(book)

    def any_days(homework: str) -> tuple[tuple[str], float]:
        return (homeworks.named(homework),), math.inf

    days = table(folder, folder / "late.csv", ["student", "homework"], "days", any_days, book)
    keys = ["student", "homework", "question"]
    written = table(folder, folder / "written.csv", keys, "points", homeworks.question, book)
    unclear = {key[1:] for key in book.open if key[0] == "days"}
    found: dict[tuple[str, str], Mark] = {}
    for student in list(book.students):
        used = 0.0
        for name, about in homeworks.about.items():
            late = days.get((student, name), 0.0)
            mark = _mark(student, about, results.get((student, name)), written)
            mark.days = late
            if (student, name) in unclear:
                mark.percent, mark.note = None, "late days unclear"
            elif late > book.policy.late_days_each or used + late > book.policy.late_days:
                mark.percent, mark.note = 0.0, f"{late:g} days late: beyond what is allowed"
            else:
                used += late
            found[student, name] = mark
            if mark.note:
                who = book.students[student]["SIS Login ID"] or student
                book.problems.append(Problem(name, 0, f"{who}: {mark.note}"))
    return found


def _mark(student: str, about: Any, result: Any, written: dict[Any, float]) -> Mark:
    if result is None:
        return Mark(0.0, note="no submission")
    if result["points"] is None:
        return Mark(None, note="not marked")
    manual = [name for name, q in about["questions"].items() if q["manual"]]
    missing = [name for name in manual if (student, about["name"], name) not in written]
    read = {name: written[student, about["name"], name] for name in {*manual} - {*missing}}
    if not about.get("choose"):
        least = most = result["points"] + sum(read.values())
    else:
        tested = {n: q["points"] for n, q in result["questions"].items() if n not in manual}
        least = _best(about, {**dict.fromkeys(missing, 0.0), **read, **tested})
        full = {name: about["questions"][name]["points"] for name in missing}
        most = _best(about, {**full, **read, **tested})
        missing = missing if least < most else []  # the part that was left out need not be read
    if missing:
        return Mark(None, note=f"not read yet: {', '.join(missing)}")
    return Mark(100 * least / about["points"])


def _best(about: Any, points: dict[str, float]) -> float:
    """The points of the best parts, where some of several count, and of all other questions."""
    parts = about["choose"]["of"].values()
    sums = sorted((sum(points.pop(name) for name in part) for part in parts), reverse=True)
    return sum(points.values()) + sum(sums[: about["choose"]["best"]])


def make(folder: Path, built: Path, out: Path) -> list[Problem]:
    """Write gradebook.csv, canvas.csv and problems.csv; returns the problems."""
    settings = folder / "course.toml"
    own = tomllib.loads(settings.read_text("utf-8")) if settings.exists() else {}
    if unknown := own.keys() - Policy.__dataclass_fields__.keys():
        raise ValueError(f"{settings}: unknown settings {sorted(unknown)}")
    book, homeworks = Book(Policy(**own)), Homeworks(built)
    read_roster(folder, book)
    heard = participation(folder, book)
    found = marks(folder, homeworks, book)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "gradebook.csv", _gradebook(book, homeworks, found, heard))
    _write(out / "canvas.csv", _canvas(book, homeworks, found, heard))
    problems = [["file", "line", "problem", "row"]]
    problems += [[p.file, str(p.line or ""), p.reason, p.row] for p in book.problems]
    _write(out / "problems.csv", problems)
    return book.problems


def participation(folder: Path, book: Book) -> dict[str, float]:
    path = folder / "participation.csv"
    found = table(folder, path, ["student"], "percent", lambda: ((), 100.0), book)
    if path.exists():
        for student, about in book.students.items():
            told = (student,) in found or ("percent", student) in book.open
            if not told and about["Student"] != UNKNOWN:
                who = about["SIS Login ID"] or student
                book.problems.append(Problem(path.name, 0, f"{who}: no participation"))
    return {student: percent for (student,), percent in found.items()}


def _total(student: str, book: Book, homeworks: Homeworks, found: Any, heard: Any) -> str:
    """Percent of what was held so far; open where a part of it is open."""
    parts = [
        (book.policy.homework_weight, found[student, name].percent) for name in homeworks.about
    ]
    if heard:
        parts.append((book.policy.participation_weight, heard.get(student)))
    if not parts or any(percent is None for _, percent in parts):
        return ""
    return _text(sum(w * p for w, p in parts) / sum(w for w, _ in parts))


def _text(percent: float | None) -> str:
    return "" if percent is None else f"{percent:.2f}"


def _gradebook(book: Book, homeworks: Homeworks, found: Any, heard: Any) -> list[list[str]]:
    heads = [*CANVAS]
    for about in homeworks.about.values():
        title = f"Homework {about['number']}"
        heads += [title, f"{title}: late days", f"{title}: note"]
    weight = book.policy.homework_weight * len(homeworks.about)
    weight += book.policy.participation_weight if heard else 0
    lines = [[*heads, "Participation", f"Total of the {weight:g} % held so far", "Late days left"]]
    for student, about in book.students.items():
        line = [about[name] for name in CANVAS]
        for name in homeworks.about:
            mark = found[student, name]
            line += [_text(mark.percent), f"{mark.days:g}", mark.note]
        late = (found[student, name] for name in homeworks.about)
        left = book.policy.late_days - sum(m.days for m in late if "beyond" not in m.note)
        line += [_text(heard.get(student)), _total(student, book, homeworks, found, heard)]
        lines.append([*line, f"{left:g}"])
    return lines


def _canvas(book: Book, homeworks: Homeworks, found: Any, heard: Any) -> list[list[str]]:
    """The table that Canvas imports: percent, out of 100; an empty cell changes nothing there."""
    titles = [f"Homework {about['number']}" for about in homeworks.about.values()]
    titles += ["Participation"] if heard else []
    lines = [[*CANVAS, *titles], ["    Points Possible", "", "", "", "", *["100"] * len(titles)]]
    for student, about in book.students.items():
        if about["Student"] == UNKNOWN:
            continue
        line = [about[name] for name in CANVAS]
        line += [_text(found[student, name].percent) for name in homeworks.about]
        lines.append([*line, *([_text(heard.get(student))] if heard else [])])
    return lines


def _write(path: Path, lines: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([_safe(cell) for cell in line] for line in lines)


def _safe(cell: str) -> str:
    """A spreadsheet must not take a stranger's text for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "@") or cell[:2] == "-=" else cell
