"""A chapter as a deck of slides, cut out of its built page.

python -m tools.slides PART/SLUG        the deck, in _build/slides/PART/SLUG/index.html

The page has the numbers, glued values, pictures and claims of the build already, so that a slide
repeats nothing and cannot differ: objectives, titles, figures, definitions, theorems, numbered
equations, the claims with their measured values, and the summary. All that the deck needs lies
beside it: it opens from a folder, and prints with `?view=print` after its address.
"""

import argparse
import html
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from tools.pages import BuildError, Project

LEFT_OUT = {"self-check", "exercises", "further-reading"}  # sections that are no lecture
CLAIMS = 6  # at most so many on a slide
KINDS = {"title", "objectives", "section", "claims", "summary"}  # of slides that nothing links to
HEADINGS = ["h1", "h2", "h3", "h4"]
# in the order of the page; a proof has no number and stays there
PIECES = "figure, div.proof:has(.caption-number), div.math[id]"

DECK = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="favicon.svg">
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="slides.css">
<script src="slides.js"></script>
<script defer src="mathjax/startup.js"></script>
<script defer src="reveal/reveal.js"></script>
</head>
<body>
<main><div class="reveal"><div class="slides">
{slides}
</div></div></main>
</body>
</html>
"""


def make(project: Project, slug: str) -> Path:
    """Write the deck of a chapter and return its page."""
    page = built(project, slug)
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    if not (opening := soup.select_one(".sdl-chapter-opening")):
        raise BuildError(f"C={slug}: this page is no chapter: it has no objectives")
    deck = project.build / "slides" / slug
    shutil.rmtree(deck, ignore_errors=True)
    _copy_what_is_shown(project, deck)
    article = opening.find_parent("section")
    assert article is not None
    slides = [*front(soup, article, opening)]
    for section in article.find_all("section", recursive=False):
        if section.get("id") not in LEFT_OUT:
            slides += chapter_section(section)
    body = BeautifulSoup("\n".join(slides), "html.parser")
    _keep_inner_links(body)
    _take_pictures(body, page, deck)
    title = html.escape(soup.title.get_text() if soup.title else slug)
    (deck / "index.html").write_text(DECK.format(title=title, slides=body), encoding="utf-8")
    return deck / "index.html"


def built(project: Project, slug: str) -> Path:
    """The chapter's page in the site, or the one that `make chapter` wrote, if that is newer."""
    docname = f"book/{slug}"
    source = project.source(docname)
    if not source.is_file() or "{code-cell}" not in source.read_text(encoding="utf-8"):
        known = ", ".join(name.removeprefix("book/") for name in project.code_pages())
        raise BuildError(f"C={slug}: no such chapter; there are: {known}")
    advice = f"run `make book`, or `make chapter C={slug}`"
    if not project.executed(docname).exists():
        raise BuildError(f"C={slug}: this chapter is not executed yet; {advice}")
    sites = project.html, project.build / "chapter" / "_build" / "html"
    pages = [page for site in sites if (page := site / f"{docname}.html").exists()]
    if not pages:
        raise BuildError(f"C={slug}: this chapter is executed, but its page is not built; {advice}")
    page = max(pages, key=lambda path: path.stat().st_mtime)
    if page.stat().st_mtime < source.stat().st_mtime:
        raise BuildError(f"C={slug}: the page was built before the last change; {advice}")
    return page


def front(soup: BeautifulSoup, article: Tag, opening: Tag) -> Iterator[str]:
    """The title slide and the objectives."""
    book = soup.title.get_text().split(" — ")[-1] if soup.title else ""
    home = soup.find("link", rel="canonical")
    address = str(home["href"]) if isinstance(home, Tag) else ""
    where = f'<p><a href="{html.escape(address)}">{html.escape(address)}</a></p>'
    yield _slide(
        f"<p>{html.escape(book)}</p>{where if address else ''}", "title", _heading(article)
    )
    lead, goals = opening.find("p"), opening.find(["ol", "ul"])
    yield _slide(str(goals), "objectives", lead.get_text() if lead else "")


