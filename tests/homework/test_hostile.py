"""Hostile notebooks fail alone: the marks of the others are right, and nothing is lost or learnt.

Each is a small homework's solution with something nasty before it, or in place of an answer.
"""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from kits import ROOT, TOY, hand_in, notebook, reference

from tools.homework import assign, batch, jail
from tools.homework.grade import Kit, grade
from tools.homework.jail import Limits
from tools.homework.source import read

FULL = 8
# Without namespaces the limits alone are tried: what deletes, kills or forks would do so here.
JAILED = jail.supported() == ""
needs_namespaces = pytest.mark.skipif(not JAILED, reason="no namespaces for us here")

# Before right answers. What comes of it: points, and part of a note or error.
CELLS: dict[str, tuple[str, float, str]] = {
    "loops": ("while True:\n    pass", FULL, ""),
    "loops-stubbornly": (
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        FULL,
        "still running when its time was over",
    ),
    "sleeps": ("import time\ntime.sleep(10**6)", FULL, "still running when its time was over"),
    "eats-memory": ("hog = []\nwhile True:\n    hog.append(bytearray(10**7))", FULL, "memory"),
    "eats-shared-memory": (
        "import mmap, time\nhog = mmap.mmap(-1, 10**9)\n"
        "for k in range(0, 10**9, 4096):\n    hog[k] = 1\ntime.sleep(5)",
        FULL,
        "memory",
    ),
    "fills-the-disk": (
        "with open('big', 'wb') as file:\n    for _ in range(100):\n"
        "        file.write(bytes(10**6)); file.flush()",
        FULL,
        "OSError",
    ),
    "exits": ("import os\nos._exit(0)", FULL, "ended its process"),
}
NASTIER: dict[str, tuple[str, float, str]] = {
    "forks": (
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        FULL,
        "",
    ),
    "kills": (
        "import os, signal\nfor pid in (-1, os.getppid(), 1):\n    try:\n"
        "        os.kill(pid, signal.SIGKILL)\n    except OSError:\n        pass",
        FULL,
        "",
    ),
    "deletes": (
        "import os, shutil\nfor top in ('/', '{root}', '{folder}'):\n"
        "    shutil.rmtree(top, ignore_errors=True)",
        FULL,
        "",
    ),
}
if JAILED:
    CELLS |= NASTIER

# In place of the first answer: `loot` shows what was found.
SEARCHES = """
import gc, os, socket, sys
loot = []
def is_test(text):
    return "(hidden" in text.partition("np.allclose(scale")[2][:10]
for top in ("{root}", "{folder}", "/tmp", "/root", "/home", "/proc", "/var"):
    for path, folders, files in os.walk(top):
        for name in files:
            python = path.startswith((sys.prefix, sys.base_prefix)) or "site-packages" in path
            if name == "homework.json" or not python and name.endswith((".zip", ".ipynb", ".md")):
                loot.append(path + "/" + name)
            if "environ" == name or name in ("mem", "cmdline"):
                try:
                    text = open(path + "/" + name, "rb").read(100000)
                except OSError:
                    continue
                if is_test(text.decode(errors="ignore")) or b"SDL_TEST_" + b"SECRET" in text:
                    loot.append(path)
try:
    socket.create_connection(("1.1.1.1", 53), 1)
    loot.append("network")
except OSError:
    pass
def scale(x):
    frame = sys._getframe()
    while frame:
        if is_test(str(frame.f_locals)[:100000]):
            loot.append("frame")
        frame = frame.f_back
    for thing in gc.get_objects():
        if type(thing) is str and is_test(thing):
            loot.append("heap")
    return 3.0 * x
"""

REWRITES = """
import builtins, doctest, json, os, pickle, struct, sys
import numpy as np
loot = "rewrote"
np.allclose = np.isclose = lambda *a, **k: True
builtins.AssertionError = type("Quiet", (BaseException,), {})
doctest.DocTestRunner.run = lambda *a, **k: None
for name in list(sys.modules):
    if "otter" in name:
        sys.modules[name].check = lambda *a, **k: True
class Equal(float):
    __eq__ = __le__ = __ge__ = lambda *a: True
    __hash__ = None
class Same(np.ndarray):
    __array_ufunc__ = None
    __eq__ = lambda *a: True
def scale(x):
    return Equal(7)
class Evil:
    def __reduce__(self):
        return (os.system, ("touch {folder}/pwned",))
def largest(ask, n):
    try:
        ask(Evil())
    except BaseException:
        pass
    return Evil()
"""

