"""Run the checkers of a chapter's exercises on the starter, the solution and wrong answers.

``wrong_answers/<slug>.py`` (underscores for hyphens) defines ``WRONG``: for each label of an
exercise with code a list of (answer, part of the hint). An answer is the code that a reader would
put into the starter cell, with or without the call of the checker at its end.
"""

import ast
import runpy
import subprocess
from pathlib import Path
from typing import NamedTuple

import nbformat
from chapters import Chapter, Exercise
from nbclient import NotebookClient
from nbformat import NotebookNode

from tools.execute import environment
from tools.pages import Project, tags

Wrong = dict[str, list[tuple[str, str]]]
LEAST_WRONG = 2
RIGHT, NOT_YET = "✓ Right.", "✗ Not yet."
SOLUTION, STARTER, WRONG_ANSWER = "solution", "starter", "wrong answer"


def wrong_answers(docname: str) -> Wrong:
    slug = docname.rsplit("/", 1)[-1].replace("-", "_")
    path = Path(__file__).parent / "wrong_answers" / f"{slug}.py"
    found: Wrong = runpy.run_path(str(path))["WRONG"] if path.exists() else {}
    return found


class Fault(NamedTuple):
    """What a checker does wrongly with one kind of answer."""

    label: str
    answer: str
    text: str


def judge(project: Project, docname: str, wrong: Wrong | None = None) -> list[str]:
    """What is wrong with the checkers of a chapter: one line for each fault."""
    return [f"{docname}: {f.label}: {f.text}" for f in faults(project, docname, wrong)]


def faults(project: Project, docname: str, wrong: Wrong | None = None) -> list[Fault]:
    """What the checkers of a chapter do wrongly."""
    chapter = Chapter(docname, project.source(docname).read_text(encoding="utf-8"))
    exercises = {e.label: e for e in chapter.exercises() if e.starter}
    wrong = wrong_answers(docname) if wrong is None else wrong
    unknown = "wrong answers for an unknown exercise"
    found = [Fault(label, WRONG_ANSWER, unknown) for label in wrong.keys() - exercises]
    for label in exercises:
        hints = {hint for _, hint in wrong.get(label, [])}
        if len(hints) < LEAST_WRONG:
            too_few = f"at least {LEAST_WRONG} wrong answers, each with its own hint"
            found.append(Fault(label, WRONG_ANSWER, too_few))
    page, asked = _with_answers(chapter, exercises, wrong)
    page.cells = without_idlers(page.cells, {id(cell) for cell, *_ in asked})
    _run(page, project, docname)
    for cell, label, kind, expected in asked:
        verdict = _verdict(cell)
        if expected not in verdict:
            text = f"the {kind} should give {expected!r}, found {verdict!r}"
            found.append(Fault(label, kind, text))
    return found


Asked = list[tuple[NotebookNode, str, str, str]]


def _with_answers(
    chapter: Chapter, exercises: dict[str, Exercise], wrong: Wrong
) -> tuple[NotebookNode, Asked]:
    """The page with every starter cell preceded by the other answers to it."""
    by_starter = {exercise.starter: exercise for exercise in exercises.values()}
    cells: list[NotebookNode] = []
    asked: Asked = []
    for cell in chapter.page.cells:
        if cell.cell_type != "code":
            continue
        exercise = by_starter.get(cell.source) if "starter" in tags(cell) else None
        if exercise:
            label = exercise.label
            answers = [(code, WRONG_ANSWER, f"{NOT_YET} ") for code, _ in wrong.get(label, [])]
            hints = [hint for _, hint in wrong.get(label, [])]
            answers += [(exercise.solution_code, SOLUTION, RIGHT)]
            for number, (code, kind, expected) in enumerate(answers):
                answer = nbformat.v4.new_code_cell(_complete(code, exercise.starter))
                cells.append(answer)
                asked.append((answer, label, kind, expected))
                if number < len(hints):
                    asked.append((answer, label, kind, hints[number]))
            asked.append((cell, label, STARTER, NOT_YET))
        cells.append(cell)
    chapter.page.cells = cells
    return chapter.page, asked


def without_idlers(cells: list[NotebookNode], kept: set[int]) -> list[NotebookNode]:
    """The cells named in ``kept`` (by ``id``) and those on which they depend.

    The build and nbval run the page as a whole. Here a cell stays if it binds a name that a later
    one needs, or reads such a variable (it may train a network in place) and is no figure or claim.
    """
    found: list[NotebookNode] = []
    needed: set[str] = set()
    trees = {id(cell): ast.parse(cell.source) for cell in cells}
    statements = [statement for tree in trees.values() for statement in tree.body]
    fixed = set().union(*(_names(s)[1] for s in statements if isinstance(s, _DEFINITIONS)))
    for cell in reversed(cells):
        body = trees[id(cell)].body
        read, bound = (set().union(*sets) for sets in zip(*map(_names, body), strict=True))
        shows = "figure" in cell.metadata.get("mystnb", {}) or "check" in read
        touches = not shows and bool(read & needed - fixed)
        if id(cell) in kept or bound & needed or touches:
            found.append(cell)
            for statement in reversed(body):
                reads, binds = _names(statement)
                if isinstance(statement, ast.Assign):  # whatever stood there before is gone
                    needed -= binds
                needed |= reads
    return found[::-1]


_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def _names(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Global names that a statement reads, and that it binds."""
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    for node in ast.walk(statement):
        if isinstance(node, ast.comprehension):
            inner = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            read, bound = read - inner, bound - inner
        elif isinstance(node, ast.Lambda):
            read -= {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
    if isinstance(statement, ast.FunctionDef):
        local = bound | {arg.arg for arg in ast.walk(statement.args) if isinstance(arg, ast.arg)}
        return read - local, {statement.name}
    if isinstance(statement, ast.ClassDef):
        return read - bound, {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        bound = {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return read, bound


def _complete(code: str, starter: str) -> str:
    """An answer, with the starter's last line (the call of the checker) if it has none."""
    call = ast.parse(starter).body[-1]
    checker = ast.unparse(call).split("(", 1)[0]
    last = ast.parse(code).body[-1:]
    if last and ast.unparse(last[0]).startswith(checker):
        return code
    return f"{code.rstrip()}\n\n{ast.unparse(call)}"


def _run(page: NotebookNode, project: Project, docname: str) -> None:
    folder = str(project.source(docname).parent)
    client = NotebookClient(
        page, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute(env=environment(project.root), stderr=subprocess.DEVNULL)


def _verdict(cell: NotebookNode) -> str:
    texts = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return next((text for text in reversed(texts) if text.startswith((RIGHT, NOT_YET))), "")
