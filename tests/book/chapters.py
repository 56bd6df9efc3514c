"""The structure that every chapter has, as a list of what is missing."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import self_check
import yaml
from nbformat import NotebookNode
from prose import naked_numbers

from tools.pages import code_cells, read_page, tags

LONGEST_CELL, SHARE_OF_SHORT_CELLS = 18, 0.9
SECTIONS = ("Overview", "Summary", "Self-check", "Exercises", "Further reading")
QUESTIONS = 5  # of a self-check
_HEADER = "`*Difficulty 2 of 5 · 10 minutes · code · objectives 1, 3*`"
KINDS = {"paper": 1, "code": 2, "open": 1}
_BLOCK = re.compile(r"^(`{3,}|:{3,})\{([\w-]+)\}[ \t]*([^\n]*)\n(.*?)^\1[ \t]*$", re.S | re.M)
_DIFFICULTY = re.compile(
    r"^\*Difficulty [1-5] of 5 · \d+ minutes · (paper|code|open) · objectives? (\d(?:, \d)*)\*$",
    re.M,
)
_PYTHON = re.compile(r"^(`{3,})python\n(.*?)^\1", re.S | re.M)


@dataclass(frozen=True)
class Exercise:
    """An exercise as the page has it."""

    label: str
    kind: str
    objectives: tuple[int, ...]
    starter: str
    solution: str
    solution_code: str


class Chapter:
    """The source of one page with front matter ``sdl``."""

    def __init__(self, docname: str, text: str) -> None:
        self.docname, self.text = docname, text
        self.page: NotebookNode = read_page(text, docname)
        self.front: dict[str, Any] = yaml.safe_load(text.split("---", 2)[1]) or {}
        self.cells = code_cells(self.page)

    def exercises(self) -> list[Exercise]:
        bodies, solutions = {}, {}
        for _, name, title, body in _BLOCK.findall(self.text):
            if name == "exercise":
                label = re.search(r"^:label: (\S+)$", body, re.M)
                bodies[label[1] if label else f"(no label: {title})"] = body
            elif name == "solution":
                solutions[title.strip()] = body
        starters = self._starters()
        headers = {label: _DIFFICULTY.search(body) for label, body in bodies.items()}
        return [
            Exercise(
                label,
                kind=(m[1] if (m := headers[label]) else ""),
                objectives=tuple(int(n) for n in m[2].split(", ")) if m else (),
                starter=starters.get(label, ""),
                solution=solutions.get(label, ""),
                solution_code=(p[2] if (p := _PYTHON.search(solutions.get(label, ""))) else ""),
            )
            for label in bodies
        ]

    def _starters(self) -> dict[str, str]:
        """The cells tagged `starter`, by the label of the exercise that stands before them."""
        found, label = {}, ""
        for cell in self.page.cells:
            if cell.cell_type == "markdown":
                labels = re.findall(r"\{exercise\}[^\n]*\n:label: (\S+)", cell.source)
                label = labels[-1] if labels else label
            elif "starter" in tags(cell):
                found[label] = cell.source
        return found


def is_chapter(path: Path) -> bool:
    """Whether a page is a chapter: its front matter says so."""
    text = path.read_text(encoding="utf-8")
    return text.startswith("---") and bool(re.search(r"^sdl:", text.split("---", 2)[1], re.M))


def faults(docname: str, text: str, docnames: list[str]) -> list[str]:
    """All that a chapter lacks."""
    chapter = Chapter(docname, text)
    checks = (_front_matter(chapter, docnames), _sections(chapter), _self_check(chapter))
    found = [fault for check in checks for fault in check]
    found += [*_cells(chapter), *_exercises(chapter), *_figures(chapter), *naked(chapter)]
    found += [f"to fill in: «{words}»" for words in re.findall(r"«([^»]*)»", text)]
    return [f"{docname}: {fault}" for fault in found]


def naked(chapter: Chapter) -> list[str]:
    """Numbers typed into the prose or into a caption."""
    captions = (_figure(cell).get("caption", "") for cell in chapter.cells)
    texts = [chapter.text, *captions, *chapter.front.get("sdl", {}).get("objectives", [])]
    return [f"a number that nothing binds: {n}" for text in texts for n in naked_numbers(text)]


def _front_matter(chapter: Chapter, docnames: list[str]) -> list[str]:
    sdl, found = chapter.front.get("sdl") or {}, []
    if not 3 <= len(sdl.get("objectives") or []) <= 5:
        found.append("front matter: 3 to 5 `sdl.objectives`")
    if not isinstance(sdl.get("minutes"), int):
        found.append("front matter: `sdl.minutes`, a whole number")
    unknown = [name for name in sdl.get("prerequisites") or [] if name not in docnames]
    if "prerequisites" not in sdl or unknown:
        found.append(f"front matter: `sdl.prerequisites`, pages of the book (unknown: {unknown})")
    return found


def _sections(chapter: Chapter) -> list[str]:
    text = "\n".join(c.source for c in chapter.page.cells if c.cell_type == "markdown")
    headings = re.findall(r"^## (.+?)\s*$", text, re.M)
    required = [heading for heading in headings if heading in SECTIONS]
    found = []
    if headings[:1] != ["Overview"] or required != list(SECTIONS):
        found.append(f"sections: `Overview` first, then {', '.join(SECTIONS[1:])} in this order")
    if len(re.findall(r"^# ", text, re.M)) != 1:
        found.append("exactly one title (`# `)")
    for directive in ("chapter-opening", "bibliography"):
        if f"{{{directive}}}" not in text:
            found.append(f"a directive `{{{directive}}}`")
    if not re.search(r"\$\$[ \t]*\([\w:-]+\)|\{math\}\n:label:", text):
        found.append("a numbered equation")
    if "{cite" not in text:
        found.append("a citation")
    return found


def _self_check(chapter: Chapter) -> list[str]:
    bodies = [body for _, name, _, body in _BLOCK.findall(chapter.text) if name == "self-check"]
    if len(bodies) != 1:
        return ["one directive `{self-check}`"]
    try:
        count = len(self_check.parse(bodies[0]))
    except ValueError as error:
        return [f"self-check: {error}"]
    return [] if count == QUESTIONS else [f"self-check: {QUESTIONS} questions, found {count}"]


def _cells(chapter: Chapter) -> list[str]:
    trees = [ast.parse(re.sub(r"^[%!].*$", "", cell.source, flags=re.M)) for cell in chapter.cells]
    if not trees:
        return ["code cells"]
    imports = (ast.Import, ast.ImportFrom)
    others = [node for node in trees[0].body if not isinstance(node, imports)]
    found = []
    if not others or "setup(" not in ast.unparse(others[0]):
        found.append("one import cell, first, whose first call is `sdl_lib.setup()`")
    for number, tree in enumerate(trees[1:], 2):
        if any(isinstance(node, imports) for node in tree.body):
            found.append(f"cell {number}: imports belong into the first cell")
    short = [len(cell.source.splitlines()) <= LONGEST_CELL for cell in chapter.cells]
    if sum(short) < SHARE_OF_SHORT_CELLS * len(short):
        found.append(f"{SHARE_OF_SHORT_CELLS:.0%} of the cells at most {LONGEST_CELL} lines long")
    if not any(re.search(r"\bcheck\.(?!glue)\w+\(", cell.source) for cell in chapter.cells):
        found.append("a claim: `check.claim(...)`")
    return found


def _exercises(chapter: Chapter) -> list[str]:
    exercises, found = chapter.exercises(), []
    count = len((chapter.front.get("sdl") or {}).get("objectives") or [])
    tied = {number for exercise in exercises for number in exercise.objectives}
    if tied != set(range(1, count + 1)):
        found.append(f"exercises: objectives 1 to {count}, each tied to one, found {sorted(tied)}")
    for kind, least in KINDS.items():
        if sum(e.kind == kind for e in exercises) < least:
            found.append(f"exercises: at least {least} of kind {kind!r}")
    for exercise in exercises:
        label = exercise.label
        if not re.fullmatch(r"ex-[\w-]+", label):
            found.append(f"exercise {label}: `:label: ex-...`")
        if not exercise.kind:
            found.append(f"exercise {label}: a line like {_HEADER}")
        if ":class: dropdown" not in exercise.solution:
            found.append(f"exercise {label}: a folded solution")
        if exercise.kind == "code" and not exercise.starter:
            found.append(f"exercise {label}: a starter cell, tagged `starter`")
        if exercise.kind == "code" and len(_PYTHON.findall(exercise.solution)) != 1:
            found.append(f"exercise {label}: one block of Python in its solution")
    return found


def _figure(cell: NotebookNode) -> dict[str, Any]:
    return dict(cell.metadata.get("mystnb", {}).get("figure", {}))


def _figures(chapter: Chapter) -> list[str]:
    found = []
    for number, cell in enumerate(chapter.cells, 1):
        figure = _figure(cell)
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if figure and not all([figure.get("name"), figure.get("caption"), alt]):
            found.append(f"cell {number}: its figure needs a name, a caption and `image: alt`")
    if not any(_figure(cell) for cell in chapter.cells):
        found.append("a figure")
    return found
