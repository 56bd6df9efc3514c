"""One table of a class: right sums, late days, and every odd row reported."""

import csv
import json
from pathlib import Path

import pytest

from tools.homework import gradebook
from tools.homework.__main__ import main
from tools.homework.gradebook import CANVAS, UNKNOWN, Problem

ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section
    Points Possible,,,,
"One, Ada",101,s101,ada,A
"Two, Ben",102,s102,ben,A
"Three, Cy",103,s103,cy,B
"Four, Di",104,s104,di,B
"""


class Course:
    """The files of an instructor and the results of marking, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.built, self.out = folder / "course", folder / "built", folder / "out"
        self.folder.mkdir()
        self.write("roster.csv", ROSTER)
        for number in (1, 2):
            name = f"hw_{number}"
            (self.built / name / "results").mkdir(parents=True)
            questions = {"q": {"points": 80, "manual": False}}
            questions["essay"] = {"points": 20, "manual": True}
            about = {"name": name, "number": number, "points": 100, "questions": questions}
            (self.built / name / "homework.json").write_text(json.dumps(about), encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def result(self, number: int, student: str, points: float | None, problem: str = "") -> None:
        about = {"points": points, "problem": problem, "submission": f"{student}.ipynb"}
        path = self.built / f"hw_{number}" / "results" / f"{student}.json"
        path.write_text(json.dumps(about), encoding="utf-8")

    def make(self) -> list[Problem]:
        return gradebook.make(self.folder, self.built, self.out)

    def table(self, name: str = "gradebook") -> dict[str, dict[str, str]]:
        with (self.out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return {row["SIS Login ID"]: row for row in csv.DictReader(file)}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    made = Course(tmp_path)
    for student, points in (("ada", 80), ("102", 60), ("s103", 40), ("di", 0)):
        made.result(1, student, points)
        made.result(2, student, points / 2)
    students = ("ada", "ben", "cy", "di")
    rows = [f"{s},{h},essay,{p}" for h in (1, 2) for s, p in zip(students, (20, 10, 5, 0))]  # noqa: B905
    made.write("written.csv", "\n".join(["student,homework,question,points", *rows]))
    made.write("participation.csv", "student,percent\nada,100\nben,50\n103,0\ndi,100\n")
    return made


def test_a_class_without_oddities(course: Course) -> None:
    assert course.make() == []
    table = course.table()
    assert [table[s]["Homework 1"] for s in ("ada", "ben", "cy", "di")] == [
        "100.00",
        "70.00",
        "45.00",
        "0.00",
    ]
    total = next(head for head in table["ada"] if head.startswith("Total"))
    assert total == "Total of the 46 % held so far"
    # 18 % each for 100 and 60, 10 % for 100, of the 46 % held so far
    assert float(table["ada"][total]) == pytest.approx(
        (18 * 100 + 18 * 60 + 10 * 100) / 46, abs=0.01
    )


def test_canvas_gets_its_five_columns_and_percent_out_of_a_hundred(course: Course) -> None:
    course.make()
    with (course.out / "canvas.csv").open(encoding="utf-8", newline="") as file:
        heads, possible, *students = csv.reader(file)
    assert heads == [*CANVAS, "Homework 1", "Homework 2", "Participation"]
    assert possible == ["    Points Possible", "", "", "", "", "100", "100", "100"]
    assert students[0] == ["One, Ada", "101", "s101", "ada", "A", "100.00", "60.00", "100.00"]
    assert len(students) == 4


def test_late_days_are_counted_and_limited(course: Course) -> None:
    course.write("late.csv", "student,homework,days\nada,1,3\nben,1,4\ncy,hw_1,3\ncy,2,3\n")
    course.write("course.toml", "late_days = 5\n")
    problems = " ".join(p.reason for p in course.make())
    table = course.table()
    assert table["ada"]["Homework 1"] == "100.00"
    assert table["ada"]["Late days left"] == "2"
    assert table["ben"]["Homework 1"] == "0.00"
    assert table["ben"]["Late days left"] == "5"
    assert table["cy"]["Homework 1"] == "45.00"
    assert table["cy"]["Homework 2"] == "0.00"
    assert "ben: 4 days late" in problems
    assert "cy: 3 days late" in problems


ODD = {
    "participation.csv": [
        ("student,percent\nada,much\n", 2, "found 'much'"),
        ("student,percent\nada,101\n", 2, "from 0 to 100"),
        ("student,percent\nada,nan\n", 2, "from 0 to 100"),
        ("student,percent\nada\n", 2, "1 cells"),
        ("student,percent\nada,50\nada,60\n", 3, "the same as line 2"),
        ("student,percent\neve,50\n", 2, "no such student"),
        ("name,percent\nada,50\n", 1, "columns missing: student"),
    ],
    "late.csv": [
        ("student,homework,days\nada,7,1\n", 2, "no such homework"),
        ("student,homework,days\nada,1,-1\n", 2, "from 0"),
    ],
    "written.csv": [
        ("student,homework,question,points\nada,1,q,5\n", 2, "marked by its tests"),
        ("student,homework,question,points\nada,1,essay,21\n", 2, "from 0 to 20"),
        (
            "student,homework,question,points\nada,1,essay,9\nada,hw-1,essay,9\n",
            3,
            "same as line 2",
        ),
    ],
    "roster.csv": [
        (ROSTER + '"Five, Ed",101,s105,ed,B\n', 7, "another row has"),
        (ROSTER + '"Five, Ed",,s105,ed,B\n', 7, "no ID"),
    ],
}


@pytest.mark.parametrize(("file", "case"), [(f, c) for f, cases in ODD.items() for c in cases])
def test_odd_rows_are_reported_with_their_line(
    course: Course, file: str, case: tuple[str, int, str]
) -> None:
    text, line, reason = case
    course.write(file, text)
    found = [p for p in course.make() if p.file == file and reason in p.reason]
    assert [p.line for p in found] == [line]
    with (course.out / "problems.csv").open(encoding="utf-8", newline="") as rows:
        assert any(reason in row["problem"] for row in csv.DictReader(rows))


def test_what_odd_rows_would_have_said_stays_open(course: Course) -> None:
    course.write("late.csv", "student,homework,days\nada,1,one\n")
    course.make()
    row = course.table()["ada"]
    assert (row["Homework 1"], row["Homework 1: note"]) == ("", "late days unclear")
    assert [v for k, v in row.items() if k.startswith("Total")] == [""]


def test_unmarked_unread_missing_and_unknown_submissions(course: Course) -> None:
    course.result(1, "ada", None, "not marked: the grader itself was ended")
    (course.built / "hw_1" / "results" / "di.json").unlink()
    course.result(1, "stranger", 80)
    (course.built / "hw_2" / "results" / "ada.json").write_text("{", encoding="utf-8")
    reasons = " | ".join(f"{p.file}: {p.reason}" for p in course.make())
    table = course.table()
    assert table["ada"]["Homework 1"] == ""
    assert "the grader itself" in reasons
    assert table["di"]["Homework 1"] == "0.00"
    assert "di: no submission" in reasons
    assert table["stranger"]["Student"] == UNKNOWN
    assert "'stranger'" in reasons
    assert "ada.json: no result" in reasons
    assert "stranger" not in course.table("canvas")


def test_a_second_notebook_of_one_student_is_reported(course: Course) -> None:
    course.result(1, "101", 10)  # ada again, by her number
    assert any("a second notebook" in p.reason for p in course.make())
    assert course.table()["ada"]["Homework 1"] == ""


def test_no_roster_and_unknown_settings_are_errors(course: Course) -> None:
    course.write("course.toml", "late_day = 3\n")
    with pytest.raises(ValueError, match="late_day"):
        course.make()
    (course.folder / "course.toml").unlink()
    (course.folder / "roster.csv").unlink()
    with pytest.raises(FileNotFoundError, match="roster"):
        course.make()


def test_the_command_writes_and_lists(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "_build").mkdir()
    course.built.rename(tmp_path / "_build" / "homework")
    course.write("late.csv", "student,homework,days\nada,1,soon\n")
    assert main(["gradebook", str(course.folder), "--root", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "late.csv:2: expected a number" in said
    assert "2 lines need your eye" in said
    assert (tmp_path / "_build/homework/gradebook/canvas.csv").exists()


def test_a_cell_that_a_spreadsheet_would_run_is_text(course: Course) -> None:
    course.write("roster.csv", ROSTER.replace('"One, Ada"', "=1+1"))
    course.make()
    assert course.table()["ada"]["Student"] == "'=1+1"


def test_of_three_parts_the_best_two_count(course: Course) -> None:
    of = {part: [f"{part}_code", f"{part}_words"] for part in ("a", "b", "c")}
    questions = {"all": {"points": 40, "manual": False}}
    for code, words in of.values():
        questions |= {code: {"points": 20, "manual": False}, words: {"points": 10, "manual": True}}
    about = {"name": "hw_2", "number": 2, "points": 100, "questions": questions}
    about |= {"choose": {"best": 2, "of": of}}
    folder = course.built / "hw_2"
    (folder / "homework.json").write_text(json.dumps(about), encoding="utf-8")
    for student, *points in (("ada", 40, 20, 20, 20), ("ben", 40, 20, 0, 10), ("cy", 10, 5, 5, 0)):
        tested = dict(zip(("all", "a_code", "b_code", "c_code"), points, strict=True))
        result = {"problem": "", "points": sum(points), "submission": f"{student}.ipynb"}
        result["questions"] = {n: {"points": tested.get(n)} for n in questions}
        (folder / "results" / f"{student}.json").write_text(json.dumps(result), encoding="utf-8")
    (folder / "results" / "102.json").unlink()
    (folder / "results" / "s103.json").unlink()
    rows = ["ada,2,a_words,10", "ada,2,b_words,10", "ben,2,a_words,8", "ben,2,c_words,3"]
    rows += ["cy,2,a_words,1", "cy,2,b_words,2", "di,2,a_words,0", "di,2,b_words,0"]
    lines = ["student,homework,question,points", *rows]
    course.write("written.csv", "\n".join([*lines, *(f"{s},1,essay,0" for s in _STUDENTS)]))
    course.result(2, "di", None, "not marked")
    course.make()
    table = course.table()
    assert table["ada"]["Homework 2"] == "100.00"  # a third part, unread, can add nothing
    assert table["ben"]["Homework 2"] == "81.00"  # 40 + 28 + 13; the part left out was not read
    assert table["cy"]["Homework 2"] == ""  # unread words of the third part could still count
    assert "not read yet: c_words" in table["cy"]["Homework 2: note"]


_STUDENTS = ("ada", "ben", "cy", "di")
