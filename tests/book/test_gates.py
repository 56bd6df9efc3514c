"""Each gate is shown to work: a fault is planted in a small copy of the book, and must be found."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import chapters
import exercise_report
import nbformat
import prose
import pytest
import site_gates
from exercises import judge, without_idlers

from tools import book, new_chapter, pages, state
from tools.execute import environment
from tools.pages import BuildError, Project

ROOT = Path(__file__).resolve().parents[2]
FRONT = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A page

The words of this page are there to be read, and long enough to describe it to a search engine.
"""
LIBRARY = {
    "__init__.py": '"""A library."""\n\n__version__ = "1"\n',
    "rooms/__init__.py": "from sdl_lib.rooms.near import near\nfrom sdl_lib.rooms.far import far\n",
    "rooms/near.py": "from sdl_lib.deep import value\n\n\ndef near():\n    return value()\n",
    "rooms/far.py": "def far():\n    return 'far'\n",
    "deep.py": "def value():\n    return 1\n",
}
Make = Callable[..., Project]


def cell(code: str, head: str = "") -> str:
    return f"\n```{{code-cell}} ipython3\n{head}{code}\n```\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A project with one page of the given cells, and a library that imports nothing heavy."""

    def make_(*cells: str, **files: str) -> Project:
        toc = "format: jb-book\nroot: book/page\n"
        write(tmp_path, {"_toc.yml": toc, "book/page.md": FRONT + "".join(cells), **files})
        write(tmp_path / "src" / "sdl_lib", LIBRARY)
        write(tmp_path, {"requirements.lock": "nothing==1\n"})
        for name in ("conftest.py", "tests/nbval_sanitize.cfg", "_config.yml"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
        return Project(tmp_path)

    return make_


def run(project: Project) -> None:
    """Execute and publish, as a build does before Sphinx."""
    book.execute(project, project.code_pages())
    state.publish(project, project.code_pages())


def outputs(project: Project) -> str:
    return project.executed("book/page").read_text(encoding="utf-8")


def test_a_raising_cell_stops_the_build_and_is_named(make: Make) -> None:
    project = make(cell("fine = 1"), cell("boxes = []\nboxes[3]"))
    with pytest.raises(BuildError) as caught:
        run(project)
    message = str(caught.value)
    assert message.startswith(
        "book/page, cell 2 (`boxes = []`): IndexError: list index out of range"
    )
    assert not list(project.cache("book/page").glob("*.json"))


def test_a_failing_build_says_so_to_the_shell(make: Make) -> None:
    project = make(cell("1 / 0"))
    assert book.main(["build", "--root", str(project.root)]) == 1


def test_a_warning_on_stderr_fails_unless_it_is_announced(make: Make) -> None:
    warn = "import warnings\nwarnings.warn('careful')"
    with pytest.raises(BuildError, match=r"cell 1 .*without the tag `expects-warning`"):
        run(make(cell(warn)))
    run(make(cell(warn, head=":tags: [expects-warning]\n\n")))
    with pytest.raises(BuildError, match="but wrote nothing to stderr"):
        run(make(cell("1", head=":tags: [expects-warning]\n\n")))


def test_a_changed_library_function_runs_the_page_again(make: Make) -> None:
    project = make(cell("from sdl_lib.rooms import near\nprint('value', near())"))
    run(project)
    assert "value 1" in outputs(project)
    write(project.root / "src/sdl_lib", {"deep.py": "def value():\n    return 2\n"})
    run(project)
    assert "value 2" in outputs(project)


def test_an_unrelated_module_does_not(make: Make) -> None:
    project = make(cell("from sdl_lib.rooms import near\nprint('value', near())"))
    run(project)
    write(project.root / "src/sdl_lib", {"rooms/far.py": "def far():\n    return 'elsewhere'\n"})
    assert state.outdated(project, project.code_pages()) == []
    write(project.root / "src/sdl_lib", {"rooms/__init__.py": LIBRARY["rooms/__init__.py"] + "x=1"})
    assert state.outdated(project, project.code_pages()) != []


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("def f():\n    from sdl_lib.deep import value", "deep.py"),
        ("import sdl_lib.rooms", "rooms/far.py"),
        ("from sdl_lib import rooms", "rooms/far.py"),
        ("import importlib\nimportlib.import_module('sdl_lib.deep')", "deep.py"),
        ("import sdl_lib", "__init__.py"),
        ("from sdl_lib.rooms import far", "rooms/table.csv"),
        ("from sdl_lib.rooms import far", "../../requirements.lock"),
    ],
)
def test_the_key_follows_every_way_to_depend(make: Make, code: str, changed: str) -> None:
    project = make(cell(code))
    write(project.root / "src/sdl_lib", {"rooms/table.csv": "1\n"})
    (before,) = state.outdated(project, project.code_pages())
    path = project.root / "src/sdl_lib" / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    (after,) = state.outdated(project, project.code_pages())
    assert before.key != after.key


