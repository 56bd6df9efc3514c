"""A homework's page: the statement, and nothing of its solutions and tests.

The source holds all three. What Sphinx reads is the students' part, as code that is shown and not
run; the source itself is not copied to the site, and no notebook is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chapter import Generated, front_matter
from sphinx.application import Sphinx

HOMEWORK = "book/homework/"


class HomeworkOpening(Generated):
    """Points, hours and what to have read."""

    def lines(self) -> Iterator[str]:
        head = front_matter(Path(self.env.doc2path(self.env.docname)))["homework"]
        yield f"**{head['points']} points, about {head['hours']} hours.**"
        if choose := head.get("choose"):
            yield ""
            yield f"**Counted:** the best {choose['best']} of {', '.join(choose['of'])}."
        yield ""
        yield f"**Before it:** {', '.join(f'{{doc}}`/{name}`' for name in head['draws_on'])}."


def show_statement(app: Sphinx, docname: str, content: list[str]) -> None:
    """Let Sphinx read what students may see."""
    if docname.startswith(HOMEWORK):
        from tools.homework.source import page  # the other pages need none of it

        content[0] = page(Path(app.env.doc2path(docname)))


def keep_source(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """No copy of the source on the site, and no button for it."""
    if page.startswith(HOMEWORK):
        context["sourcename"] = ""
        groups = context.get("header_buttons", [])
        groups[:] = [g for g in groups if g.get("label") not in _OF_SOURCES]
        for group in groups:
            if "buttons" in group:
                kept = [b for b in group["buttons"] if "_sources" not in str(b.get("url", ""))]
                group["buttons"] = kept


_OF_SOURCES = {"launch-buttons"}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("homework-opening", HomeworkOpening)
    app.connect("source-read", show_statement, priority=100)  # before outputs.py looks for cells
    app.connect("html-page-context", keep_source, priority=650)  # after the buttons are made
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
