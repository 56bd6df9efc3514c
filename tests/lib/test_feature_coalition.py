"""The lab that switches a person's answers on and off, as a notebook has it."""

import html
import json
import re

import torch

from sdl_lib import live
from sdl_lib.attribution import all_coalitions
from sdl_lib.live import feature_coalition as lab
from sdl_lib.live import feature_coalition_page as page


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


def test_people_are_efficient_games():
    people = lab.people()
    assert list(people) == list(lab.PEOPLE)
    for person in people.values():
        assert person.worths.shape == (4096,)
        gap = person.worths[-1] - person.worths[0]
        assert abs(float(person.shapley.sum() - gap)) <= 1e-10
        assert len(person.answers) == len(lab.NAMES) == 12


def test_gains_are_differences_of_neighbours():
    worths = torch.arange(16).double() ** 2
    known = [True, False, True, False]
    row = all_coalitions(4).tolist().index(known)
    assert lab.place(known) == row == 0b1010
    assert lab.gains(worths, known).tolist() == [100 - 4, 196 - 100, 100 - 64, 121 - 100]


def test_the_control_answers_its_knobs():
    control = live.show("feature-coalition")
    person = lab.people()["a professional of 28"]
    assert said(control) == lab.sentence(person, [True] * 12)
    picture = control.picture.value
    control.answers[5].value = False
    known = [i != 5 for i in range(12)]
    assert said(control) == lab.sentence(person, known)
    assert said(control).startswith("With 11 of 12 answers on, the network gives 18.1")
    assert control.picture.value != picture
    control.person.value = "a craft worker of 45"
    assert control.answers[8].description == "capital gain: $7,298"
    assert "capital gain matters most now" in said(control)


def test_points_have_a_sign_unless_they_are_nothing():
    assert [lab.points(p) for p in (0.123, -0.123, 0.0004, -0.0004)] == [
        "+12.3",
        "−12.3",
        "0.0",
        "0.0",
    ]


def test_the_assets_are_whole_and_the_same_at_every_build(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        page.write(tmp_path / name)
    for file in ("lab.json", "fallback.json", "fallback.png", "worths.bin"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / "worths.bin").stat().st_size == 4 * 4096 * 4
    fallback = json.loads((tmp_path / "a" / "fallback.json").read_text())
    first = [row[0].split(":")[0] for row in fallback["table"]["rows"]]
    assert first == list(lab.NAMES)
    assert len(fallback["alt"]) > 200
