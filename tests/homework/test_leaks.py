"""No solution and no hidden test is in what students can reach: site, wheel, their archive."""

import io
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from kits import ROOT, SOURCES

from tools.homework import assign
from tools.homework.source import Homework, page, read, starter

HTML = ROOT / "_build" / "html"
LONG = 25  # characters of a line that is nobody's by chance


def secrets(homework: Homework) -> set[str]:
    """Lines of solutions and hidden tests that stand nowhere in what students get."""
    given = "\n".join(
        starter(p.text) if p.role == "solution" and p.kind == "code" else p.text
        for p in homework.parts
        if p.role in ("given", "prompt")
        or (p.role == "solution" and p.kind == "code")
        or (p.role == "tests" and not p.config.get("hidden"))
    )
    found = set()
    for part in assign.hidden_parts(homework):
        for line in part.text.splitlines():
            lines = re.split(r"(?<=[.:;]) ", line) if part.kind == "text" else [line]
            found |= {piece.strip() for piece in lines if len(piece.strip()) >= LONG}
    marks = {'""" # BEGIN TEST CONFIG', '""" # END TEST CONFIG'}
    return {line for line in found - marks if _squeeze(line) not in _squeeze(given)}


def _squeeze(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)


def texts(path: Path, content: bytes) -> Iterator[tuple[str, str]]:
    """The text of a file; of an archive, that of its files."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from texts(path / name, archive.read(name))
    elif path.suffix not in (".png", ".webp", ".ttf", ".woff", ".npz", ".xz", ".safetensors"):
        yield str(path), content.decode(errors="ignore")


def leaks(files: Iterator[tuple[str, str]], wanted: set[str]) -> list[str]:
    squeezed = {_squeeze(line): line for line in wanted}
    found = []
    for name, text in files:
        # markup between the words of a highlighted line is taken out first
        plain = _squeeze(re.sub(r"<[^>]*>|&[#\w]+;|\\[nt\"]", " ", text))
        found += [f"{name}: {line}" for key, line in squeezed.items() if key in plain]
    return found


@pytest.fixture(scope="module")
def wanted() -> set[str]:
    found = {line for path in SOURCES for line in secrets(read(path))}
    # two authors may write the same line: what a chapter's own source has is no leak of the build
    pages = [path for path in (ROOT / "book").rglob("*.md") if path not in SOURCES]
    others = _squeeze("\n".join(path.read_text(encoding="utf-8") for path in pages))
    found = {line for line in found if _squeeze(line) not in others}
    assert len(found) > 30 * len(SOURCES)
    return found


def test_the_search_finds_what_it_must(wanted: set[str]) -> None:
    source = SOURCES[0]
    assert leaks(texts(source, source.read_bytes()), wanted)
    marked = source.read_text("utf-8").replace("part = weights", "<span>part</span> = weights")
    assert any("part" in leak for leak in leaks(iter([("x", marked)]), wanted))


def test_the_site_holds_no_solution(wanted: set[str]) -> None:
    if not (HTML / "book" / "homework").exists():
        pytest.fail("the book is not built: run `make book` first", pytrace=False)
    files = [path for path in HTML.rglob("*") if path.is_file() and "vendor" not in path.parts]
    assert leaks((t for path in files for t in texts(path, path.read_bytes())), wanted) == []
    for source in SOURCES:
        assert not list(HTML.rglob(f"{source.stem}.md*")) + list(HTML.rglob(f"{source.stem}.ipynb"))
    assert not [p for p in HTML.rglob("*") if p.name in ("autograder.zip", "solution.ipynb")]


def test_pages_and_student_archives_hold_no_solution(wanted: set[str], tmp_path: Path) -> None:
    for source in SOURCES:
        assert leaks(iter([(source.name, page(source))]), wanted) == []
        made = assign.build(source, ROOT, tmp_path)
        for path in (made / "student.zip", *(made / "student").iterdir()):
            assert leaks(texts(path, path.read_bytes()), wanted) == []
        for path in (made / "autograder.zip", made / "solution.ipynb"):
            assert leaks(texts(path, path.read_bytes()), wanted)  # there it is


def test_the_wheel_holds_no_solution(wanted: set[str], tmp_path: Path) -> None:
    listed = [
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    files = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    with tarfile.open(tmp_path / "tree.tar", "w") as tree:
        for name in filter(None, files):
            if (ROOT / name).is_file():
                tree.add(ROOT / name, name)
    with tarfile.open(tmp_path / "tree.tar") as tree:
        tree.extractall(tmp_path / "tree", filter="data")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps"]
    pip += ["-w", str(tmp_path), str(tmp_path / "tree")]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert leaks(texts(wheel, wheel.read_bytes()), wanted) == []
