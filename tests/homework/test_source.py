"""Faults of a source are found, with their lines; students see what they may."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from kits import ROOT, SOURCES, TOY

from tools.homework import assign
from tools.homework.source import HomeworkError, page, read, starter

TEXT = TOY.read_text(encoding="utf-8")
TEST = '""" # BEGIN TEST CONFIG\npoints: 1\nhidden: false'


def raw(marker: str) -> str:
    return f"```{{raw-cell}}\n{marker}\n```\n"


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


FAULTS = {
    "no END QUESTION": (raw("# END QUESTION"), "", "# BEGIN QUESTION", "is a marker END missing"),
    "no BEGIN TESTS": (raw("# BEGIN TESTS"), "", "# END TESTS", "END TESTS has no BEGIN TESTS"),
    "no END TESTS": (raw("# END TESTS"), "", "# BEGIN TESTS", "BEGIN TESTS has no END TESTS"),
    "no END SOLUTION": (
        raw("# END SOLUTION"),
        "",
        "# BEGIN TESTS",
        "BEGIN TESTS inside the SOLUTION of line",
    ),
    "a misspelt marker": ("# BEGIN TESTS", "# BEGIN TEST", "# BEGIN TEST", "no marker"),
    "a test without points": ("points: 1\nhidden: false\n", "hidden: false\n", TEST[:24], "points"),
    "a test without a hint": (
        "failure_message: Three times one is three.\n",
        "",
        TEST[:24],
        "a test without `failure_message`",
    ),
    "a test that is neither hidden nor not": (
        "points: 1\nhidden: false\n",
        "points: 1\n",
        TEST[:24],
        "hidden: true",
    ),
    "no hidden test": ("hidden: true", "hidden: false", "# BEGIN QUESTION", "and hidden ones"),
    "tests that do not add up": (
        "points: 1\nhidden: false",
        "points: 2\nhidden: false",
        "# BEGIN QUESTION",
        "add up to 5 points, not 4",
    ),
    "a page that says other points": (
        "## Scale (4 points)",
        "## Scale (5 points)",
        "# BEGIN QUESTION",
        "has 4 points, its page says 5",
    ),
    "a total that does not add up": ("points: 10", "points: 11", "---", "says 11 points"),
    "a question without points": (
        "name: scale\npoints: 4",
        "name: scale",
        "# BEGIN QUESTION",
        "has no points",
    ),
    "a rubric that does not add up": (
        "  - 2 Something",
        "  - 3 Something",
        "# BEGIN QUESTION\nname: words",
        "adds up to 3 points, not 2",
    ),
    "no rubric": (
        "rubric:\n  - 2 Something is said\n",
        "",
        "# BEGIN QUESTION\nname: words",
        "has no rubric",
    ),
    "a name taken twice": (
        "name: ask_around",
        "name: scale",
        "# BEGIN QUESTION\nname: scale\npoints: 4\n```\n\n## Ask",
        "was taken in line",
    ),
    "a solution that students would get": (
        "    # BEGIN SOLUTION\n    return max(ask(k) for k in range(n))\n    # END SOLUTION",
        "    return max(ask(k) for k in range(n))",
        "def largest",
        "without a SOLUTION mark",
    ),
    "a solution outside its block": (
        "SCALE = 3.0",
        "SCALE = 3.0  # SOLUTION",
        "SCALE = 3.0  # SOLUTION",
        "outside a SOLUTION block",
    ),
    "half a mark": (
        "    # END SOLUTION\n\n\nloot",
        "\n\nloot",
        "def scale",
        "do not pair up",
    ),
    "no Python": ("SCALE = 3.0", "SCALE = = 3.0", "SCALE = = 3.0", "no Python"),
    "a magic": ("SCALE = 3.0", "%matplotlib inline", "%matplotlib", "magics"),
    "a role that notebooks lack": ("Say something.", "{cite}`x`", "{cite}`x`", "role `cite`"),
    "a cell without end": ("`" * 3 + "{raw-cell}\n# END QUESTION\n" + "`" * 3, "", "", ""),
    "an unknown limit": ("disk_mb", "disc_mb", "---", "disc_mb"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_with_its_line(tmp_path: Path, name: str) -> None:
    old, new, place, said = FAULTS[name]
    assert old in TEXT
    last = name == "a cell without end"
    text = TEXT[: TEXT.rindex("```")] if last else TEXT.replace(old, new, 1)
    path = tmp_path / "toy.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HomeworkError) as caught:
        read(path)
    if last:
        place, said = "# END QUESTION\n", "has no end"
        line = text[: text.rindex("```{raw-cell}")].count("\n") + 1
        assert f"{path}:{line}: " in str(caught.value)
        return
    line = line_of(text, place)
    found = [row for row in str(caught.value).splitlines() if said in row]
    assert found, caught.value
    numbers = [int(re.match(r".*?\.md:(\d+):", row)[1]) for row in found]  # type: ignore[index]
    assert min(abs(number - line) for number in numbers) <= 2 or "missing" in said, (line, found)


def test_the_whole_toy_has_no_fault() -> None:
    homework = read(TOY)
    assert homework.answers() == ["scale", "loot", "largest"]
    assert {q.name: q.points for q in homework.questions.values()} == {
        "scale": 4,
        "ask_around": 4,
        "words": 2,
    }


def chosen(folder: Path, choose: str, points: int) -> Path:
    """The toy, in which of two questions of four points one counts."""
    text = TEXT.replace("  points: 10\n", f"  points: {points}\n  choose: {choose}\n", 1)
    path = folder / "toy.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_of_several_parts_some_count(tmp_path: Path) -> None:
    path = chosen(tmp_path, "{best: 1, of: {one: [scale], two: [ask_around]}}", 6)
    about = json.loads((assign.build(path, ROOT, tmp_path / "out") / "homework.json").read_text())
    assert about["choose"] == {"best": 1, "of": {"one": ["scale"], "two": ["ask_around"]}}
    assert not assign._about(read(TOY), TOY)["choose"]


@pytest.mark.parametrize(
    ("choose", "points", "said"),
    [
        ("{best: 1, of: {one: [scale], two: [ask_around]}}", 10, "says 10 points; the questions"),
        ("{best: 1, of: {one: [scale], two: [words]}}", 6, "equal points"),
        ("{best: 2, of: {one: [scale], two: [ask_around]}}", 10, "equal points"),
        ("{best: 1, of: {one: [scale], two: [scale]}}", 6, "twice: scale"),
        ("{best: 1, of: {one: [scale], two: [nothing]}}", 6, "unknown or twice: nothing"),
        ("{best: 1}", 10, "`choose:` has"),
    ],
)
def test_a_faulty_choice_is_found(tmp_path: Path, choose: str, points: int, said: str) -> None:
    with pytest.raises(HomeworkError, match=re.escape(said)):
        read(chosen(tmp_path, choose, points))


def test_an_unknown_homework_is_named() -> None:
    with pytest.raises(HomeworkError, match="linear-models-four-ways"):
        assign.sources(ROOT, ["nonsense"])


@pytest.mark.parametrize("path", [TOY, *SOURCES], ids=lambda path: path.stem)
def test_page_and_notebook_show_the_same_starters(path: Path, tmp_path: Path) -> None:
    homework = read(path)
    made = assign.build(path, ROOT, tmp_path)
    (file,) = (made / "student").glob("*.ipynb")
    book = nbformat.read(file, as_version=4)
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    shown = page(path)
    for part in homework.parts:
        if part.kind == "code" and part.role == "solution":
            assert starter(part.text) in code
            assert starter(part.text) in shown
    again = assign.build(path, ROOT, tmp_path / "again")
    for name in ("autograder.zip", "student.zip", "solution.ipynb", "homework.json"):
        assert (made / name).read_bytes() == (again / name).read_bytes(), name
    assert "find_spec" in code[0]
    assert "otter-grader==" in code[0]
    assert "import otter" in code[1]
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert "{doc}" not in text
    assert "{homework-opening}" not in text
    for question in homework.questions.values():
        assert all(words in text for _, words in question.rubric)
