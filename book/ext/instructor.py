"""What an instructor assigns from: every chapter with its links, and the graph of what needs what.

Both are made from the chapters' front matter and exercises, so that they cannot go stale.
"""

import html
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

from chapter import Exercise, Generated, exercises, front_matter
from docutils import nodes
from launch import addresses
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.util.docutils import SphinxDirective

WIDE, HIGH, ACROSS, DOWN = 138, 38, 150, 76  # a box of the graph, and from one to the next


class Chapter(NamedTuple):
    """What is known of a chapter without building it."""

    title: str
    part: str
    minutes: int
    objectives: list[str]
    before: list[str]
    exercises: list[Exercise]


def read_chapters(root: Path) -> dict[str, Chapter]:
    """All chapters of the table of contents, in its order."""
    found = {}
    contents = (root / "_toc.yml").read_text(encoding="utf-8")
    part = ""
    for caption, docname in re.findall(r"^\s*- (?:caption: (.+)|file: (\S+))$", contents, re.M):
        part = caption or part
        path = root / f"{docname}.md"
        if caption:
            continue
        if sdl := front_matter(path).get("sdl"):
            text = path.read_text(encoding="utf-8")
            title = re.search(r"^# (.+)$", text, re.M)
            found[docname] = Chapter(
                title[1] if title else docname,
                part,
                sdl["minutes"],
                sdl["objectives"],
                sdl.get("prerequisites", []),
                exercises(text),
            )
    return found


def layers(before: Mapping[str, list[str]]) -> dict[str, int]:
    """How long the way to each chapter is; ``ValueError`` names a circle or what is no chapter."""
    found: dict[str, int] = {}

    def visit(name: str, way: tuple[str, ...]) -> int:
        if name in way:
            raise ValueError(f"prerequisites in a circle: {' needs '.join([*way, name])}")
        if name not in before:
            raise ValueError(f"{way[-1]}: its prerequisite {name} is no chapter")
        if name not in found:
            found[name] = 1 + max((visit(n, (*way, name)) for n in before[name]), default=-1)
        return found[name]

    for name in before:
        visit(name, ())
    return found


