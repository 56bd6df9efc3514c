"""Give Sphinx the outputs of the executed notebooks; Sphinx itself executes nothing.

``_config.yml`` names ``read`` as the reader of every page. It reads the page afresh and takes the
outputs from ``_build/executed``, which ``tools/book.py`` keeps; a page whose outputs changed is
read again although its source did not, because the executed notebook is one of its dependencies.
"""

from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

CLAIM_MIME = "application/vnd.sdl.claim+json"
_page: dict[str, Any] = {}


def start_page(app: Sphinx, docname: str, content: list[str]) -> None:
    """Remember which page is read: the reader is given nothing but its text."""
    _page.update(docname=docname, executed=executed(app, docname))
    if "{code-cell}" in content[0]:
        app.env.note_dependency(str(_page["executed"]))


def executed(app: Sphinx, docname: str) -> Path:
    """Where the executed notebook of a page lies."""
    return Path(app.srcdir) / "_build" / "executed" / f"{docname}.ipynb"


def read(text: str) -> NotebookNode:
    """The page as a notebook, with the outputs of its last execution."""
    page: NotebookNode = read_myst_markdown_notebook(text, add_source_map=True)
    cells = [cell for cell in page.cells if cell.cell_type == "code"]
    if not cells:
        return page
    path: Path = _page["executed"]
    run = nbformat.read(path, as_version=4) if path.exists() else nbformat.v4.new_notebook()
    done = [cell for cell in run.cells if cell.cell_type == "code"]
    if [cell.source for cell in cells] != [cell.source for cell in done]:
        raise ExtensionError(f"{_page['docname']}: its cells were not executed; run `make book`")
    for cell, ran in zip(cells, done, strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
        for output in cell.outputs:
            output.get("data", {}).pop(CLAIM_MIME, None)  # a record for the build, not to be drawn
    return page


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", start_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
