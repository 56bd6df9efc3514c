"""Notebooks as students might hand them in, made from a source."""

import runpy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.homework.source import Homework, starter

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "book" / "homework").glob("*.md"))
TOY = Path(__file__).parent / "toy.md"
LEAST_WRONG = 3

Wrong = dict[str, list[tuple[str, float, str]]]


def wrong_solutions(name: str) -> Wrong:
    path = Path(__file__).parent / "wrong" / f"{name}.py"
    found: Wrong = runpy.run_path(str(path))["WRONG"] if path.exists() else {}
    return found


def notebook(homework: Homework, answers: dict[str, str], before: str = "") -> NotebookNode:
    """A submission: ``answers`` in place of the solution cells, starters where there is none."""
    cells, answered = [before] if before else [], set[str]()
    for part in homework.parts:
        if part.kind != "code" or part.role == "tests":
            continue
        if part.role != "solution":
            cells.append(part.text)
        elif part.question not in answers:
            cells.append(starter(part.text))
        elif part.question not in answered:
            answered.add(part.question)
            cells.append(answers[part.question])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def reference(homework: Homework) -> dict[str, str]:
    """Our own answers, by question."""
    found: dict[str, str] = {}
    for part in homework.parts:
        if part.kind == "code" and part.role == "solution":
            found[part.question] = f"{found.get(part.question, '')}\n\n{part.text}".strip()
    return found


def hand_in(folder: Path, student: str, book: NotebookNode) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, folder / f"{student}.ipynb")
