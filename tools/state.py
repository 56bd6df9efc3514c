"""What a build keeps between runs, and when it must not be trusted.

_build/cache/<page>/<key>.ipynb, .json   outputs and record of one execution
_build/executed/<page>.ipynb             the page with its present outputs, read by Sphinx
_build/records.json                      the records of all pages
"""

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tools.execute import Job
from tools.keys import Library
from tools.pages import (
    MAX_DOWNLOAD_MB,
    MAX_PEAK_MB,
    MAX_SECONDS,
    Project,
    code_cells,
    dump,
    write_if_changed,
)

KEEP_ENTRIES = 4


def outdated(project: Project, sources: dict[str, NotebookNode]) -> list[Job]:
    """The pages whose present key has no whole entry in the cache."""
    library = Library(project.root)
    jobs = []
    for docname, page in sources.items():
        key = library.key(page)
        if not (project.cache(docname) / f"{key}.json").exists():
            jobs.append(Job(project.root, docname, key, page))
    return jobs


def publish(project: Project, sources: dict[str, NotebookNode]) -> dict[str, Any]:
    """Put the cached outputs into the executed notebooks, and all records into one file."""
    library, records = Library(project.root), {}
    for docname, page in sources.items():
        key = library.key(page)
        entry = project.cache(docname) / f"{key}.ipynb"
        cached = nbformat.read(entry, as_version=4)
        for cell, run in zip(code_cells(page), code_cells(cached), strict=True):
            cell.outputs, cell.execution_count = run.outputs, run.execution_count
        for index, cell in enumerate(page.cells):
            cell["id"] = f"cell-{index:03d}"  # not random: equal inputs give equal files
        record = json.loads(entry.with_suffix(".json").read_text(encoding="utf-8"))
        cost = {name: record[name] for name in ("seconds", "peak_mb", "download_mb")}
        page.metadata["sdl_cost"] = {**cost, "limits": limits()}
        page.metadata["language_info"] = {"name": "python"}
        write_if_changed(project.executed(docname), nbformat.writes(page) + "\n")
        records[docname] = record
        entry.with_suffix(".json").touch()
        _prune(entry.parent)
    known = dict(_read_pages(project), **records)
    order = [docname for docname in project.docnames() if docname in known]
    shown = [[docname, known[docname]] for docname in order]
    content = {"commit": commit(project.root), "limits": limits(), "pages": shown}
    write_if_changed(project.records, dump(content))
    return records


def _read_pages(project: Project) -> dict[str, Any]:
    if not project.records.exists():
        return {}
    return dict(json.loads(project.records.read_text(encoding="utf-8"))["pages"])


def limits() -> str:
    """The compute contract in words, as pages show it."""
    return f"{MAX_SECONDS:.0f} s, {MAX_PEAK_MB:.0f} MB and {MAX_DOWNLOAD_MB:.0f} MB"


def _prune(folder: Path) -> None:
    """Keep a few old entries, so that switching back costs nothing."""
    entries = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in entries[KEEP_ENTRIES:]:
        old.unlink()
        old.with_suffix(".ipynb").unlink(missing_ok=True)


def commit(root: Path) -> dict[str, str]:
    """Hash and date of the commit; never the clock, so that equal sources give equal pages."""
    git = ["git", "-C", str(root), "log", "-1", "--format=%h %cs"]
    done = subprocess.run(git, capture_output=True, text=True)
    short, _, date = done.stdout.strip().partition(" ")
    return {"hash": short, "date": date}


def labs_key(project: Project) -> str:
    """What the exported assets of the live labs depend on."""
    source = "import sdl_lib.live, sdl_lib.live.__main__"
    return Library(project.root).key(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    )


def forget_stale_output(project: Project) -> None:
    """Sphinx notices changed pages; not changed extensions, settings, static files or launch tags.

    After a change of the first two (or a new passport) it must read every page again, after the
    others write every page again.
    """
    root, stamp = project.root, project.build / "sphinx.json"
    listed = [*(root / "src").rglob("*.toml"), *(root / "experiments" / "results").glob("*.json")]
    now = {
        "read": _digest([*_files(root / "book" / "ext"), root / "_config.yml"])
        + " ".join(sorted(path.name for path in listed)),
        "write": _digest([*_files(root / "book" / "static"), *_files(project.build / "static")])
        + "".join(os.environ.get(name, "") for name in ("GITHUB_REPOSITORY", "SDL_REF")),
    }
    before = json.loads(stamp.read_text()) if stamp.exists() else {}
    if before.get("read") != now["read"]:
        shutil.rmtree(project.build / ".doctrees", ignore_errors=True)
    if before != now:
        (project.html / ".buildinfo").unlink(missing_ok=True)
    write_if_changed(stamp, dump(now))


def _files(folder: Path) -> list[Path]:
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return sorted(path for path in paths if path.is_file())


def _digest(files: list[Path]) -> str:
    digest = sha256()
    for file in sorted(files):
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def remove_leftovers(project: Project) -> None:
    """Delete what pages left behind that are no longer in the table of contents."""
    keep = set(project.docnames())
    for folder, suffix in ((project.html, ".html"), (project.build / "executed", ".ipynb")):
        for path in (folder / "book").rglob(f"*{suffix}"):
            if path.relative_to(folder).with_suffix("").as_posix() not in keep:
                path.unlink()
