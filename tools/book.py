"""Build the book: execute the pages that are out of date, check them, run Sphinx.

python -m tools.book build              the whole site, in _build/html
python -m tools.book chapter PART/SLUG  one page, fast, in _build/chapter
python -m tools.book nbval              run every notebook again and compare all outputs
python -m tools.book serve              the built site on this machine
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tools import pages, state
from tools.pages import BuildError, Project

_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
# A page built alone cannot find the others
_OTHER_PAGES = ("unknown document", "undefined label", "reference target not found", "toctree")


def build(project: Project) -> None:
    """Bring the site up to date; raises ``BuildError`` with all that is wrong."""
    start = time.monotonic()
    sources = project.code_pages()
    execute(project, sources)
    export_labs(project)
    records = state.publish(project, sources)
    try:
        check_budget(project, records)
    except BuildError as fault:  # memory was once seen to differ by half from run to run
        print(f"{fault}\nMeasuring once more", flush=True)
        execute(project, sources)
        records = state.publish(project, sources)
        check_budget(project, records)
    if faults := repeated_claims(records):
        raise BuildError("\n".join(faults))
    sphinx(project)
    print(table(records))
    print(f"Built in {time.monotonic() - start:.1f} s: {project.html / 'index.html'}")


def execute(project: Project, sources: dict[str, Any]) -> None:
    """Run the pages whose key has no entry in the cache, as many at a time as there are cores."""
    jobs = state.outdated(project, sources)
    if not jobs:
        return
    from tools.execute import run_quietly

    print(f"Executing {len(jobs)} of {len(sources)} pages with code", flush=True)
    failures = []
    with ProcessPoolExecutor(max_workers=min(len(jobs), os.cpu_count() or 1)) as pool:
        running = [pool.submit(run_quietly, job) for job in jobs]
        for done, future in enumerate(as_completed(running), 1):
            docname, seconds, failure = future.result()
            mark = "failed" if failure else "done"
            print(f"  {done}/{len(jobs)}  {seconds:6.1f} s  {docname}  {mark}", flush=True)
            if failure:
                failures.append(failure)
    if failures:
        raise BuildError("\n\n".join(failures))


def export_labs(project: Project) -> None:
    """Write what the live labs need (weights, samples, fallback pictures), if it is out of date."""
    package = project.root / "src" / "sdl_lib" / "live"
    if not all((package / name).exists() for name in ("__init__.py", "__main__.py")):
        return
    from tools.execute import environment

    out = project.build / "static" / "labs"
    key, stamp = state.labs_key(project), project.build / "labs.key"
    if out.exists() and stamp.exists() and stamp.read_text() == key:
        return
    start = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    command = [sys.executable, "-m", "sdl_lib.live", str(out)]
    if subprocess.run(command, env=environment(project.root)).returncode:
        raise BuildError("the assets of the live labs could not be made (see above)")
    stamp.write_text(key)
    print(f"  live labs exported in {time.monotonic() - start:.1f} s", flush=True)


def check_budget(project: Project, records: dict[str, Any]) -> None:
    """Fail when a page is over budget, and have it measured again by the next build."""
    faults = over_budget(records)
    for docname in {fault.split(":")[0] for fault in faults}:
        (project.cache(docname) / f"{records[docname]['key']}.json").unlink()
    if faults:
        raise BuildError("\n".join(faults))


def over_budget(records: dict[str, Any]) -> list[str]:
    """A line for every page that costs more than the compute contract allows."""
    limits = {
        "seconds": (pages.MAX_SECONDS, "s"),
        "peak_mb": (pages.MAX_PEAK_MB, "MB of memory"),
        "download_mb": (pages.MAX_DOWNLOAD_MB, "MB of downloads"),
    }
    return [
        f"{docname}: over budget: {record[name]:.0f} {unit}, at most {limit:.0f} are allowed"
        for docname, record in records.items()
        for name, (limit, unit) in limits.items()
        if record[name] > limit
    ]


def repeated_claims(records: dict[str, Any]) -> list[str]:
    """A line for every claim id that is used more than once in the book."""
    where = [(claim["id"], page) for page, record in records.items() for claim in record["claims"]]
    count = Counter(name for name, _ in where)
    return [
        f"{page}: the claim id {name!r} is used {count[name]} times in the book; ids are unique"
        for name, page in where
        if count[name] > 1
    ]


def sphinx(project: Project) -> None:
    """Turn the executed pages into the site, strictly; executes nothing."""
    state.forget_stale_output(project)
    start = time.monotonic()
    command = ["build", str(project.root), "-W", "-n", "--keep-going", "-q"]
    failed, said = _jupyter_book(project, command)
    if failed or "WARNING" in said:
        # warnings show only for pages that are read: the next build must read them all again
        shutil.rmtree(project.build / ".doctrees", ignore_errors=True)
        raise BuildError(f"Sphinx found faults:\n{said.strip()}")
    if said.strip():
        print(said.strip())
    state.remove_leftovers(project)
    print(f"  site written in {time.monotonic() - start:.1f} s", flush=True)


def _jupyter_book(project: Project, arguments: list[str]) -> tuple[bool, str]:
    """Run Jupyter Book; returns whether it failed and what it had to say beyond progress."""
    (project.build / "static").mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", _JUPYTER_BOOK, *arguments],
        cwd=project.root,
        capture_output=True,
        text=True,
    )
    # what follows is how Jupyter Book itself ends after a failure, and names no fault
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr).split("\nThe above exception was")[0]
    said = re.sub(r"Traceback .*(?=RuntimeError: \n=+\n)", "", said, flags=re.S)
    return done.returncode != 0, said.split("RuntimeError: \n=")[0]


def chapter(project: Project, slug: str) -> None:
    """Execute and render one page, with the pages that have no code around it."""
    docname = f"book/{slug}"
    sources = project.code_pages()
    plain = [name for name in project.docnames() if name not in sources]
    if docname not in sources and docname not in plain:
        known = ", ".join(name.removeprefix("book/") for name in [*sources, *plain])
        raise BuildError(f"C={slug}: no such page; there are: {known}")
    page = {docname: sources[docname]} if docname in sources else {}
    execute(project, page)
    if page:
        export_labs(project)
    records = state.publish(project, page)
    check_budget(project, records)
    out = project.build / "chapter"
    toc = out / "_toc.yml"
    chapters = [{"file": name} for name in [*plain[1:], *page]]
    contents = {"format": "jb-book", "root": plain[0], "chapters": chapters}
    pages.write_if_changed(toc, yaml.safe_dump(contents))
    arguments = [
        "build",
        str(project.root),
        "--toc",
        str(toc),
        "--path-output",
        str(out),
        "-q",
        "--all",
    ]
    failed, said = _jupyter_book(project, arguments)
    mine = [line for line in said.splitlines() if slug in line and "WARNING" in line]
    print("\n".join(line for line in mine if not any(word in line for word in _OTHER_PAGES)))
    if failed:
        raise BuildError(f"Sphinx failed:\n{said.strip()}")
    print(table(records))
    print(f"Open {out / '_build' / 'html' / docname}.html")


def nbval(project: Project) -> int:
    """Run every executed notebook a second time and compare all outputs, figures byte for byte."""
    from tools.execute import environment

    notebooks = [project.executed(name) for name in project.code_pages()]
    missing = [str(path) for path in notebooks if not path.exists()]
    if missing:
        raise BuildError(f"not executed yet, build the book first: {', '.join(missing)}")
    parallel = ["-n", "2", "--dist", "loadfile"] if len(notebooks) > 1 else []
    sanitize = str(project.root / "tests" / "nbval_sanitize.cfg")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *parallel]
    options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", sanitize]
    every = [*command, *options, *map(str, notebooks)]
    return subprocess.run(every, cwd=project.root, env=environment(project.root)).returncode


def table(records: dict[str, Any]) -> str:
    """What each page cost when it was executed."""
    width = max(map(len, records), default=4)
    lines = [f"{'page':{width}}  seconds  peak MB  download MB"]
    for docname, r in records.items():
        cost = f"{r['seconds']:7.1f}  {r['peak_mb']:7.0f}  {r['download_mb']:11.1f}"
        lines.append(f"{docname:{width}}  {cost}")
    return "\n".join(lines)


def serve(project: Project, port: int) -> None:
    """Serve the built site on this machine until interrupted."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(project.html))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"The book is at http://127.0.0.1:{port}/  (Ctrl-C ends)", flush=True)
        server.serve_forever()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.book", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=("build", "chapter", "nbval", "serve"))
    parser.add_argument("slug", nargs="?", help="for `chapter`: security/adversarial-examples")
    parser.add_argument("--root", type=Path, default=Path.cwd())
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    project = Project(options.root.resolve())
    try:
        if options.command == "build":
            build(project)
        elif options.command == "chapter":
            if not options.slug:
                parser.error("which chapter? For example: security/adversarial-examples")
            chapter(project, options.slug)
        elif options.command == "nbval":
            return nbval(project)
        else:
            serve(project, options.port)
    except BuildError as error:
        print(f"\n{error}\n\nThe build failed.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