FORGES = """
import json, os, struct
loot = ""
def scale(x):
    forged = [b"garbage" * 1000]
    for value in ({{"pickle": [0, 3]}}, {{"handle": 10**9}}, True):
        header = {{"ran": True, "value": value}}
        text = json.dumps(header).encode()
        forged.append(struct.pack(">IQ", len(text), 3) + text + b"abc")
    for number in range(3, 50):
        for text in forged:
            try:
                os.write(number, text)
            except OSError:
                pass
    return 3.0 * x
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def kit(folder: Path) -> Path:
    """The results of all the hostile notebooks and of honest ones between them."""
    homework, made = read(TOY), assign.build(TOY, ROOT, folder)
    right = reference(homework)
    names = {"root": str(ROOT / "book"), "folder": str(folder)}
    for name, (code, _, _) in CELLS.items():
        before = code.replace("{root}", names["root"]).replace("{folder}", names["folder"])
        hand_in(folder / "in", name, notebook(homework, right, before))
    loops = {**right, "scale": "loot = ''\ndef scale(x):\n    while True:\n        pass"}
    hand_in(folder / "in", "loops-when-called", notebook(homework, loops))
    nasty = {"rewrites": REWRITES, "forges": FORGES} | ({"searches": SEARCHES} if JAILED else {})
    for name, code in nasty.items():
        text = code.format(**names) if name == "forges" else _fill(code, names)
        answers = {"scale": text} if name == "rewrites" else {**right, "scale": text}
        if name == "rewrites":
            answers["ask_around"] = "pass"
        hand_in(folder / "in", name, notebook(homework, answers))
    (folder / "in" / "no-notebook.ipynb").write_text("{", encoding="utf-8")
    other = notebook(homework, right)
    other.metadata["otter"] = {"assignment_name": "another"}
    hand_in(folder / "in", "another", other)
    for name in ("a-honest", "m-honest", "z-honest"):
        hand_in(folder / "in", name, notebook(homework, right))
    os.environ["SDL_TEST_SECRET"] = "hidden from students"
    try:
        batch.run(folder / "in", made, ROOT, workers=2, trusting=not JAILED)
    finally:
        del os.environ["SDL_TEST_SECRET"]
    return made


def _fill(code: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        code = code.replace(f"{{{name}}}", value)
    return code


def result(kit: Path, student: str) -> dict[str, Any]:
    text = (kit / "results" / f"{student}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("student", ["a-honest", "m-honest", "z-honest"])
def test_honest_notebooks_get_their_marks_beside_hostile_ones(kit: Path, student: str) -> None:
    found = result(kit, student)
    assert (found["points"], found["notes"], found["problem"]) == (FULL, [], "")


@pytest.mark.parametrize("name", CELLS)
def test_a_nasty_cell_is_ended_and_named(kit: Path, name: str) -> None:
    _, points, note = CELLS[name]
    found = result(kit, name)
    said = " ".join(found["notes"])
    assert note in said, found
    # on a busy machine the clock may strike before the cell has used up its own seconds
    assert name != "loops" or "too long" in said or "still running" in said
    assert found["points"] == points or name == "forks", found


def test_nothing_was_deleted_or_written(kit: Path, folder: Path) -> None:
    assert len(list((folder / "in").iterdir())) == len(CELLS) + 8 + JAILED
    assert (ROOT / "book" / "index.md").exists()
    assert TOY.exists()
    assert not (folder / "pwned").exists()


def test_a_loop_in_one_answer_costs_that_question_alone(kit: Path) -> None:
    found = result(kit, "loops-when-called")["questions"]
    assert found["scale"]["points"] == 0
    assert found["ask_around"]["points"] == 4
    said = " ".join(found["scale"]["errors"])
    assert "too long" in said or "still running" in said


@needs_namespaces
def test_tests_solutions_secrets_and_the_network_cannot_be_found(kit: Path) -> None:
    found = result(kit, "searches")
    assert found["kept"]["loot"]["value"] == "[]", found
    assert found["questions"]["scale"]["points"] == 4  # its answer was right


def test_rewriting_the_grader_gains_nothing(kit: Path) -> None:
    found = result(kit, "rewrites")
    assert found["points"] == 0, found


def test_forged_messages_gain_nothing(kit: Path) -> None:
    found = result(kit, "forges")
    assert found["questions"]["scale"]["points"] < 4, found
    assert found["questions"]["ask_around"]["points"] == 4


def test_what_is_no_notebook_or_another_one_is_named(kit: Path) -> None:
    assert "no notebook" in result(kit, "no-notebook")["problem"]
    assert "another" in result(kit, "another")["notes"][0]


def test_feedback_tells_hints_and_nothing_of_the_tests(kit: Path) -> None:
    told = (kit / "feedback" / "rewrites.md").read_text(encoding="utf-8")
    assert "stays as it was" in told
    assert "hidden_test_value" not in told
    assert "assert" not in told
    for path in kit.parent.glob("in/*.ipynb"):
        assert path.stem == "no-notebook" or nbformat.read(path, as_version=4)


@pytest.mark.parametrize("name", ["loops", "eats-memory", "fills-the-disk", "exits"])
def test_limits_hold_where_there_are_no_namespaces(kit: Path, folder: Path, name: str) -> None:
    _, points, note = CELLS[name]
    found = grade(folder / "in" / f"{name}.ipynb", Kit(kit, ROOT), namespaces=False)
    assert found["points"] == points, found
    assert note in " ".join(found["notes"])


def test_what_the_grader_has_fetched_can_be_read_and_not_changed(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Word vectors and the like: there is no network in there to fetch them with."""
    cache = tmp_path / "cache"
    (cache / "wheel-1.0").mkdir(parents=True)
    file = cache / "wheel-1.0" / "vectors.bin"
    file.write_bytes(b"fetched")
    file.chmod(0o600)
    monkeypatch.setenv("SDL_CACHE", str(cache))
    cell = (
        "import os\nfrom sdl_lib.data.wheels import cache_folder\n"
        "loot = (cache_folder() / 'wheel-1.0' / 'vectors.bin').read_bytes().decode()"
    )
    homework = read(TOY)
    answers = {**reference(homework), "ask_around": cell}
    hand_in(tmp_path, "reader", notebook(homework, answers))
    # the course's package brings torch: more than the two seconds of the toy's cells, at times
    result = grade(tmp_path / "reader.ipynb", Kit(kit, ROOT, Limits()))
    assert result["notes"] == []
    assert result["kept"]["loot"]["value"] == "'fetched'"
    assert file.read_bytes() == b"fetched"
