"""A page's notebook in plain Markdown, as Colab and Jupyter show it without any extension.

Directives become quotations and folds; references get the numbers and links of the site; glued
numbers get the values of the build; a live lab becomes a code cell.
"""

import re
from pathlib import Path

from chapter import front_matter
from nbformat import NotebookNode, v4
from references import References
from self_check import RIGHT, WRONG, parse
from sphinx.application import Sphinx

_DIRECTIVE = re.compile(
    r"^(`{3,}|:{3,})\{([\w:-]+)\}[ \t]*(.*?)[ \t]*\n(.*?)^\1[ \t]*$", re.S | re.M
)
_OPTIONS = re.compile(r"\A(?:[ \t]*:[\w-]+:[^\n]*\n)*\n*")
_OPTION = re.compile(r"^[ \t]*:([\w-]+):[ \t]*(.*)$", re.M)
_DISPLAY_MATH = re.compile(r"\$\$((?:(?!\$\$).)*)\$\$[ \t]*\(([\w:-]+)\)[ \t]*$", re.S | re.M)
_LAB = re.compile(r"^\x00lab ([\w-]+)\x00$", re.M)
_DROPPED = {"contents", "tableofcontents", "toctree", "claims-table", "build-status", "passports"}


class Plain:
    """The converter of one page."""

    def __init__(self, app: Sphinx, docname: str, source: NotebookNode) -> None:
        self.path, self.source = Path(app.srcdir) / f"{docname}.md", source
        self.references, self.docname = References(app, docname, source), docname
        self.hides_solutions = app.config.hide_solutions

    def notebook(self) -> NotebookNode:
        cells = [cell for old in self.source.cells for cell in self._cells(old)]
        for index, cell in enumerate(cells):
            cell["id"] = f"cell-{index:03d}"  # not random: equal pages give equal files
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        about = {"kernelspec": kernel, "language_info": {"name": "python"}}
        notebook: NotebookNode = v4.new_notebook(cells=cells, metadata=about)
        return notebook

    def _cells(self, old: NotebookNode) -> list[NotebookNode]:
        if old.cell_type == "code":
            caption = self._caption(old)
            return [old, v4.new_markdown_cell(caption)] if caption else [old]
        if old.cell_type != "markdown":
            return [old]
        pieces = _LAB.split(self.convert(old.source))
        lab = 'from sdl_lib import live\n\nlive.show("{}")'
        return [
            v4.new_code_cell(lab.format(piece)) if odd % 2 else v4.new_markdown_cell(piece.strip())
            for odd, piece in enumerate(pieces)
            if piece.strip()
        ]

    def _caption(self, cell: NotebookNode) -> str:
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if "caption" not in figure:
            return ""
        number = self.references.number(figure.get("name", ""))
        return f"**Figure {number}.** {self.references.inline(figure['caption'].strip())}"

    def convert(self, text: str) -> str:
        """Markdown with MyST's additions as Markdown without them."""
        text = re.sub(r"^\(([\w:-]+)\)=[ \t]*$\n?", "", text, flags=re.M)
        text = re.sub(r"^(%|\+\+\+).*$\n?", "", text, flags=re.M)
        text = _DISPLAY_MATH.sub(lambda m: self._equation(m[1], m[2]), text)
        return self.references.inline(_DIRECTIVE.sub(self._directive, text))

    def _equation(self, formula: str, label: str | None) -> str:
        tag = f" \\tag{{{self.references.equation(label)}}}" if label else ""
        return f"$$\n{formula.strip()}{tag}\n$$"

    def _directive(self, found: re.Match[str]) -> str:
        name, title, inside = found[2], found[3], found[4]
        head = _OPTIONS.match(inside)
        options = dict(_OPTION.findall(head[0] if head else ""))
        raw = inside[head.end() :].strip() if head else inside.strip()
        if name in _DROPPED or (name == "solution" and self.hides_solutions):
            return ""
        if name == "chapter-opening":
            return self._opening()
        if name == "bibliography":
            return self.references.bibliography()
        if name == "math":
            return self._equation(raw, options.get("label"))
        if name in ("code-block", "code"):
            return f"```{title}\n{raw}\n```"
        if name == "self-check":
            return self._self_check(raw)
        body = self.convert(raw)
        if name == "live-lab":
            return f"\x00lab {title}\x00\n\n{body}"
        if name in ("figure", "image"):
            image = f"![{options.get('alt', '')}]({self.references.image(title)})"
            return f"{image}\n\n{body}".rstrip()
        if name in ("solution", "dropdown"):
            of = f"Solution of {self.references.numref('', title)}"
            summary = of if name == "solution" else title
            return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
        return body if name.endswith("table") else _quote(self._heading(name, title, options), body)

    def _self_check(self, raw: str) -> str:
        lines = []
        for number, question in enumerate(parse(raw), 1):
            lines += [f"**{number}.** {self.references.inline(question.text)}", ""]
            for answer in question.answers:
                text, why = map(self.references.inline, (answer.text, answer.why))
                verdict = RIGHT if answer.right else WRONG
                lines += [f"<details><summary>{text}</summary>", "", f"{verdict} {why}", ""]
                lines += ["</details>", ""]
        return "\n".join(lines)

    def _heading(self, name: str, title: str, options: dict[str, str]) -> str:
        kind = name.removeprefix("prf:").replace("-", " ").capitalize()
        number = self.references.number(options.get("label", options.get("name", "")))
        head = f"{kind} {number}".strip()
        if name == "admonition":
            return title
        return f"{head} ({self.references.inline(title)})" if title else head

    def _opening(self) -> str:
        front = front_matter(self.path)["sdl"]
        goals = map(self.references.inline, front["objectives"])
        lines = [f"{number}. {goal}" for number, goal in enumerate(goals, 1)]
        page = f"[this chapter on the web]({self.references.url(self.docname)})"
        return "\n".join(["**After this chapter you can**", "", *lines, "", f"Read {page}."])


def _quote(title: str, body: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *body.splitlines()])
