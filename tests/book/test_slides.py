"""Decks: cut out of a page that was built, with all that they show beside them."""

import json
import os
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools import slides
from tools.pages import BuildError, Project

ROOT = Path(__file__).resolve().parents[2]
SLUG = "security/a-page"
PAGE = """
<title>3. A page — The book</title>
<link rel="canonical" href="https://example.org/a-page.html">
<section id="a-page"><h1><span class="section-number">3. </span>A <em>page</em></h1>
<div class="sdl-chapter-opening"><p>After this</p><ol><li>know</li></ol></div>
<section id="overview"><h2>Overview<a class="headerlink" href="#overview">#</a></h2><p>Case.</p>
</section>
<section id="idea"><h2>Idea</h2>
<p>As in <a href="#fig-a">the figure</a> and <a href="other.html">elsewhere</a>:</p>
<div class="math" id="equation-eq-a"><span class="eqno">(1)</span>\\[x\\]</div>
<p>Said.</p><div class="math" id="equation-eq-b">\\[y\\]</div>
<div class="proof theorem admonition" id="thm-a">
<p class="admonition-title"><span class="caption-number">Theorem 3.1 </span></p>
<section id="proof-content"><div class="math" id="equation-eq-c">\\[z\\]</div></section></div>
<div class="proof admonition" id="proof"><p>Proof.</p></div>
<section id="part"><h3>Part</h3><figure id="fig-a"><img alt="A dot" src="../../_images/a.webp">
<figcaption>Fig. 3.1</figcaption></figure></section>
CLAIMS
</section>
<section id="summary"><h2>Summary</h2><ul><li>All is well.</li></ul></section>
<section id="exercises"><h2>Exercises</h2><figure id="fig-b"></figure></section>
</section>
""".replace("CLAIMS", '<p class="sdl-claim">✓ error: 0 ≤ 1</p>' * 7)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A book with one page, executed and built."""
    project = Project(tmp_path)
    docname = f"book/{SLUG}"
    picture = project.html / "_images" / "a.webp"
    vendored = tmp_path / "book/static/vendor"
    for path in (
        project.source(docname),
        project.executed(docname),
        project.html / f"{docname}.html",
        picture,
        vendored / "mathjax/startup.js",
        vendored / "reveal/reveal.js",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("```{code-cell}\n", encoding="utf-8")
    for name in ("slides.css", "slides.js", "favicon.svg"):
        (tmp_path / "book/static" / name).write_bytes((ROOT / "book/static" / name).read_bytes())
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (tmp_path / "book/index.md").write_text("# A book\n")
    (project.html / f"{docname}.html").write_text(PAGE, encoding="utf-8")
    return project


def test_a_deck_has_the_pieces_of_the_page_in_their_order(project: Project) -> None:
    deck = BeautifulSoup(slides.make(project, SLUG).read_text(encoding="utf-8"), "html.parser")
    found = deck.select(".slides > section")
    names = [slide.get("id") or slide["class"][0] for slide in found]
    assert names == [
        *("title", "objectives", "section", "section", "equation-eq-a", "equation-eq-b"),
        *("thm-a", "fig-a", "claims", "claims", "summary"),
    ]
    titles = [slide.find(["h1", "h2"]).decode_contents() for slide in found]
    assert titles[:4] == ["A <em>page</em>", "After this", "Overview", "Idea"]
    assert titles[7] == "Part"
    assert len(found[8].select(".sdl-claim")) == slides.CLAIMS
    assert found[7].img["alt"] == "A dot"
    assert "As in" in found[4].get_text()
    assert "Said" not in found[5].get_text()  # it introduces nothing
    assert not deck.select("section section, .sheet [id]")


def test_links_stay_within_the_deck_or_lead_to_the_chapter(project: Project) -> None:
    page = slides.make(project, SLUG)
    deck = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    links = [link["href"] for link in deck.find_all("a")]
    assert links == ["https://example.org/a-page.html", "#/fig-a"]
    files = [e.get("src") or e["href"] for e in deck.select("[src], head link")]
    assert "images/a.webp" in files
    # the page of this test has no style sheet of reveal.js
    assert {f for f in files if not (page.parent / f).is_file()} == {"reveal/reveal.css"}


def test_what_is_not_executed_or_not_built_is_named(project: Project) -> None:
    docname = f"book/{SLUG}"
    page, source = project.html / f"{docname}.html", project.source(docname)
    with pytest.raises(BuildError, match="C=security/other: no such chapter"):
        slides.make(project, "security/other")
    os.utime(page, (1, 1))
    with pytest.raises(BuildError, match="built before the last change; run `make book`"):
        slides.make(project, SLUG)
    os.utime(source, (1, 1))
    slides.make(project, SLUG)
    page.write_text("<section><h1>Index</h1></section>", encoding="utf-8")
    with pytest.raises(BuildError, match="no chapter: it has no objectives"):
        slides.make(project, SLUG)
    page.unlink()
    with pytest.raises(BuildError, match="its page is not built"):
        slides.make(project, SLUG)
    project.executed(docname).unlink()
    with pytest.raises(BuildError, match=f"C={SLUG}: this chapter is not executed yet"):
        slides.make(project, SLUG)
    assert slides.main([SLUG, "--root", str(project.root)]) == 1


def test_every_figure_theorem_and_claim_of_the_book_is_on_a_slide(book: Project) -> None:
    for docname, _ in json.loads(book.records.read_text(encoding="utf-8"))["pages"]:
        page = BeautifulSoup((book.html / f"{docname}.html").read_text("utf-8"), "html.parser")
        if not page.select_one(".sdl-chapter-opening"):
            continue
        lecture = page.select_one("article > section")
        for left_out in lecture.find_all("section", id=list(slides.LEFT_OUT)):
            left_out.decompose()
        made = "".join(
            s
            for part in lecture.find_all("section", recursive=False)
            for s in slides.chapter_section(part)
        )
        deck = BeautifulSoup(made, "html.parser")
        for kind in ("figure", ".proof .caption-number", ".sdl-claim", "div.math[id]"):
            assert len(deck.select(kind)) == len(lecture.select(kind)), (docname, kind)
