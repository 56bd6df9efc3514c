"""The lab of the COMPAS thresholds, as a notebook has it, and its law."""

import html
import json
import re

import pytest
import torch

from sdl_lib import live
from sdl_lib.fairness import implied_fpr
from sdl_lib.live import compas_thresholds as lab
from sdl_lib.live import compas_thresholds_page as page


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


def at(groups, first, second, base=None):
    return lab.rates(groups, (first, second), tuple(groups.base if base is None else base))


def test_whole_thresholds_give_the_rates_of_the_chapter():
    found = at(lab.split("race"), 5, 5)
    assert found["fpr"].tolist() == pytest.approx((0.4485, 0.2345), abs=1e-4)
    assert (1 - found["tpr"]).tolist() == pytest.approx((0.2799, 0.4772), abs=1e-4)
    assert found["ppv"].tolist() == pytest.approx((0.6297, 0.5913), abs=1e-4)
    assert lab.gaps(found)["calibration"] == pytest.approx(0.03395, abs=1e-4)


def test_a_threshold_between_two_deciles_is_a_mixture():
    assert lab.flagged(5.3).tolist() == pytest.approx([0] * 4 + [0.7] + [1] * 5)
    groups = lab.split("sex")
    low, middle, high = (at(groups, t, t)["fpr"] for t in (4, 4.5, 5))
    torch.testing.assert_close(middle, (low + high) / 2)
    assert at(groups, 1, 1)["tpr"].tolist() == [1.0, 1.0]
    assert at(groups, 11, 11)["selection"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("base", [(0.2, 0.7), (0.5, 0.5), (0.05, 0.95)])
def test_chouldechovas_identity_holds_wherever_the_knobs_stand(base):
    found = at(lab.split("race"), 3.7, 8.2, base)
    forced = implied_fpr(base=found["base"], ppv=found["ppv"], fnr=1 - found["tpr"])
    torch.testing.assert_close(forced, found["fpr"], rtol=0, atol=1e-12)


def test_a_base_rate_leaves_the_error_rates_alone():
    groups = lab.split("race")
    before, after = at(groups, 5, 5), at(groups, 5, 5, (0.3, 0.3))
    for name in ("tpr", "fpr"):
        assert torch.equal(before[name], after[name])
    assert float(after["ppv"][0]) < float(before["ppv"][0])


def test_the_story_of_the_chapter():
    groups = lab.split("race")
    base = tuple(groups.base.tolist())
    gap = lab.gaps(at(groups, 5, 5))
    assert lab.sentence(gap) == (
        "Within 0.05: predictive parity and calibration within groups. "
        "Broken: demographic parity, equal opportunity and equalised odds."
    )
    other = lab.match(groups, "fpr", 5.0, base)
    assert lab.holds(lab.gaps(at(groups, 5, other))["odds"])
    assert lab.gaps(at(groups, 5, other))["ppv"] > 0.1
    same = lab.gaps(at(groups, 5, other, (base[0], base[0])))
    assert [name for name in lab.ROWS if not lab.holds(same[name])] == ["calibration"]


def test_the_control_answers_its_knobs():
    control = live.show("compas-thresholds")
    assert said(control).startswith("Within 0.05: predictive parity and calibration")
    picture = control.picture.value
    control.second.value = 3.2
    assert "Broken: predictive parity." in said(control)
    assert control.picture.value != picture
    assert "FPR = p/(1−p)" in control.table.value
    control.first.value = 11.0
    assert said(control).endswith("predictive parity is not defined.")
    assert "nobody is flagged" in control.table.value
    control.groups.value = "sex"
    assert control.base_first.value == pytest.approx(0.357, abs=1e-3)
    with pytest.raises(ValueError, match="attribute: expected one of race, sex"):
        live.show("compas-thresholds", attribute="age")


def test_the_assets_are_whole_and_the_same_at_every_build(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        page.write(tmp_path / name)
    for file in ("lab.json", "fallback.json", "fallback.png"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    fallback = json.loads((tmp_path / "a" / "fallback.json").read_text())
    gaps = [float(row[-1]) for row in fallback["table"]["rows"]]
    assert [gap <= lab.TOLERANCE for gap in gaps] == [False] * 4 + [True] * 2
    assert len(fallback["alt"]) > 200
