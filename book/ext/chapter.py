"""The opening of a chapter, and for every page its description for search engines."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import outputs
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

# the first line of an exercise, and what names it
EXERCISE = re.compile(
    r"^`{3,}\{exercise\}[ \t]*([^\n]*)\n:label: (\S+)\n+"
    r"\*Difficulty ([1-5]) of 5 · (\d+) minutes · (paper|code|open) · objectives? (\d(?:, \d)*)\*$",
    re.M,
)


class Exercise(NamedTuple):
    """What an instructor sees of an exercise; ``objectives`` count from 1."""

    title: str
    label: str
    difficulty: int
    minutes: int
    kind: str
    objectives: list[int]


def exercises(text: str) -> list[Exercise]:
    """The exercises of a page's source, in order."""
    return [
        Exercise(title, label, int(level), int(minutes), kind, [int(n) for n in tied.split(", ")])
        for title, label, level, minutes, kind, tied in EXERCISE.findall(text)
    ]


class Generated(SphinxDirective):
    """A directive that renders the Markdown of ``lines``, so that its links are checked too."""

    def lines(self) -> Iterator[str]:
        raise NotImplementedError  # abstract: each directive below and in generated.py has its own

    def run(self) -> list[nodes.Node]:
        box = nodes.container(classes=[f"sdl-{self.name}"])
        self.state.nested_parse(StringList(list(self.lines()), self.name), 0, box)
        return [box]


class ChapterOpening(Generated):
    """Objectives, prerequisites, minutes, and the cost measured at the build."""

    def lines(self) -> Iterator[str]:
        path = Path(self.env.doc2path(self.env.docname))
        front = front_matter(path)["sdl"]
        work = sum(e.minutes for e in exercises(path.read_text(encoding="utf-8")))
        yield "**After this chapter you can**"
        yield ""
        yield from (f"{n}. {objective}" for n, objective in enumerate(front["objectives"], 1))
        yield ""
        needed = [f"{{doc}}`/{docname}`" for docname in front.get("prerequisites", [])]
        yield f"**Before it:** {', '.join(needed) or 'nothing'}."
        yield f"**To read and run:** about {front['minutes']} minutes;"
        yield f"**exercises:** about {work} more."
        yield ""
        executed = outputs.executed(self.env.app, self.env.docname)
        if executed.exists():
            cost = nbformat.read(executed, as_version=4).metadata["sdl_cost"]
            yield f"**To run:** {cost['seconds']:.0f} s on one CPU thread,"
            yield f"{cost['peak_mb']:.0f} MB of memory, {cost['download_mb']:.0f} MB of downloads."
            yield "Measured at the build, which allows at most"
            yield f"{{doc}}`{cost['limits']} </book/appendix/status>`."


def front_matter(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    found = yaml.safe_load(text.split("---", 2)[1]) if text.startswith("---") else {}
    return dict(found or {})


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """A description for search engines: the first real paragraph of the page."""
    found = doctree.findall(nodes.paragraph) if doctree else []
    texts = (p.astext().replace("\n", " ") for p in found if not _in_box(p))
    title = f"{context.get('title', '')}: {app.config.html_title}"
    text = next((t for t in texts if len(t) > 60), title)
    short = text if len(text) <= 155 else text[:152].rsplit(" ", 1)[0] + " …"
    meta = f'<meta name="description" content="{html.escape(short, quote=True)}" />'
    context["metatags"] = context.get("metatags", "") + meta


def _in_box(node: nodes.Node) -> bool:
    return isinstance(node.parent, nodes.list_item | nodes.container | nodes.entry)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("chapter-opening", ChapterOpening)
    app.connect("html-page-context", describe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
