"""Write a homework's student notebook, autograder archive and solution notebook.

_build/homework/<name>/student/<name>.ipynb   for students: starter code and public tests
_build/homework/<name>/student.zip            the same, to hand out
_build/homework/<name>/autograder.zip         hidden tests: for `make grade`, otter and Gradescope
_build/homework/<name>/solution.ipynb         for the instructor
_build/homework/<name>/homework.json          what marking needs to know

Never below _build/html: the site, the wheel and the student archive hold no solution.
"""

import io
import json
import logging
import re
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from tools.homework.source import Homework, HomeworkError, Part, read

SOURCES = Path("book") / "homework"
TARGET = Path("_build") / "homework"
PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "pandas", "matplotlib", "ipykernel")
_BOOTSTRAP = """
# Install what is missing: on Colab, or in an empty environment
import importlib.util

if importlib.util.find_spec("otter") is None:
    %pip install -q otter-grader=={otter}
if importlib.util.find_spec("sdl_lib") is None:
    %pip install -q "sdl-lib @ git+{repository}"
"""
_DOC = re.compile(r"\{doc\}`(?:([^`<]*?)\s*<)?/?([\w/-]+)>?`")
_DIRECTIVE = re.compile(r"^(`{3,}|:{3,})\{([\w:-]+)\}.*?^\1[ \t]*$\n?", re.S | re.M)


def sources(root: Path, names: list[str] | None = None) -> list[Path]:
    """The sources of all homeworks, or of those named (`linear-models-four-ways`)."""
    found = sorted((root / SOURCES).glob("*.md"))
    known = {path.stem: path for path in found}
    for name in names or []:
        if name.replace("_", "-") not in known:
            raise HomeworkError(f"no homework {name!r}; there are: {', '.join(known) or 'none'}")
    return [known[name.replace("_", "-")] for name in names] if names else found