def test_a_package_that_imports_its_own_module_is_followed(make: Make) -> None:
    project = make(cell("from sdl_lib.house import attic\nprint(attic.value())"))
    own = {"house/__init__.py": "from sdl_lib.house import attic\n"}
    write(project.root / "src/sdl_lib", own | {"house/attic.py": "def value():\n    return 1\n"})
    (before,) = state.outdated(project, project.code_pages())
    write(project.root / "src/sdl_lib", {"house/attic.py": "def value():\n    return 2\n"})
    (after,) = state.outdated(project, project.code_pages())
    assert before.key != after.key


def test_prose_does_not_run_a_page_again(make: Make) -> None:
    project = make(cell("print(1)"))
    run(project)
    source = project.source("book/page")
    source.write_text(source.read_text(encoding="utf-8") + "\nMore words.\n", encoding="utf-8")
    assert state.outdated(project, project.code_pages()) == []


def test_an_unseeded_cell_turns_nbval_red(make: Make) -> None:
    run(project := make(cell("import random\nrandom.seed(0)\nprint(random.random())")))
    assert book.nbval(project) == 0
    run(project := make(cell("import random\nprint(random.random())")))
    assert book.nbval(project) != 0


def test_an_unseeded_figure_turns_nbval_red(make: Make) -> None:
    """No word of the output differs: only the bytes of the picture."""
    draw = (
        "import random, struct, zlib\nfrom IPython.display import Image\n"
        "def chunk(kind, data):\n"
        "    check = struct.pack('>I', zlib.crc32(kind + data))\n"
        "    return struct.pack('>I', len(data)) + kind + data + check\n"
        "head = chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0))\n"
        "data = chunk(b'IDAT', zlib.compress(bytes([0, {}])))\n"
        "Image(b'\\x89PNG\\r\\n\\x1a\\n' + head + data + chunk(b'IEND', b''))"
    )
    run(project := make(cell(draw.format("7"))))
    assert book.nbval(project) == 0
    run(project := make(cell(draw.format("random.randrange(256)"))))
    assert book.nbval(project) != 0


def test_a_cell_that_was_never_executed_turns_nbval_red(make: Make) -> None:
    run(project := make(cell("print(1)")))
    path = project.executed("book/page")
    notebook = nbformat.read(path, as_version=4)
    done = next(c for c in notebook.cells if c.cell_type == "code")
    done.execution_count, done.outputs = None, []
    nbformat.write(notebook, path)
    assert book.nbval(project) != 0


@pytest.mark.parametrize("limit", ["MAX_SECONDS", "MAX_PEAK_MB", "MAX_DOWNLOAD_MB"])
def test_a_page_over_budget_fails_until_it_is_cheaper(
    make: Make, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = "import sdl_lib.data"
    data = "def downloads():\n    return {'big': 5_000_000}\n"
    project = make(cell(loads), **{"src/sdl_lib/data/__init__.py": data})
    monkeypatch.setattr(pages, limit, 0.01)
    for _ in range(2):  # a second build must not turn green
        with pytest.raises(BuildError, match=r"book/page: over budget: \d+ .*, at most 0"):
            book.build(project)


def test_a_claim_id_is_used_once() -> None:
    claim = {"id": "same", "value": 1, "relation": "<=", "bound": 2}
    records = {"a": {"claims": [claim]}, "b": {"claims": [claim]}}
    assert len(book.repeated_claims(records)) == 2
    assert book.repeated_claims({"a": {"claims": [claim]}}) == []


def test_a_tampered_data_file_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src" / "sdl_lib", tmp_path / "src" / "sdl_lib")
    path = tmp_path / "src" / "sdl_lib" / "data" / "mnist.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code = "import sdl_lib.data as d; print(d.__file__); d.mnist10k('test')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True
    )
    assert str(tmp_path) in done.stdout
    assert done.returncode != 0
    assert "DataError: mnist.npz: is not the file that its passport describes" in done.stderr


