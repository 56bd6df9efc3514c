"""The directive ``{live-lab} NAME``: a lab that the page itself runs, and what stands in for it.

The picture, its alt text and the data table come from the assets that ``python -m sdl_lib.live``
wrote. They are in the page; where JavaScript runs, ``book/static/live/NAME.js`` replaces them.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

# below the folder of _config.yml; tools/book.py writes there, and the site has it in _static
ASSETS = "_build/static/labs"


class live_lab(nodes.General, nodes.Element):
    """The place of a lab; its children stand in for it."""


class LiveLab(SphinxDirective):
    """``{live-lab} draw-a-digit`` with the caption as its body."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        described = Path(self.env.srcdir) / ASSETS / name / "fallback.json"
        self.env.note_dependency(str(described))
        if not described.is_file():
            raise self.error(f"live-lab: no lab {name!r} in {ASSETS}; is it in sdl_lib.live?")
        fallback = json.loads(described.read_text(encoding="utf-8"))
        lab = live_lab(name=name)
        lab += nodes.image(uri=f"/{ASSETS}/{name}/fallback.png", alt=fallback["alt"])
        # not the table's caption, which would be numbered and then vanish from the page
        lab += nodes.paragraph(text=fallback["table"]["title"])
        lab += data_table(fallback["table"]["head"], fallback["table"]["rows"])
        figure = nodes.figure("", lab, classes=["sdl-lab-figure"])
        figure += self.caption()
        self.add_name(figure)
        self.set_source_info(figure)
        return [figure]

    def caption(self) -> nodes.caption:
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        if len(body) != 1 or not isinstance(body[0], nodes.paragraph):
            raise self.error("live-lab: expected a caption of one paragraph as its body")
        return nodes.caption("", "", *body[0].children)


def data_table(head: list[str], rows: list[list[str]]) -> nodes.table:
    """A table whose first column names its rows."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1, stub=i == 0) for i in range(len(head))]
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group)


def _row(cells: list[str]) -> nodes.row:
    entries = [nodes.entry("", nodes.paragraph(text=cell)) for cell in cells]
    return nodes.row("", *entries)


def enter_html(translator: HTML5Translator, node: live_lab) -> None:
    attributes = {"class": "sdl-lab", "data-lab": node["name"]}
    translator.body.append(translator.starttag(node, "div", **attributes))
    translator.body.append('<div class="sdl-lab-stage">')


def leave_html(translator: HTML5Translator, node: live_lab) -> None:
    translator.body.append("</div></div>\n")


def keep_the_picture(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Where pages do not run, as on paper, a lab is its picture."""
    if app.builder.format != "html":
        for lab in list(doctree.findall(live_lab)):
            lab.replace_self(lab[0])


def add_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """The module and the style of each lab, on the pages that have one."""
    for name in sorted({lab["name"] for lab in doctree.findall(live_lab)} if doctree else ()):
        app.add_css_file("live/live.css")
        app.add_js_file(f"live/{name}.js", type="module")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(live_lab, html=(enter_html, leave_html))
    app.add_directive("live-lab", LiveLab)
    app.connect("doctree-resolved", keep_the_picture)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