def reduced(before: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Without what follows from the rest: a chapter's prerequisites have prerequisites."""

    def all_before(name: str) -> set[str]:
        return {name}.union(*map(all_before, before[name]))

    return {
        name: [n for n in needed if not any(n in all_before(o) for o in needed if o != n)]
        for name, needed in before.items()
    }


def places(before: Mapping[str, list[str]], sweeps: int = 8) -> dict[str, tuple[int, int]]:
    """Row and place in it of each chapter, near to what it needs and to what needs it."""
    column = layers(before)
    columns: list[list[str]] = [[] for _ in range(1 + max(column.values(), default=-1))]
    for name in before:
        columns[column[name]].append(name)
    row = {name: i for names in columns for i, name in enumerate(names)}
    near = {name: set(needed) for name, needed in before.items()}
    for name, needed in before.items():
        for other in needed:
            near[other].add(name)
    for _ in range(sweeps):
        for names in columns:
            names.sort(key=lambda n: sum(row[o] for o in near[n]) / len(near[n]) if near[n] else 0)
            row.update({name: i for i, name in enumerate(names)})
    return {name: (column[name], row[name]) for name in before}


class Assign(Generated):
    """Every chapter with its address, launch links, minutes and exercises."""

    def run(self) -> list[nodes.Node]:
        found = super().run()
        for link in found[0].findall(nodes.reference):
            # MyST escapes an address, and the writer does so again
            link["refuri"] = html.unescape(link.get("refuri", ""))
        return found

    def lines(self) -> Iterator[str]:
        part = ""
        for docname, chapter in read_chapters(Path(self.env.srcdir)).items():
            self.env.note_dependency(self.env.doc2path(docname))
            if chapter.part != part:
                part = chapter.part
                yield f"**{part}**"
                yield ""
            yield from self.entry(docname, chapter)

    def entry(self, docname: str, chapter: Chapter) -> Iterator[str]:
        links = addresses(self.env.app, docname)
        page = f"{self.config.html_baseurl}{docname}.html"
        launch = ", ".join(f"[{name}]({url})" for name, url in links.items())
        work = sum(exercise.minutes for exercise in chapter.exercises)
        yield f"````{{dropdown}} {chapter.title}"
        yield f"{{doc}}`/{docname}`: {chapter.minutes} minutes to read and run,"
        yield f"{work} of exercises."
        needed = ", ".join(f"{{doc}}`/{other}`" for other in chapter.before)
        yield f"Before it: {needed or 'nothing'}."
        yield ""
        yield f"Address: <{page}>. Launch: {launch}."
        yield ""
        yield from (f"{n}. {objective}" for n, objective in enumerate(chapter.objectives, 1))
        yield ""
        yield "| Exercise | Kind | Minutes | Objectives |"
        yield "| --- | --- | ---: | --- |"
        for e in chapter.exercises:
            tied = ", ".join(map(str, e.objectives))
            name = f"{{ref}}`{e.label}` <br> `{e.label}`"
            yield f"| {name} | {e.kind}, {e.difficulty} of 5 | {e.minutes} | {tied} |"
        yield "````"
        yield ""


class PrerequisiteGraph(SphinxDirective):
    """The chapters as boxes, and an arrow from each to those that build on it."""

    def run(self) -> list[nodes.Node]:
        chapters = read_chapters(Path(self.env.srcdir))
        before = {name: chapter.before for name, chapter in chapters.items()}
        try:
            drawn = svg(before, {n: c.title for n, c in chapters.items()}, self.env.docname)
        except ValueError as error:
            raise self.error(f"prerequisite-graph: {error}") from None
        for name in chapters:
            self.env.note_dependency(self.env.doc2path(name))
        return [nodes.raw("", drawn, format="html")]


def svg(before: Mapping[str, list[str]], titles: Mapping[str, str], docname: str) -> str:
    """The graph as a picture whose boxes are links: what needs nothing stands at the top."""
    at = places(before)
    most = max(Counter(down for down, _ in at.values()).values())
    per_row = Counter(down for down, _ in at.values())
    corner = {
        name: (ACROSS * (i + (most - per_row[down]) / 2), DOWN * down)
        for name, (down, i) in at.items()
    }
    wide, high = ACROSS * most, DOWN * len(per_row)
    drawn = [
        '<div class="sdl-graph" tabindex="0" role="region" '
        'aria-label="Graph of the chapters">'
        f'<svg viewBox="-2 -2 {wide} {high}" width="{wide}" height="{high}" role="group" '
        f'aria-label="{len(at)} chapters, each a link, with arrows to those that build on them">'
    ]
    for name, needed in reduced(before).items():
        drawn += [_arrow(corner[other], corner[name]) for other in needed]
    drawn += [_box(name, titles[name], corner[name], docname) for name in at]
    return "".join([*drawn, "</svg></div>"])


def _arrow(above: tuple[float, float], below: tuple[float, float]) -> str:
    x0, x1 = above[0] + WIDE / 2, below[0] + WIDE / 2
    y0, y1 = above[1] + HIGH, below[1] - 1
    middle = (y0 + y1) / 2
    curve = f"M{x0:g} {y0:g}C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {y1 - 5:g}"
    return f'<path d="{curve}"/><path class="head" d="M{x1 - 4:g} {y1 - 7:g}h8l-4 7z"/>'


def _box(name: str, title: str, corner: tuple[float, float], docname: str) -> str:
    x, y = corner
    lines = wrap(title, 21)
    first = y + HIGH / 2 + 4 - 7 * (len(lines) - 1)
    text = "".join(
        f'<tspan x="{x + WIDE / 2:g}" y="{first + 14 * i:g}">{html.escape(line)} </tspan>'
        for i, line in enumerate(lines)
    )
    part = name.split("/")[1]
    return (
        f'<a href="{"../" * docname.count("/")}{name}.html">'
        f'<rect class="part-{part}" x="{x:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="4"/>'
        f"<text>{text}</text></a>"
    )


def hide_solutions(app: Sphinx, config: Config) -> None:
    """``make book SOLUTIONS=hide`` leaves them out of the pages, notebooks and sources."""
    wish = os.environ.get("SDL_SOLUTIONS", "")
    if wish not in ("", "hide"):
        raise ConfigError(f"SOLUTIONS={wish}: expected `hide`, or nothing")
    config.hide_solutions = wish == "hide"
    config.html_copy_source = not config.hide_solutions


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", hide_solutions)
    app.add_config_value("sdl_hub", "", "env")
    app.add_directive("assign", Assign)
    app.add_directive("prerequisite-graph", PrerequisiteGraph)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