@pytest.mark.parametrize(
    "typed",
    [
        "The accuracy is 0.973.",
        "It falls to 12 % under attack.",
        "There are 2,000 digits.",
        "- a list item with .5 in it",
        "> **Note** of 3.4 seconds",
        "```{note}\nIt took 17 steps.\n```",
        "| model | 0.91 |",
        "A cited line {cite}`a2020b`. But this 0.5 is not.",
        "It fell by −3.",
        "A 3 is not an 8.",
        "| the row of a table | 12 |",
        r"It cost \$5 here and \$7 there.",
    ],
)
def test_a_number_typed_into_prose_is_found(typed: str) -> None:
    assert prose.naked_numbers(f"# A title\n\nSome words.\n\n{typed}\n")


@pytest.mark.parametrize(
    "bound",
    [
        "The accuracy is {glue:text}`accuracy:.3f`.",
        "With $\\epsilon=0.1$ and {math}`n = 20`.",
        "$$\nx = 0.5\n$$ (eq-x)",
        "They report 89.4 % {cite:p}`goodfellow2015explaining`.",
        "LeNet5, MNIST-10k, L2, a 2-D slice, float32, 28x28.",
        "In 2014 three of us found it.",
        "Set `eps=0.1`.\n\n```python\nx = 0.5\n```",
        "## 3 ways to fool a network",
        "1. first\n2. second",
        "*Difficulty 2 of 5 · 10 minutes · code · objective 1*",
        "See [figure 3.2](https://example.org/3.2).",
        "```{code-cell} ipython3\nx = 0.5\n```",
        r"It costs $\$5$, or $\$n$ for all.",
        "| 1 | A week of a course | homework 1 is due, homework 2 is out |",
    ],
)
def test_a_bound_number_is_not(bound: str) -> None:
    assert prose.naked_numbers(f"# A title\n\nSome words.\n\n{bound}\n") == []


CELL = "```{code-cell} ipython3\nx = 0.5\n```"


@pytest.mark.parametrize(
    "text",
    [
        f"{CELL}\n\nIt took 17 steps.\n\n{CELL}",
        "```{note}\nWords.\n```\n\nIt took 17 steps.\n\n```{note}\nWords.\n```",
        f"{CELL}\n\n```{{exercise}} A title\n:label: ex\n\nIt took 17 steps.\n```\n\n{CELL}",
        "````{solution} ex\n```python\nx = 0.5\n```\n\nIt took 17 steps.\n````",
        "````{admonition} A title\nIt took 17 steps.\n```python\nx = 0.5\n```\n````",
        ":::{prf:definition} A title\nIt took 17 steps.\n:::",
        "::::{note}\n:::{tip}\nWords.\n:::\nIt took 17 steps.\n::::",
        "```{live-lab} a-lab\nIt took 17 steps.\n```",
        "```{self-check}\n? How long did it take?\n+ It took 17 steps.\n  : It did.\n```",
        "1. A list\n   ```{note}\n   It took 17 steps.\n   ```",
        "```{note}\nIt took 17 steps, and the fence has no end.",
        "~~~\nx = 0.5\n```\n~~~\nIt took 17 steps.",
        "```\nx = 0.5\n`````\nIt took 17 steps.",
        "```no fence, for `marks` in it``` of code\nIt took 17 steps.",
    ],
)
def test_prose_around_fences_and_within_directives_is_read(text: str) -> None:
    (found,) = prose.naked_numbers(f"# A title\n\n{text}\n")
    assert found.startswith("17 in: ")


@pytest.mark.parametrize(
    "text",
    [
        "````\n```\nx = 0.5\n```\nx = 0.5\n````",
        "````{code-block} markdown\n```{note}\nIt took 17 steps.\n```\n````",
        "```{raw-cell}\nIt took 17 steps.\n```",
        "```{math}\nx = 0.5\n```",
        "```\nx = 0.5\n~~~\nx = 0.5\n    ```\nx = 0.5\n```",
        "~~~python\nx = 0.5\n```\nx = 0.5\n~~~",
        "````{solution} ex\n```{code-cell} ipython3\nx = 0.5\n```\nWords.\n````",
        "1. A list\n   ```python\n   x = 0.5\n   ```\n   Words.",
    ],
)
def test_code_in_fences_is_not(text: str) -> None:
    assert prose.naked_numbers(f"# A title\n\n{text}\n\nWords.\n") == []


def site(folder: Path, body: str, head: str = "") -> Path:
    page = f"<html><head>{head}</head><body><article>{body}</article></body></html>"
    write(folder, {"page.html": page})
    return folder


