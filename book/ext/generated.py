"""Pages made of what the build measured: claims, status of the build, passports."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chapter import Generated
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class FromRecords(Generated):
    """A directive that shows the records of all pages, and follows their changes."""

    def records(self) -> dict[str, Any]:
        path = Path(self.env.srcdir) / "_build" / "records.json"
        self.env.note_dependency(str(path))
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


class ClaimsTable(FromRecords):
    """Every claim of the book with its measured value, its bound and its chapter."""

    def lines(self) -> Iterator[str]:
        yield "| Claim | Measured | Bound | Published | Chapter |"
        yield "| --- | ---: | --- | --- | --- |"
        for docname, record in self.records()["pages"]:
            for claim in record["claims"]:
                text = plain(claim["text"] or claim["id"].replace("-", " "))
                relation = {"<=": "≤", ">=": "≥", "==": "="}.get(
                    claim["relation"], claim["relation"]
                )
                bound = f"{plain(relation)} {number(claim['bound'])}"
                published = plain(claim["published"]) or "none"
                value = number(claim["value"])
                yield f"| {text} | {value} | {bound} | {published} | {{doc}}`/{docname}` |"


class BuildStatus(FromRecords):
    """What each page cost when it was last executed, and with which versions."""

    def lines(self) -> Iterator[str]:
        records = self.records()
        yield "| Page | Seconds | Memory, MB | Downloads, MB | Claims | Device |"
        yield "| --- | ---: | ---: | ---: | ---: | --- |"
        for docname, r in records["pages"]:
            cost = f"{r['seconds']:.1f} | {r['peak_mb']:.0f} | {r['download_mb']:.1f}"
            device = plain(r["device"])
            yield f"| {{doc}}`/{docname}` | {cost} | {len(r['claims'])} | {device} |"
        yield ""
        yield f"The build allows a page at most {records['limits']}."
        versions = {f"{k} {v}" for _, r in records["pages"] for k, v in r["versions"].items()}
        yield f"Versions: {', '.join(sorted(versions))}."
        if records["commit"]["hash"]:
            yield f"Sources: commit {records['commit']['hash']} of {records['commit']['date']}."
        yield from self.experiments()

    def experiments(self) -> Iterator[str]:
        """Long runs, outside the pages: their results carry their provenance."""
        results = sorted((Path(self.env.srcdir) / "experiments" / "results").glob("*.json"))
        if not results:
            return
        yield from ("", "**Runs that are too long for a page**", "")
        yield "| Experiment | Device | Date | Commit | Seconds |"
        yield "| --- | --- | --- | --- | ---: |"
        for path in results:
            self.env.note_dependency(str(path))
            run = json.loads(path.read_text(encoding="utf-8"))
            cells = [str(run.get(key, "")) for key in ("device", "date", "commit", "seconds")]
            yield f"| {' | '.join(map(plain, [path.stem, *cells]))} |"


class Passports(SphinxDirective):
    """A section for every data set and model that the library ships or fetches."""

    def run(self) -> list[nodes.Node]:
        library = Path(self.env.srcdir) / "src" / "sdl_lib"
        found = []
        for path in sorted(library.rglob("*.toml")):
            self.env.note_dependency(str(path))
            found.append(self.section(tomllib.loads(path.read_text(encoding="utf-8"))))
        return found

    def section(self, passport: dict[str, Any]) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(passport["name"])], names=[passport["name"]])
        section += nodes.title(text=passport["title"])
        fetched = passport["wheel"]["size"] if "wheel" in passport else 0
        rows = {
            "Name in the library": f"`{passport['name']}`",
            "Source": plain(passport["source"]),
            "Licence": plain(passport["licence"]),
            "Who is in it": plain(passport["who"]),
            "Known harms and limits": plain(passport["harms"]),
            "How it was made": plain(passport["made"]),
            "Size": f"{passport['size'] / 1e6:.2f} MB" if passport["size"] else "",
            "Fetched on first use": f"{fetched / 1e6:.1f} MB" if fetched else "",
            "SHA-256, verified on load": f"`{passport['sha256']}`",
        }
        lines = [f"{name}\n: {value}\n" for name, value in rows.items() if value]
        text = StringList("\n".join(lines).splitlines(), passport["name"])
        self.state.nested_parse(text, 0, section)
        return section


def plain(text: str) -> str:
    """Text with everything that Markdown would read as a command escaped."""
    return re.sub(r"([\\`*_{}\[\]<>|$#~^])", r"\\\1", text)


def number(value: float) -> str:
    return f"{value:.4g}"


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("build-status", BuildStatus)
    app.add_directive("passports", Passports)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
