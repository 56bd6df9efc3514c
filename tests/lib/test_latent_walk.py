"""The lab "latent walk" in a notebook: its points, its directions, its files."""

import json

import pytest
import torch

from sdl_lib import live, models
from sdl_lib.live import latent_walk as lab
from sdl_lib.training import predict


def test_each_digit_has_a_start_that_is_read_as_it():
    drawn = lab.draw(lab.space().starts)
    assert predict(models.load("lenet5"), drawn).argmax(1).tolist() == list(range(10))


def test_the_way_begins_and_ends_where_it_says():
    starts = lab.space().starts
    for way, digit in ((0, 3), (1, 8)):
        there = lab.point(3, 8, way=way, ink=0, slant=0)
        torch.testing.assert_close(there[0], starts[digit])


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_the_directions_do_what_their_names_say(seed):
    z = torch.randn(400, 32, generator=torch.Generator().manual_seed(seed))
    known = lab.space()
    ink = [float(lab.draw(z + s * known.ink).mean()) for s in (-2, 0, 2)]
    slant = [float(lab.leaning(lab.draw(z + s * known.slant)).median()) for s in (-2, 0, 2)]
    assert ink == sorted(ink)
    assert ink[2] > 1.5 * ink[0]
    assert slant == sorted(slant)
    assert slant[2] > slant[0] + 0.4


def test_leaning_is_the_slope_of_a_stroke():
    x = torch.zeros(2, 1, 28, 28)
    for step in range(10):
        x[0, 0, 18 - step, 8 + step] = 1  # to the right as it rises
        x[1, 0, 8 + step, 14] = 1
    assert lab.leaning(x).tolist() == pytest.approx([1, 0], abs=1e-5)


def test_the_control_says_what_it_draws():
    control = live.show("latent-walk")
    control.way.value, control.slant.value = 0, 0.0
    assert "0% of the way from a 3 to an 8" in control.verdict.value
    assert "LeNet-5 reads a 3" in control.verdict.value


def test_the_files_are_light_and_the_same_each_time(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        lab.write(tmp_path / name)
    first, second = (sorted((tmp_path / name).iterdir()) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert sum(path.stat().st_size for path in first) <= 400_000
    fallback = json.loads((tmp_path / "a" / "fallback.json").read_text())
    assert len(fallback["table"]["rows"]) == 5