def test_a_missing_alternative_text_is_found(tmp_path: Path) -> None:
    caption = "<figcaption>Two digits.</figcaption>"
    good = 'src="a.png" alt="Two digits beside each other, a clean and a noisy one."'
    figure = f'<figure id="fig-a"><img {{}}>{caption}</figure>'
    assert site_gates.bad_figures(site(tmp_path, figure.format(good))) == []
    for bad in ('src="a.png"', 'src="a.png" alt=""', 'src="a.png" alt="_images/a.png"'):
        assert site_gates.bad_figures(site(tmp_path, figure.format(bad)))
    assert site_gates.bad_figures(site(tmp_path, f"<img {good}>"))


def test_a_script_from_outside_is_found(tmp_path: Path) -> None:
    assert site_gates.from_outside(site(tmp_path, '<a href="https://example.org">away</a>')) == []
    for bad in (
        '<script src="https://cdn.example.org/x.js"></script>',
        '<script src="//cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="https://cdn.example.org/x.css">',
        '<img src="https://example.org/pixel.gif" alt="">',
        "<style>@import 'https://example.org/x.css';</style>",
    ):
        assert site_gates.from_outside(site(tmp_path, "", head=bad)), bad


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    assert site_gates.broken_links(site(tmp_path, '<p id="here"><a href="#here">x</a></p>')) == []
    assert site_gates.broken_links(site(tmp_path, '<a href="#there">x</a>'))
    assert site_gates.broken_links(site(tmp_path, '<a href="other.html">x</a>'))


def test_a_launch_link_without_its_notebook_is_found(tmp_path: Path) -> None:
    book_path = "book/security/adversarial-examples"
    built = Project(ROOT)
    for name in (f"{book_path}.html", f"notebooks/main/{book_path}.ipynb"):
        (source,) = built.html.glob(name.replace("/main/", "/*/"))
        target = tmp_path / "html" / source.relative_to(built.html)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    executed = tmp_path / "executed" / f"{book_path}.ipynb"
    executed.parent.mkdir(parents=True)
    shutil.copy(built.executed(book_path), executed)
    html = tmp_path / "html"
    assert site_gates.bad_launches(html, tmp_path / "executed") == []
    (clean,) = html.rglob("*.ipynb")
    notebook = nbformat.read(clean, as_version=4)
    notebook.cells[-1].source += "\nchanged"
    notebook.cells.append(nbformat.v4.new_code_cell("other = 1"))
    nbformat.write(notebook, clean)
    assert "other code" in site_gates.bad_launches(html, tmp_path / "executed")[0]
    clean.unlink()
    assert "does not exist" in site_gates.bad_launches(html, tmp_path / "executed")[0]


def test_sphinx_warnings_fail_every_time_and_new_outputs_reach_the_page(make: Make) -> None:
    """One small site through Sphinx: a broken reference, then its cure, then changed outputs."""
    project = make(cell("from sdl_lib.rooms import near\nprint('value', near())"))
    shutil.copytree(ROOT / "book" / "ext", project.root / "book" / "ext")
    shutil.copytree(
        ROOT / "book" / "static",
        project.root / "book" / "static",
        ignore=shutil.ignore_patterns("vendor", "live"),
    )
    shutil.copy(ROOT / "book" / "references.bib", project.root / "book")
    source = project.source("book/page")
    good = source.read_text(encoding="utf-8")
    source.write_text(f"{good}\nSee {{doc}}`nowhere`.\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(BuildError, match="nowhere"):
            book.build(project)
    source.write_text(good, encoding="utf-8")
    book.build(project)
    page = project.html / "book" / "page.html"
    assert "value 1" in page.read_text(encoding="utf-8")
    write(project.root / "src/sdl_lib", {"deep.py": "def value():\n    return 2\n"})
    book.build(project)
    assert "value 2" in page.read_text(encoding="utf-8")
    assert json.loads(project.records.read_text())["pages"][0][1]["seconds"] > 0


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """A copy of the book with a chapter made by ``make new-chapter``."""
    root = tmp_path_factory.mktemp("fresh")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("*.egg-info"))
    shutil.copy(ROOT / "_toc.yml", root)
    new_chapter.create(root, "fairness/my-page", "My page")
    return Project(root), "book/fairness/my-page"


def test_a_new_chapter_lacks_only_what_it_asks_for(fresh: tuple[Project, str]) -> None:
    project, docname = fresh
    assert docname in project.docnames()
    text = project.source(docname).read_text(encoding="utf-8")
    faults = chapters.faults(docname, text, project.docnames())
    assert faults
    assert all("to fill in: «" in fault for fault in faults)
    filled = text.replace("«", "").replace("»", "")
    assert chapters.faults(docname, filled, project.docnames()) == []


