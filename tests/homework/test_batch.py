"""A folder of notebooks: whose they are, stopping and going on, and what is marked again."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kits import ROOT, TOY, hand_in, notebook, reference

from tools.homework import assign, batch, jail
from tools.homework.__main__ import main, try_out
from tools.homework.source import HomeworkError, read

MARK = "import signal, sys; from pathlib import Path; from tools.homework import batch\n"
MARK += "if __name__ == '__main__':\n"
# whoever is started in the background of a shell ignores Ctrl-C, and so would its children
MARK += "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
MARK += "    batch.run(*map(Path, sys.argv[1:4]), workers=1, trusting=True)"


@pytest.fixture
def handed_in(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of six notebooks, and the built homework."""
    homework = read(TOY)
    for number in range(6):
        answers = reference(homework) if number % 2 else {}
        slowly = "import time\ntime.sleep(0.5)"
        hand_in(tmp_path / "in", f"student-{number}", notebook(homework, answers, slowly))
    return tmp_path / "in", assign.build(TOY, ROOT, tmp_path)


def results(kit: Path) -> dict[str, float]:
    files = sorted((kit / "results").glob("*.json"))
    return {path.stem: json.loads(path.read_text("utf-8"))["points"] for path in files}


def test_a_run_that_was_stopped_goes_on_where_it_was(
    handed_in: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, kit = handed_in
    script = tmp_path / "mark.py"
    script.write_text(MARK, encoding="utf-8")
    command = [sys.executable, str(script), str(folder), str(kit), str(ROOT)]
    run = subprocess.Popen(command, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
    until = time.monotonic() + 60
    while len(results(kit)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    run.wait(60)
    before = results(kit)
    assert 2 <= len(before) < 6
    assert batch.run(folder, kit, ROOT, workers=2, trusting=True) == 6 - len(before)
    assert f"{len(before)} marked before" in capsys.readouterr().out
    assert results(kit) == {f"student-{n}": 8.0 * (n % 2) for n in range(6)}
    changed = folder / "student-0.ipynb"
    changed.write_text(changed.read_text("utf-8").replace("0.5", "0.0"), encoding="utf-8")
    (kit / "results" / "student-1.json").write_text("{", encoding="utf-8")
    assert batch.run(folder, kit, ROOT, trusting=True) == 2


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("ada", "ada"),
        ("lovelaceada_4711_99_linear_models_four_ways", "4711"),
        ("lovelaceada_LATE_4711_99_linear_models_four_ways-2", "4711"),
        ("first.last", "first.last"),
        ("ada_lovelace", "ada_lovelace"),
    ],
)
def test_a_file_belongs_to_a_student(name: str, student: str) -> None:
    assert batch.student_of(Path(f"{name}.ipynb")) == student


def test_two_notebooks_of_a_student_and_empty_folders_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no notebook"):
        list(batch.submissions(tmp_path))
    for name in ("4711", "adalovelace_4711_99_hw"):
        (tmp_path / f"{name}.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="more than one notebook"):
        list(batch.submissions(tmp_path))


def test_without_namespaces_marking_has_to_be_asked_for(
    handed_in: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kit = handed_in
    monkeypatch.setattr(jail, "supported", lambda: "forbidden")
    with pytest.raises(ValueError, match=r"forbidden.*--trusting"):
        batch.run(folder, kit, ROOT)
    assert results(kit) == {}


def test_building_tries_the_solution_and_the_starter(tmp_path: Path) -> None:
    text = TOY.read_text(encoding="utf-8")
    wrong = text.replace("return SCALE * x", "return SCALE + x")
    generous = text.replace("assert scale(1.0) == SCALE", "assert SCALE == 3")
    for name, source in (("right", text), ("wrong", wrong), ("generous", generous)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "toy.md").write_text(source, encoding="utf-8")
    right, wrong_kit, generous_kit = (
        assign.build(tmp_path / name / "toy.md", ROOT, tmp_path / name)
        for name in ("right", "wrong", "generous")
    )
    assert try_out(right, ROOT) == 8
    with pytest.raises(HomeworkError, match="scale: our solution gets 0 of 4: Three times"):
        try_out(wrong_kit, ROOT)
    with pytest.raises(HomeworkError, match="scale: the starter gets 1 points"):
        try_out(generous_kit, ROOT)


def test_the_commands_say_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--root", str(tmp_path)]
    assert main(["build", "nonsense", "--root", str(ROOT)]) == 1
    assert "there are: " in capsys.readouterr().err
    assert main(["grade", "nonsense", str(tmp_path), *root]) == 1
    assert "make homework" in capsys.readouterr().err
    assert main(["gradebook", str(tmp_path), *root]) == 1
    assert "roster.csv" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["grade", "one"])
