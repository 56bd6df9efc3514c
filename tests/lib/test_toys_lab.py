"""The lab *superposition*: what it exports, and its control in a notebook."""

import html
import json
import re

import pytest
import torch

from sdl_lib import live
from sdl_lib.attribution import kept, toy_inputs
from sdl_lib.live import superposition as lab


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


def test_points_and_patterns_give_the_librarys_inputs(tmp_path):
    lab.write(tmp_path)
    setup = json.loads((tmp_path / "lab.json").read_text())
    for sparsity in (0.3, 0.9):
        x, p = toy_inputs(lab.FEATURES, sparsity=sparsity)
        assert setup["points"] == x.tolist()
        chances = [
            (1 - sparsity) ** k * sparsity ** (lab.FEATURES - k) / n
            for k, n in setup["patterns"]
            for _ in range(n)
        ]
        torch.testing.assert_close(torch.tensor(chances, dtype=torch.float64), p)
    assert (tmp_path / "lab.json").stat().st_size <= 60_000
    fallback = json.loads((tmp_path / "fallback.json").read_text())
    assert [row[1] for row in fallback["table"]["rows"]] == ["2", "2", "4", "4", "4", "5", "5"]
    assert len(fallback["alt"]) > 200
    assert (tmp_path / "fallback.png").stat().st_size > 1000


def test_the_control_answers_its_knobs():
    control = live.show("superposition")
    assert "keeps five of five features" in said(control)
    picture = control.picture.value
    control.sparsity.value = 0.0
    assert "keeps two of five features" in said(control)
    assert control.picture.value != picture
    before = said(control)
    control.sparsity.value = 0.7
    assert "keeps four of five features" in said(control)
    control.roll.value = 1
    assert said(control) != before


@pytest.mark.parametrize("roll", range(lab.ROLLS))
def test_every_roll_of_the_dice_tells_the_story(roll):
    for sparsity, count in ((0.0, 2), (0.7, 4), (0.9, 5)):
        models = lab.train(sparsity, roll)
        assert int(kept(models.weight[models.best])) == count


def test_the_smallest_angle():
    turn = torch.tensor([0.0, 72, 144, 216, 288]).deg2rad()
    pentagon = torch.stack([turn.cos(), turn.sin()])
    assert lab.smallest_angle(pentagon) == pytest.approx(72, abs=1e-3)
    assert lab.smallest_angle(pentagon[:, [0, 2]]) == pytest.approx(144, abs=1e-3)
    short = pentagon.clone()
    short[:, 1] *= 0.1
    assert lab.smallest_angle(short[:, :3]) == pytest.approx(144, abs=1e-3)