def build(path: Path, root: Path, target: Path | None = None) -> Path:
    """Write everything for one homework; returns its folder."""
    homework = read(path)
    out = (target or root / TARGET) / homework.name
    shutil.rmtree(out / "student", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        made = _assign(homework, notebook(homework, root), work, root)
        (archive,) = (made / "autograder").glob("*.zip")
        _repack(archive, out / "autograder.zip")
        _write(made / "autograder" / f"{homework.name}.ipynb", out / "solution.ipynb")
        student = Path("student") / f"{homework.name}.ipynb"
        first = _BOOTSTRAP.format(otter=version("otter-grader"), repository=repository(root))
        _write(made / student, out / student, first.strip())
    _pack(out / "student", out / "student.zip")
    about = json.dumps(_about(homework, path), indent=1, ensure_ascii=False) + "\n"
    (out / "homework.json").write_text(about, encoding="utf-8")
    return out


def _about(homework: Homework, path: Path) -> dict[str, Any]:
    return {
        "name": homework.name,
        "title": homework.title,
        "number": homework.head["number"],
        "points": homework.head["points"],
        "source": path.name,
        "limits": homework.head.get("limits") or {},
        "keep": homework.head.get("keep") or [],
        "choose": homework.head.get("choose") or {},
        "answers": homework.answers(),
        "questions": {
            q.name: {"points": q.points, "manual": q.manual} for q in homework.questions.values()
        },
    }


def notebook(homework: Homework, root: Path) -> NotebookNode:
    """The source as the notebook that otter reads, through jupytext."""
    import jupytext

    cells = [_fenced("raw-cell", _config(homework, root))]
    for part in homework.parts:
        text = re.sub(r"^rubric:\n(?:[ -].*\n?)+", "", part.text, flags=re.M)
        text = text if part.kind == "raw" else part.text
        cells.append(text if part.kind == "text" else _fenced(f"{part.kind}-cell", text))
    header = "---\njupytext: {text_representation: {extension: .md, format_name: myst}}\n"
    header += "kernelspec: {display_name: Python 3, language: python, name: python3}\n---\n"
    book: NotebookNode = jupytext.reads(header + "\n\n".join(cells), fmt="md:myst")
    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = _plain(cell.source, homework, root)
    return book


def _fenced(kind: str, text: str) -> str:
    fence = "`" * 3
    return f"{fence}{{{kind}}}\n{text}\n{fence}"


def _config(homework: Homework, root: Path) -> str:
    """Otter's settings; hidden tests show nothing to students, on Gradescope either."""
    requirements = [*PACKAGES, f"sdl-lib @ git+{repository(root)}"]
    config = {
        "name": homework.name,
        "init_cell": True,
        "export_cell": False,
        "check_all_cell": False,
        "run_tests": False,
        "solutions_pdf": False,
        "requirements": requirements,
        "python_version": "3.11",
        "generate": {
            "points_possible": sum(q.points for q in homework.questions.values() if not q.manual),
            "show_stdout": False,
            "show_hidden": False,
        },
        "tests": {"files": False, "ok_format": True},
    }
    return "# ASSIGNMENT CONFIG\n" + yaml.safe_dump(config, sort_keys=False)


def repository(root: Path) -> str:
    """The repository's address, which stands once, in _config.yml."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return str(config["repository"]["url"])


def site(root: Path) -> str:
    """Where the book is published."""
    owner, name = repository(root).rstrip("/").split("/")[-2:]
    return f"https://{owner.lower()}.github.io/{name}/"


def _plain(text: str, homework: Homework, root: Path) -> str:
    """Markdown as any notebook shows it: pages become links to the site."""

    def link(found: re.Match[str]) -> str:
        title = found[1] or title_of(root / f"{found[2]}.md")
        return f"[{title}]({site(root)}{found[2]}.html)"

    opening = f"**{homework.head['points']} points, about {homework.head['hours']} hours.**\n"
    return _DOC.sub(link, _DIRECTIVE.sub(lambda _: opening, text)).strip()


def title_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = re.search(r"^# (.+)$", text, re.M)
    return found[1].strip() if found else page.stem.replace("-", " ")


def _assign(homework: Homework, book: NotebookNode, work: Path, root: Path) -> Path:
    """Let otter split the notebook, in a folder of its own."""
    with warnings.catch_warnings(action="ignore"):  # of the packages that otter brings
        from otter.assign import main as assign

    master = work / f"{homework.name}.ipynb"
    nbformat.write(book, master)
    logging.getLogger("otter").setLevel(logging.ERROR)
    said = io.StringIO()
    try:
        with chdir(work), redirect_stdout(said), warnings.catch_warnings(action="ignore"):
            assign(str(master), str(work / "made"), no_run_tests=True)
    except Exception as error:
        raise HomeworkError(f"{homework.name}: otter: {error}\n{said.getvalue()}") from error
    return work / "made"


def _write(source: Path, target: Path, first: str = "") -> None:
    """A notebook with ids that do not change from build to build, and without outputs."""
    book = nbformat.read(source, as_version=4)
    book.nbformat_minor = 5
    if first:
        book.cells.insert(0, nbformat.v4.new_code_cell(first))
    for index, cell in enumerate(book.cells):
        cell["id"] = f"cell-{index:03d}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(book)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(nbformat.writes(book) + "\n", encoding="utf-8")


def _entries(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _pack(folder: Path, target: Path) -> None:
    _zip(list(_entries(folder)), target)


def _repack(archive: Path, target: Path) -> None:
    """The same archive without today's date: equal sources give equal bytes."""
    with zipfile.ZipFile(archive) as content:
        _zip([(name, content.read(name)) for name in sorted(content.namelist())], target)


def _zip(entries: list[tuple[str, bytes]], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)


def hidden_parts(homework: Homework) -> list[Part]:
    """What must not reach students: solutions and hidden tests."""
    tests = [p for p in homework.parts if p.role == "tests" and p.config.get("hidden")]
    return [*(p for p in homework.parts if p.role == "solution"), *tests]
