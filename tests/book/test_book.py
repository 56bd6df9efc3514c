"""Every page and the built site pass every gate. `test_gates.py` shows that the gates work."""

import json
import subprocess
from pathlib import Path

import chapters
import nbformat
import prose
import pytest
import site_gates
from exercises import judge

from tools import book as builder
from tools import state
from tools.pages import Project

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Project(ROOT)
CHAPTERS = [d for d in PROJECT.docnames() if chapters.is_chapter(PROJECT.source(d))]


def no_faults(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("docname", CHAPTERS)
def test_a_chapter_has_the_structure_of_a_chapter(docname: str) -> None:
    text = PROJECT.source(docname).read_text(encoding="utf-8")
    no_faults(chapters.faults(docname, text, PROJECT.docnames()))


@pytest.mark.parametrize("docname", [d for d in PROJECT.docnames() if d not in CHAPTERS])
def test_other_pages_have_no_naked_numbers(docname: str) -> None:
    no_faults(prose.naked_numbers(PROJECT.source(docname).read_text(encoding="utf-8")))


@pytest.mark.parametrize("docname", CHAPTERS)
def test_checkers_judge_rightly(docname: str) -> None:
    no_faults(judge(PROJECT, docname))


def test_links_lead_somewhere(book: Project) -> None:
    no_faults(site_gates.broken_links(book.html))


def test_figures_have_alternative_texts_captions_and_names(book: Project) -> None:
    no_faults(site_gates.bad_figures(book.html))


def test_nothing_comes_from_outside(book: Project) -> None:
    no_faults(site_gates.from_outside(book.html))


def test_launch_links_open_the_notebook_that_was_built(book: Project) -> None:
    executed = book.build / "executed"
    assert list(executed.rglob("*.ipynb"))
    no_faults(site_gates.bad_launches(book.html, executed))


def test_offered_notebooks_are_plain_markdown(book: Project) -> None:
    notebooks = [*book.html.glob("notebooks/**/*.ipynb"), *book.html.glob("_sources/**/*.ipynb")]
    assert notebooks
    for path in notebooks:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                assert not site_gates.myst_left(cell.source), f"{path}: {cell.source}"


def test_the_download_has_outputs_and_the_clean_notebook_none(book: Project) -> None:
    for docname in book.code_pages():
        done = nbformat.read(book.html / "_sources" / f"{docname}.ipynb", as_version=4)
        assert any(cell.get("outputs") for cell in done.cells)
        (clean,) = book.html.glob(f"notebooks/*/{docname}.ipynb")
        cells = nbformat.read(clean, as_version=4).cells
        assert "find_spec" in cells[0].source
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_every_page_keeps_the_compute_contract_and_unique_claims(book: Project) -> None:
    records = dict(json.loads(book.records.read_text(encoding="utf-8"))["pages"])
    assert set(records) == set(book.code_pages())
    no_faults(builder.over_budget(records))
    no_faults(builder.repeated_claims(records))


def test_every_claim_stands_on_the_page_of_claims(book: Project) -> None:
    records = dict(json.loads(book.records.read_text(encoding="utf-8"))["pages"])
    page = (book.html / "book/appendix/claims.html").read_text(encoding="utf-8")
    count = sum(len(record["claims"]) for record in records.values())
    assert page.count("<tr") == count + 1


def test_nothing_is_left_to_execute(book: Project) -> None:
    assert state.outdated(book, book.code_pages()) == []


def test_the_repository_stands_once() -> None:
    listed = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    address = "github.com/" + "example-org/"
    hits = [f for f in files if _mentions(ROOT / f, address)]
    assert hits == ["_config.yml"]


def _mentions(path: Path, text: str) -> bool:
    return path.is_file() and text.encode() in path.read_bytes()