def chapter_section(section: Tag) -> Iterator[str]:
    """A slide with the section's title, one for each piece, and those with the claims."""
    title = _heading(section)
    parts = [_heading(part) for part in section.find_all("section", id=True) if part.find("h3")]
    listed = f"<ul>{''.join(f'<li>{part}</li>' for part in parts)}</ul>" if parts else ""
    if section.get("id") == "summary" and (said := section.find(["ul", "ol"], recursive=False)):
        yield _slide(str(said), "summary", title)
    else:
        yield _slide(listed, "section", title)
    for piece in section.select(PIECES):
        if piece.find_parent(["figure", "details"]) or piece.find_parent("div", class_="proof"):
            continue
        around = piece.find_parent("section")
        yield _slide(_piece(piece), str(piece["id"]), _heading(around or section))
    claims = [str(claim) for claim in section.select("p.sdl-claim")]
    for first in range(0, len(claims), CLAIMS):
        held = "".join(claims[first : first + CLAIMS])
        yield _slide(f'<p class="lead">Measured at the build</p>{held}', "claims", title)


def _piece(piece: Tag) -> str:
    """A figure without its code or table, a theorem, or an equation with what introduces it."""
    if piece.name == "figure":
        pictures = "".join(map(str, piece.find_all("img")))
        return f"<figure>{pictures}{piece.figcaption or ''}</figure>"
    if "proof" in piece.get_attribute_list("class"):
        return str(piece)
    before = piece.find_previous_sibling()
    leads = before is not None and before.name == "p" and before.get_text().rstrip()[-1:] == ":"
    return f"{before if leads else ''}{piece}"


def _heading(section: Tag) -> str:
    """The title of a section, without its number and link, as HTML."""
    heading = section.find(HEADINGS)
    assert isinstance(heading, Tag)
    aside = (".section-number", ".headerlink")
    left = BeautifulSoup(str(heading), "html.parser")
    for extra in left.select(", ".join(aside)):
        extra.decompose()
    return left.find(HEADINGS).decode_contents().strip()  # type: ignore[union-attr]


def _slide(body: str, name: str, title: str) -> str:
    level = 1 if name == "title" else 2
    kind = name if name in KINDS else "piece"
    anchor = f' id="{name}"' if kind == "piece" else ""
    return (
        f'<section class="{kind}"{anchor}><div class="sheet"><h{level}>{title}</h{level}>'
        f'<div class="body">{body}</div></div></section>'
    )


def _keep_inner_links(body: BeautifulSoup) -> None:
    """Names stay on slides alone; a link leads to a slide, to the chapter, or becomes text."""
    slides = {slide["id"]: slide for slide in body.select("section[id]") if slide.parent is body}
    for link in body.find_all("a"):
        target = str(link.get("href", ""))
        if "headerlink" in link.get_attribute_list("class"):
            link.decompose()
        elif target.startswith("#") and target[1:] in slides:
            link["href"] = f"#/{target[1:]}"
        elif not target.startswith("https://") or "reference" in link.get_attribute_list("class"):
            link.unwrap()
    for named in body.select("section [id]"):
        del named["id"]
    for inner in body.select("section section"):  # to reveal.js, a slide below another
        inner.name = "div"


def _take_pictures(body: BeautifulSoup, page: Path, deck: Path) -> None:
    for picture in body.find_all("img"):
        source = (page.parent / str(picture["src"])).resolve()
        (deck / "images").mkdir(exist_ok=True)
        shutil.copy(source, deck / "images")
        picture["src"] = f"images/{source.name}"


def _copy_what_is_shown(project: Project, deck: Path) -> None:
    static = project.root / "book" / "static"
    for part in ("reveal", "mathjax"):
        shutil.copytree(static / "vendor" / part, deck / part)
    for part in ("slides.css", "slides.js", "favicon.svg"):
        shutil.copy(static / part, deck)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.slides", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("slug", nargs="?", default="", help="security/adversarial-examples")
    parser.add_argument("--root", type=Path, default=Path.cwd())
    options = parser.parse_args(arguments)
    try:
        page = make(Project(options.root.resolve()), options.slug)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    count = page.read_text(encoding="utf-8").count("<section")
    print(f"{count} slides: open {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
