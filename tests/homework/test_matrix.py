"""Each homework marks rightly: its solution, its starter, and plausible wrong solutions."""

import json
from pathlib import Path
from typing import Any

import pytest
from kits import LEAST_WRONG, ROOT, SOURCES, hand_in, notebook, reference, wrong_solutions

from tools.homework import assign, batch
from tools.homework.source import Homework, read


class Marked:
    """A homework and the results of all its notebooks."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.homework: Homework = read(path)
        self.kit = assign.build(path, ROOT, folder)
        self.wrong = wrong_solutions(self.homework.name)
        right = reference(self.homework)
        hand_in(folder / "in", "reference", notebook(self.homework, right))
        hand_in(folder / "in", "starter", notebook(self.homework, {}))
        for number in range(max(map(len, self.wrong.values()), default=0)):
            answers = {q: w[number][0] for q, w in self.wrong.items() if number < len(w)}
            hand_in(folder / "in", f"wrong-{number}", notebook(self.homework, answers))
        batch.run(folder / "in", self.kit, ROOT, trusting=True)  # the notebooks are ours

    def question(self, student: str, question: str) -> dict[str, Any]:
        text = (self.kit / "results" / f"{student}.json").read_text(encoding="utf-8")
        result = json.loads(text)
        assert not result["problem"], result["problem"]
        found: dict[str, Any] = result["questions"][question]
        return found


@pytest.fixture(scope="module", params=SOURCES, ids=lambda path: path.stem)
def marked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Marked:
    return Marked(request.param, tmp_path_factory.mktemp("homework"))


def test_the_reference_gets_all_points_and_the_starter_none(marked: Marked) -> None:
    for name, question in marked.homework.questions.items():
        right, starter = (marked.question(s, name) for s in ("reference", "starter"))
        if question.manual:
            assert right["points"] is starter["points"] is None
        else:
            assert right["points"] == question.points, (name, right)
            assert starter["points"] == 0, (name, starter)


def test_wrong_solutions_lose_points_and_are_told_why(marked: Marked) -> None:
    faults = []
    for name, question in marked.homework.questions.items():
        if question.manual:
            continue
        wrong = marked.wrong.get(name, [])
        if len({hint for _, _, hint in wrong}) < LEAST_WRONG:
            faults.append(f"{name}: at least {LEAST_WRONG} wrong solutions with their own hints")
        for number, (_, most, hint) in enumerate(wrong):
            found = marked.question(f"wrong-{number}", name)
            if not found["points"] <= most < question.points:
                faults.append(f"{name}, wrong solution {number}: {found['points']} points")
            if not any(hint.lower() in told.lower() for told in found["hints"]):
                faults.append(f"{name}, wrong solution {number}: not {hint!r} in {found['hints']}")
    assert not faults, "\n" + "\n".join(faults)


def test_a_second_run_finds_nothing_to_do(marked: Marked) -> None:
    assert batch.run(marked.kit.parent / "in", marked.kit, ROOT, trusting=True) == 0