def test_each_missing_part_of_a_chapter_is_named(fresh: tuple[Project, str]) -> None:
    project, docname = fresh
    text = project.source(docname).read_text(encoding="utf-8").replace("«", "").replace("»", "")
    for old, new, named in (
        ("## Summary", "## In short", "sections"),
        ("{self-check}", "{note}", "one directive `{self-check}`"),
        ("? the fifth question\n", "", "expected one right answer"),
        ("\n+ the answer\n", "\n- the answer\n", "expected one right answer"),
        ("\n  : why it is right\n", "\n", "without its reason"),
        ("sdl_lib.setup()", "pass", "sdl_lib.setup()"),
        ("    - a third objective\n", "", "objectives"),
        ("mean = x.mean()", "import math\nmean = x.mean()", "imports belong"),
        ("mean = x.mean()", "mean = x.mean()\n" * 20, "lines long"),
        ("*Difficulty 1 of 5 · 5 minutes · paper · objective 1*", "", "kind 'paper'"),
        ("code · objectives 2, 3*", "code · objective 2*", "each tied to one, found [1, 2]"),
        ("check.claim(", "print(", "a claim"),
        ("    alt: What is", "    other: What is", "image: alt"),
        (":tags: [starter]", ":tags: [other]", "a starter cell"),
        ("$$ (eq-my-page)", "$$", "a numbered equation"),
    ):
        found = chapters.faults(docname, text.replace(old, new), project.docnames())
        assert any(named in fault for fault in found), (old, found)


def test_checkers_that_judge_wrongly_are_found(fresh: tuple[Project, str]) -> None:
    project, docname = fresh
    name = "ex-my-page-{}"
    wrong = {
        name.format("mean"): [
            ("def my_mean(x):\n    return x.sum()", "That is the sum"),
            ("def my_mean(x):\n    return x.mean()", "not so"),
        ],
        name.format("spread"): [("def my_spread(x):\n    return x.max() - x.min()", "the range")],
    }
    faults = judge(project, docname, wrong)
    assert any("ex-my-page-spread: at least 2 wrong answers" in fault for fault in faults)
    assert any("wrong answer should give '✗ Not yet. '" in fault for fault in faults)
    assert len(faults) == 3


def test_the_report_of_all_checkers_turns_red(
    fresh: tuple[Project, str], capsys: pytest.CaptureFixture[str]
) -> None:
    project, docname = fresh
    page = project.source(docname)
    sound = page.read_text(encoding="utf-8")
    page.write_text(sound.replace("return x.sum() / len(x)", "return x.sum()"), encoding="utf-8")
    try:  # the solution is wrong, and this book's folder has no wrong answers to this page
        code = exercise_report.main([docname.removeprefix("book/")], project)
    finally:
        page.write_text(sound, encoding="utf-8")
    said = capsys.readouterr().out
    assert code == 1
    assert re.search("^  ex-my-page-mean +code +NOT ACCEPTED +rejected +NOT AS MEANT$", said, re.M)
    assert re.search("^  ex-my-page-spread +code +accepted +rejected +NOT AS MEANT$", said, re.M)
    assert "4 exercises in 1 chapter, 3 faults" in said
    assert f"{docname}: ex-my-page-mean: the solution should give" in said


def test_a_report_on_no_chapter_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert exercise_report.main(["security/no-such-page"]) == 1
    assert "no such chapter: book/security/no-such-page" in capsys.readouterr().out


def test_an_exercise_is_judged_with_the_cells_that_it_needs_and_no_others() -> None:
    new = nbformat.v4.new_code_cell
    figure = new("plt.plot(x)", metadata={"mystnb": {"figure": {"name": "fig-x"}}})
    needed = [new("import torch"), new("x = torch.zeros(3)"), new("x += 1"), new("change(x)")]
    answer = new("is_right(lambda y: x + y)")
    idle = [new("x = slow()"), new("y = z"), new("[x for x in y]"), figure, new("check.claim(x)")]
    cells = [idle[0], *needed, *idle[1:], answer, new("x = 2")]
    assert without_idlers(cells, {id(answer)}) == [*needed, answer]


def test_a_new_chapters_own_answers_are_judged_rightly(fresh: tuple[Project, str]) -> None:
    project, docname = fresh
    path = project.root / "tests" / "book" / "wrong_answers" / "my_page.py"
    scope: dict[str, dict[str, list[tuple[str, str]]]] = {}
    exec(path.read_text(encoding="utf-8"), scope)
    assert judge(project, docname, scope["WRONG"]) == []


def test_the_environment_of_kernels_is_fixed() -> None:
    found = environment(ROOT)
    assert (found["PYTHONHASHSEED"], found["OMP_NUM_THREADS"]) == ("0", "1")
    assert found["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT / "src")
