"""What roles and labels of a page stand for, in plain Markdown: numbers, titles, links, values."""

import re
from collections.abc import Callable
from typing import Any, cast

from myst_nb.core.variables import format_plain_text
from nbformat import NotebookNode
from pybtex.richtext import Text
from sphinx.application import Sphinx

_ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
_TARGET = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.S)
_CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
_KINDS = {"ex": "Exercise", "fig": "Figure", "def": "Definition", "thm": "Theorem"}


class References:
    """The references of one page; Sphinx knows all numbers, titles and citations."""

    def __init__(self, app: Sphinx, docname: str, source: NotebookNode) -> None:
        self.app, self.env, self.docname, self.source = app, app.env, docname, source
        outputs = [o for c in source.cells for o in c.get("outputs", [])]
        scraps = [o for o in outputs if "scrapbook" in o.get("metadata", {})]
        self.glued = {o.metadata.scrapbook.name: next(iter(o.data.values())) for o in scraps}
        self.roles: dict[str, Callable[[str, str], str]] = {
            "glue:text": self._glue,
            "math": lambda text, target: f"${text or target}$",
            "eq": lambda _, label: f"({self.equation(label)})",
            "doc": self._doc,
            "numref": self.numref,
            "prf:ref": self.numref,
            "ref": self._ref,
            "cite:t": lambda _, keys: self._cite(keys, "{} ({})"),
            "cite:p": lambda _, keys: f"({self._cite(keys, '{}, {}')})",
            "cite": lambda _, keys: f"({self._cite(keys, '{}, {}')})",
        }

    def inline(self, text: str) -> str:
        """``text`` with its roles replaced; of an unknown role the text stays."""

        def role(found: re.Match[str]) -> str:
            name, content = found[1], found[2]
            split = None if name == "math" else _TARGET.match(content)
            shown, target = (split[1], split[2]) if split else ("", content)
            known = self.roles.get(name)
            return known(shown, target) if known else shown or target

        return _ROLE.sub(role, text)

    def equation(self, label: str) -> str:
        domain = cast(Any, self.env.get_domain("math"))
        return str(domain.equations[label][1])

    def number(self, label: str) -> str:
        """The number that the site gives to a figure, theorem or exercise; empty without one."""
        try:
            docname, anchor, _ = self._label(label)
        except KeyError:
            docname, anchor = self.docname, label
        for numbers in self.env.toc_fignumbers.get(docname, {}).values():
            if anchor in numbers:
                return ".".join(map(str, numbers[anchor]))
        return ""

    def numref(self, text: str, label: str) -> str:
        number = self.number(label)
        if "%s" in text or "{number}" in text:
            return text.replace("%s", number).replace("{number}", number)
        return text or f"{_kind(label)} {number}".strip()

    def url(self, docname: str) -> str:
        return f"{self.app.config.html_baseurl}{docname}.html"

    def image(self, path: str) -> str:
        name = self.env.images[self.env.relfn2path(path, self.docname)[0]][1]
        # finish.py turns the site's PNG files into WebP
        return f"{self.app.config.html_baseurl}_images/{re.sub(r'[.]png$', '.webp', name)}"

    def bibliography(self) -> str:
        """The works that the page cites, one a line."""
        text = "\n".join(cell.source for cell in self.source.cells if cell.cell_type == "markdown")
        cited = {key.strip() for keys in _CITED.findall(text) for key in keys.split(",")}
        return "\n".join(f"- {_reference(self._entry(key))}" for key in sorted(cited))

    def _glue(self, _: str, target: str) -> str:
        name, _, spec = target.partition(":")
        return str(format_plain_text(self.glued[name], spec))

    def _doc(self, text: str, target: str) -> str:
        docname = str(self.env.path2doc(self.env.relfn2path(f"{target}.md", self.docname)[1]))
        # `make chapter` builds one page alone: of the others there is only the name
        titled = self.env.titles.get(docname)
        title = titled.astext() if titled else docname.rsplit("/", 1)[-1].replace("-", " ")
        return f"[{text or title}]({self.url(docname)})"

    def _label(self, label: str) -> tuple[str, str, str]:
        """Page, anchor and title behind a label."""
        domain = cast(Any, self.env.get_domain("std"))
        if label in domain.labels:
            docname, anchor, title = domain.labels[label]
            return str(docname), str(anchor), str(title)
        docname, anchor = domain.anonlabels[label]
        return str(docname), str(anchor), label

    def _ref(self, text: str, label: str) -> str:
        docname, anchor, title = self._label(label)
        number = self.number(label)
        shown = text or (f"{_kind(label)} {number}" if number else title)
        return shown if docname == self.docname else f"[{shown}]({self.url(docname)}#{anchor})"

    def _cite(self, keys: str, form: str) -> str:
        entries = [self._entry(key.strip()) for key in keys.split(",")]
        return "; ".join(form.format(_authors(entry), entry.fields["year"]) for entry in entries)

    def _entry(self, key: str) -> Any:
        return cast(Any, self.env.get_domain("cite")).bibdata.data.entries[key]


def _kind(label: str) -> str:
    return _KINDS.get(label.split("-")[0], "")


def _reference(entry: Any) -> str:
    fields = entry.fields
    where = fields.get("journal") or fields.get("booktitle") or fields.get("publisher", "")
    title = Text.from_latex(fields["title"])
    line = f"{_authors(entry)} ({fields['year']}). *{title}*. {where}".rstrip(". ") + "."
    return f"{line} <{fields['url']}>" if "url" in fields else line


def _authors(entry: Any) -> str:
    people = entry.persons.get("author") or entry.persons.get("editor", [])
    names = [" ".join(map(str, p.rich_prelast_names + p.rich_last_names)) for p in people]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
