"""The lab of the optimisers' paths, as a notebook has it."""

import html
import json
import re

import pytest
import torch

from sdl_lib import live
from sdl_lib.curvature import hessian
from sdl_lib.live import optimiser_paths as lab


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


def test_the_bowl_has_the_curvatures_it_names():
    for turned in (False, True):
        matrix = hessian(lab.bowl(100, turned), torch.zeros(2).double())
        values = torch.linalg.eigvalsh(matrix)
        torch.testing.assert_close(values, torch.tensor([0.01, 1.0]).double())
        assert bool(matrix[0, 1].abs() > 0.1) == turned


@pytest.mark.parametrize(
    ("loss", "expected"),
    [([1, 1e-7, 1e-8], 1), ([1, 1e-7, 0.5, 1e-7], 3), ([1, 0.5], None), ([0.0, 0.0], 0)],
)
def test_steps_are_counted_until_the_loss_stays_low(loss, expected):
    assert lab.steps_needed(torch.tensor(loss, dtype=torch.float64)) == expected
    assert lab.steps_needed(torch.tensor([1.0, float("nan")])) is None


def test_the_control_answers_its_knobs():
    control = live.show("optimiser-paths")
    assert "Newton after 1 step," in said(control)
    picture = control.picture.value
    control.lr.value = 3.0
    assert "Running away: gradient descent" in said(control)
    assert control.picture.value != picture
    control.lr.value = 0.02
    assert "Not yet after 150 steps: gradient descent" in said(control)
    control.x.value, control.y.value = 0.0, 0.0
    assert said(control) == "You start at the lowest point: nothing is left to do."


def test_the_assets_are_whole_and_the_same_at_every_build(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        lab.write(tmp_path / name)
    for file in ("lab.json", "fallback.json", "fallback.png"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    fallback = json.loads((tmp_path / "a" / "fallback.json").read_text())
    assert [row[0] for row in fallback["table"]["rows"]][-1] == "1000"
    assert all(row[-1] == "1" for row in fallback["table"]["rows"])  # Newton
    assert len(fallback["alt"]) > 200
