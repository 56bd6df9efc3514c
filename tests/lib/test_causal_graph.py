"""The lab *causal-graph*: its closed forms, what it exports, and its control in a notebook."""

import html
import json
import re

import matplotlib.pyplot as plt
import pytest
import torch

from sdl_lib import live
from sdl_lib.causal_figure import draw_causal_graph
from sdl_lib.fairness import counterfactual_gap, fit_rule, linear_model
from sdl_lib.live import causal_graph as lab


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


def without(*edges):
    return lab.STRENGTH | dict.fromkeys(edges, 0.0)


@pytest.mark.parametrize("cut", [(), (("group", "test"),), (("schooling", "rating"),)])
def test_the_closed_forms_are_what_a_large_sample_shows(cut):
    strength = without(*cut)
    model = linear_model(strength, sd=lab.SD, coins=["group"])
    people = model.sample(100_000, generator=torch.Generator().manual_seed(0))
    noise = model.abduct(people)
    on_noise = fit_rule({**noise, "rating": people["rating"]}, ["schooling", "test"], "rating")
    rules = {
        "unaware": fit_rule(people, ["schooling", "test"], "rating"),
        "aware": fit_rule(people, ["group", "schooling", "test"], "rating"),
        "repaired": lambda values: on_noise(model.abduct(values)),
    }
    for name, seen in lab.look(strength).items():
        score = rules[name](people)
        invited = (score > score.median()).double()
        shares = [float(invited[people["group"] == g].mean()) for g in (0, 1)]
        gap = counterfactual_gap(model, people, rules[name], {"group": 1 - people["group"]})
        assert shares == pytest.approx([seen.first, seen.second], abs=0.01)
        assert float(gap.mean()) == pytest.approx(seen.gap, abs=0.03)
        both = torch.stack([score, people["rating"]]).corrcoef()
        assert float(both[0, 1]) == pytest.approx(seen.correlation, abs=0.01)


def test_what_cutting_does():
    aware_alone = lab.look(without(("group", "schooling"), ("group", "test")))
    assert aware_alone["unaware"].gap == pytest.approx(0, abs=1e-12)
    assert aware_alone["aware"].gap == pytest.approx(0.5, abs=1e-12)
    no_past = lab.look(without(("group", "rating")))
    assert no_past["unaware"].gap == pytest.approx(no_past["aware"].gap, abs=1e-12)
    assert no_past["unaware"].gap > 0.5
    for edge in lab.STRENGTH:
        seen = lab.look(without(edge))["repaired"]
        assert (seen.first, seen.second, seen.gap) == (0.5, 0.5, 0)
    nothing = lab.look(dict.fromkeys(lab.STRENGTH, 0.0))
    assert all(s == (0.5, 0.5, 0, 0) for s in nothing.values())
    past_only = dict.fromkeys(lab.STRENGTH, 0.0) | {("group", "rating"): 1.0}
    assert lab.look(past_only)["aware"].second == 1


def test_the_files_hold_the_model(tmp_path):
    lab.write(tmp_path)
    setup = json.loads((tmp_path / "lab.json").read_text())
    assert [tuple(edge) for edge in setup["edges"]] == list(lab.STRENGTH)
    assert setup["start"] == [*lab.STRENGTH.values()]
    fallback = json.loads((tmp_path / "fallback.json").read_text())
    assert len(fallback["table"]["rows"]) == 6
    assert len(fallback["alt"]) > 200
    assert (tmp_path / "fallback.png").stat().st_size > 1000


def test_the_control_answers_its_knobs():
    control = live.show("causal-graph")
    assert said(control).startswith("With 6 of 6 edges in place the unaware rule invites 31.9%")
    picture = control.picture.value
    control.kept["group", "test"].value = False
    assert said(control).startswith("With 5 of 6 edges")
    assert control.picture.value != picture
    before = said(control)
    control.strength["group", "schooling"].value = 0.1
    assert said(control) != before


def test_a_graph_is_drawn_with_every_edge_and_refuses_an_unplaced_variable():
    _, ax = plt.subplots()
    draw_causal_graph(ax, without(("group", "test")), lab.PLACES, marked=("group",))
    shown = [text.get_text() for text in ax.texts]
    assert set(lab.NAMES) <= set(shown)
    assert shown.count("cut") == 1
    with pytest.raises(ValueError, match="places"):
        draw_causal_graph(ax, {("group", "age"): 1.0}, lab.PLACES)
    plt.close("all")
