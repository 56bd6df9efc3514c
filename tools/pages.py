"""The pages of the book and the places that a build uses."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode

# What one page may cost, measured at every build. Shown on the page, enforced by the build.
MAX_SECONDS = 60.0
MAX_PEAK_MB = 1200.0
MAX_DOWNLOAD_MB = 30.0

HOMEWORK = "book/homework/"  # pages whose sources hold solutions


class BuildError(Exception):
    """A fault in the book; its message names the page and the reason."""


@dataclass(frozen=True)
class Project:
    """A book: its sources below ``root``, everything generated below ``root/_build``."""

    root: Path

    @property
    def build(self) -> Path:
        return self.root / "_build"

    @property
    def html(self) -> Path:
        return self.build / "html"

    @property
    def records(self) -> Path:
        return self.build / "records.json"

    def source(self, docname: str) -> Path:
        return self.root / f"{docname}.md"

    def cache(self, docname: str) -> Path:
        return self.build / "cache" / docname

    def executed(self, docname: str) -> Path:
        """The notebook with its outputs: what the site shows, offers, and nbval compares."""
        return self.build / "executed" / f"{docname}.ipynb"

    def docnames(self) -> list[str]:
        """Every page of the table of contents, in its order."""
        return list(_files(yaml.safe_load((self.root / "_toc.yml").read_text(encoding="utf-8"))))

    def code_pages(self) -> dict[str, NotebookNode]:
        """The pages that have code cells, read from their sources.

        Homework is not among them: its page shows code (book/ext/homework.py) and runs none.
        """
        pages = {}
        for docname in self.docnames():
            text = self.source(docname).read_text(encoding="utf-8")
            if "{code-cell}" in text and not docname.startswith(HOMEWORK):
                pages[docname] = read_page(text, docname)
        return pages


def _files(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _files(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("file", "root"):
                yield value
            else:
                yield from _files(value)


def read_page(text: str, docname: str) -> NotebookNode:
    """A MyST page as a notebook without outputs, cut into cells exactly as Sphinx will do it."""
    from myst_nb.core.read import read_myst_markdown_notebook

    page: NotebookNode = read_myst_markdown_notebook(text)
    if "file_format: mystnb" not in text and "format_name: myst" not in text:
        raise BuildError(f"{docname}: has code cells, but its front matter lacks a jupytext header")
    return page


def code_cells(page: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in page.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    found = cell.metadata.get("tags", [])
    return [found] if isinstance(found, str) else list(found)


def name_cell(docname: str, number: int, cell: NotebookNode) -> str:
    """How every message names a cell: page, number among the code cells, first line."""
    first = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
    return f"{docname}, cell {number} (`{first}`)"


def write_if_changed(path: Path, content: str | bytes) -> bool:
    """Replace ``path`` in one step, and only if it differs: its time stamp drives Sphinx."""
    new = content.encode() if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == new:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(new)
    temporary.replace(path)
    return True


def dump(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
