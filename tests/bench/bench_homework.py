"""A class's homework, marked in one run on the cores of this machine.

``python tests/bench/bench_homework.py 60`` marks sixty notebooks of the first homework: right,
wrong, empty and hostile ones in turn, and checks every mark. ``make bench`` takes twelve. Printed
are seconds a notebook, by the clock and of the processors, beside those of its cells alone.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "homework")]

from kits import SOURCES, hand_in, notebook, reference, wrong_solutions  # noqa: E402

from tools.homework import assign, batch, jail  # noqa: E402
from tools.homework.source import read  # noqa: E402

SOURCE = next(path for path in SOURCES if path.stem == "linear-models-four-ways")
NASTY = {
    "loops": "while True:\n    pass",
    "hogs": "hog = []\nwhile True:\n    hog.append(bytearray(10**8))",
    "exits": "import os\nos._exit(0)",
    "deletes": "import shutil\nshutil.rmtree('/', ignore_errors=True)",
}


def main(count: int) -> None:
    homework = read(SOURCE)
    right, wrong = reference(homework), wrong_solutions(homework.name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if why := jail.supported():
            sys.exit(f"no namespaces here ({why}): hostile notebooks are not run without")
        kit = assign.build(SOURCE, ROOT, folder)
        kinds = itertools.cycle(["right", "wrong", "right", "empty", "right", "nasty"])
        for number, kind in zip(range(count), kinds, strict=False):
            answers = right if kind in ("right", "nasty") else {}
            if kind == "wrong":
                answers = {q: w[number // 6 % len(w)][0] for q, w in wrong.items()}
            before = list(NASTY.values())[number // 6 % len(NASTY)] if kind == "nasty" else ""
            hand_in(folder / "in", f"{kind}-{number:03d}", notebook(homework, answers, before))
        start, before_us = time.monotonic(), sum(os.times()[:4])
        batch.run(folder / "in", kit, ROOT)
        seconds, work = time.monotonic() - start, sum(os.times()[:4]) - before_us
        found = {p.stem: json.loads(p.read_text()) for p in (kit / "results").glob("*")}
        points = {student: result["points"] for student, result in found.items()}
        usual = [r["processor_seconds"] for s, r in found.items() if not s.startswith("nasty")]
        work += sum(result["processor_seconds"] for result in found.values())
        full = sum(q.points for q in homework.questions.values() if not q.manual)
        for student, got in points.items():
            kind = student.split("-")[0]
            expected = {"right": got == full, "empty": got == 0, "nasty": True}
            assert expected.get(kind, 0 < got < full), (student, got)
        alone = cells_alone(notebook(homework, right), folder)
        again = time.monotonic()
        assert batch.run(folder / "in", kit, ROOT) == 0
        again = time.monotonic() - again
    print(f"{len(points)} notebooks, namespaces: {jail.supported() or 'yes'}, every mark right")
    print(f"{seconds:.0f} s by the clock, {seconds / count:.1f} s each; of the processors:")
    print(f"{work / count:.1f} s each with the hostile ones; without, in the jail")
    print(f"{sum(usual) / len(usual):.1f} s each; the solution's cells alone {alone:.1f} s")
    print(f"a second run, with nothing to do: {again:.1f} s")


def cells_alone(book: object, folder: Path) -> float:
    """Processor seconds of the notebook's cells as a script, with the start of Python."""
    script = folder / "alone.py"
    script.write_text("\n\n".join(cell.source for cell in book.cells), "utf-8")  # type: ignore[attr-defined]
    start = sum(os.times()[2:4])
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, str(script)], env=env, check=True, stdout=subprocess.DEVNULL)
    return sum(os.times()[2:4]) - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
