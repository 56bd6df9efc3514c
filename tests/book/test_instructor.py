"""What instructors assign from: the graph of prerequisites, links, and a book without solutions."""

import html
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import instructor
import pytest

from tools import book as build
from tools.pages import Project, write_if_changed

EXEMPLAR = "book/security/adversarial-examples"


def test_prerequisites_in_a_circle_are_named() -> None:
    with pytest.raises(ValueError, match="a needs c needs b needs a"):
        instructor.layers({"a": ["c"], "b": ["a"], "c": ["b"]})


def test_a_prerequisite_that_is_no_chapter_is_named() -> None:
    with pytest.raises(ValueError, match="b: its prerequisite z is no chapter"):
        instructor.layers({"a": [], "b": ["a", "z"]})


def test_every_chapter_stands_below_what_it_needs() -> None:
    before = {"a": [], "b": ["a"], "c": ["a", "b"], "d": ["a"], "e": []}
    row = {name: row for name, (row, _) in instructor.places(before).items()}
    assert row == {"a": 0, "b": 1, "c": 2, "d": 1, "e": 0}
    assert len(set(instructor.places(before).values())) == len(before)


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    before = {"a": [], "b": ["a"], "c": ["b"], "d": ["a", "b", "c"]}
    assert instructor.reduced(before) == {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]}


def test_the_graph_has_every_chapter_of_the_book(book: Project) -> None:
    drawn = (book.html / "book/instructor/prerequisites.html").read_text(encoding="utf-8")
    chapters = instructor.read_chapters(book.root)
    boxes = re.findall(r'<a href="([^"]+)"><rect', drawn)
    assert boxes == [f"../../{name}.html" for name in chapters]
    before = {name: chapter.before for name, chapter in chapters.items()}
    arrows = sum(map(len, instructor.reduced(before).values()))
    assert drawn.count('class="head"') == arrows > 0


def test_every_chapter_can_be_assigned(book: Project) -> None:
    page = (book.html / "book/instructor/assign.html").read_text(encoding="utf-8")
    for name, chapter in instructor.read_chapters(book.root).items():
        assert f"/{name}.html</a>" in page
        assert chapter.exercises
        site = (book.html / f"{name}.html").read_text(encoding="utf-8")
        for exercise in chapter.exercises:
            assert f'href="../{name.removeprefix("book/")}.html#{exercise.label}"' in page
            assert f'id="{exercise.label}"' in site


def test_the_hubs_links_bring_notebooks_that_were_built(book: Project) -> None:
    page = (book.html / "book/instructor/assign.html").read_text(encoding="utf-8")
    links = map(html.unescape, re.findall(r'href="([^"]+git-pull[^"]+)"', page))
    hub = [link for link in links if "user-redirect" in link]
    assert len(hub) == len(instructor.read_chapters(book.root))
    for link in hub:
        path = parse_qs(urlsplit(link).query)["urlpath"][0]
        assert (book.html / path.split("/", 3)[3]).is_file(), path


def site_of_the_exemplar(to: Path, project: Project) -> Path:
    contents = f"format: jb-book\nroot: book/index\nchapters:\n- file: {EXEMPLAR}\n"
    write_if_changed(to / "_toc.yml", contents)
    where = ["--toc", str(to / "_toc.yml"), "--path-output", str(to)]
    failed, said = build._jupyter_book(project, ["build", str(project.root), *where, "-q"])
    assert not failed, said
    return to / "_build" / "html"


def test_a_book_without_solutions_has_none_anywhere(
    book: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = "The attacker lowers the first and the third input"
    assert known in (book.html / f"{EXEMPLAR}.html").read_text(encoding="utf-8")
    monkeypatch.setenv("SDL_SOLUTIONS", "hide")
    site = site_of_the_exemplar(tmp_path, book)
    texts = [p for p in site.rglob("*") if p.suffix in {".html", ".ipynb", ".md", ".js", ".txt"}]
    assert site / f"{EXEMPLAR}.html" in texts
    assert [p for p in texts if known in p.read_text(encoding="utf-8")] == []


def test_a_wish_that_is_not_known_is_refused(
    book: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_SOLUTIONS", "hidden")
    with pytest.raises(AssertionError, match="SOLUTIONS=hidden: expected `hide`"):
        site_of_the_exemplar(tmp_path, book)
