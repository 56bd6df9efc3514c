"""A claim is shown when it holds, and raises when it does not; a number is bound for the prose."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from myst_nb import glue as their_glue

from sdl_lib import check

numbers = st.floats(-1e6, 1e6)


@pytest.fixture
def shown(monkeypatch):
    """What the page would show: a list of (object, options)."""
    seen = []
    monkeypatch.setattr(check, "display", lambda *what, **how: seen.append((*what, how)))
    return seen


def bundle(record):
    """The outputs that a notebook would hold for it."""
    return record._repr_mimebundle_()


def test_a_claim_that_holds_is_shown_and_recorded(shown):
    check.claim("error-is-small", 0.25, "<=", 0.5, text="The error", published="0.3 [@paper]")
    ((record, _),) = shown
    outputs = bundle(record)
    assert outputs["text/plain"] == "✓ The error: 0.25 ≤ 0.5"
    assert "The error: 0.25 ≤ 0.5" in outputs["text/html"]
    assert outputs["application/vnd.sdl.claim+json"] == {
        "id": "error-is-small",
        "value": 0.25,
        "relation": "<=",
        "bound": 0.5,
        "text": "The error",
        "published": "0.3 [@paper]",
    }
    json.dumps(outputs)  # a notebook is JSON


def test_a_claim_without_a_text_reads_as_its_name(shown):
    check.claim("error-is-small", 1, "==", 1)
    assert str(shown[0][0]) == "error is small: 1 = 1"


def test_what_is_shown_is_escaped(shown):
    check.claim("x", 1, "<", 2, text="<script>")
    assert "<script>" not in bundle(shown[0][0])["text/html"]


@given(numbers, st.sampled_from(["<=", "<", ">=", ">", "=="]), numbers)
def test_a_claim_raises_exactly_when_it_is_false(value, relation, bound):
    truth = {
        "<=": value <= bound,
        "<": value < bound,
        ">=": value >= bound,
        ">": value > bound,
        "==": value == bound,
    }[relation]
    with pytest.MonkeyPatch.context() as patch:
        seen = []
        patch.setattr(check, "display", seen.append)
        if truth:
            check.claim("law", value, relation, bound)
        else:
            with pytest.raises(check.ClaimError, match="claim 'law' is false"):
                check.claim("law", value, relation, bound)
        assert len(seen) == truth


def test_a_false_claim_is_an_assertion_error():
    assert issubclass(check.ClaimError, AssertionError)


@pytest.mark.parametrize("relation", ["<=", "<", ">=", ">", "=="])
def test_no_claim_holds_for_nan(shown, relation):
    with pytest.raises(check.ClaimError):
        check.claim("law", math.nan, relation, 1)
    assert not shown


def test_tensors_of_one_number_are_numbers(shown):
    check.claim("law", torch.tensor([[2.0]]), ">", 1)
    assert shown[0][0].value == 2.0
    with pytest.raises(ValueError, match=r"^value: expected a single number, found shape"):
        check.claim("law", torch.zeros(2), "==", 0)


def test_an_unknown_relation_is_named():
    with pytest.raises(ValueError, match=r"^relation: .*found '!='"):
        check.claim("law", 1, "!=", 2)


def test_the_unit_box(shown):
    check.unit_box(torch.tensor([[0.0, 1.0]]))
    check.unit_box(torch.zeros(0, 3))
    assert shown[0][0].id == "x_adv-in-the-unit-box"
    for bad in (-1e-6, 1 + 1e-6, math.nan):
        with pytest.raises(check.ClaimError):
            check.unit_box(torch.tensor([[0.5, bad]]))


def test_the_balls(shown):
    x = torch.full((2, 4), 0.5)
    x_adv = x + torch.tensor([[0.1, -0.1, 0.1, 0.1], [0.0, 0.0, 0.0, 0.0]])
    check.linf_ball(x_adv, x, 0.1)
    check.l2_ball(x_adv, x, 0.2, name="other")
    assert [record.id for record, _ in shown] == [
        "x_adv-in-the-unit-box",
        "x_adv-in-the-linf-ball",
        "other-in-the-unit-box",
        "other-in-the-l2-ball",
    ]
    assert shown[1][0].value == pytest.approx(0.1)
    assert shown[3][0].value == pytest.approx(0.2)
    with pytest.raises(check.ClaimError, match="linf-ball"):
        check.linf_ball(x_adv, x, 0.0999)
    with pytest.raises(check.ClaimError, match="l2-ball"):
        check.l2_ball(x_adv, x, 0.1999)
    with pytest.raises(check.ClaimError, match="unit-box"):
        check.linf_ball(x + 0.6, x, 1)


@pytest.mark.parametrize("value", [0.125, 3, "three", torch.tensor(0.5)])
def test_glue_writes_what_myst_nb_reads(shown, monkeypatch, value):
    check.glue("accuracy", value)
    ((ours, our_options),) = shown
    theirs = []
    monkeypatch.setattr("IPython.core.formatters.format_display_data", DisplayFormatter().format)
    monkeypatch.setattr(
        "myst_nb.ext.glue.ipy_display", lambda *what, **how: theirs.append((*what, how))
    )
    their_glue("accuracy", value.item() if isinstance(value, torch.Tensor) else value, False)
    assert [(ours, our_options)] == theirs


def test_verdicts_say_what_they_mean():
    right, wrong = check.Verdict(True, "a < b"), check.Verdict(False, "a > b")
    assert bundle(right)["text/plain"] == "✓ Right. a < b"
    assert bundle(wrong)["text/plain"] == "✗ Not yet. a > b"
    assert "a &lt; b" in bundle(right)["text/html"]
    assert "sdl-right" in bundle(right)["text/html"]
    assert "sdl-not-yet" in bundle(wrong)["text/html"]


@pytest.mark.parametrize("eps", [1e-3, 0.01, 1.0, 30.0])
def test_rounding_in_float32_raises_no_false_alarm(eps):
    x = torch.rand(8, 784, generator=torch.Generator().manual_seed(0))
    step = torch.randn(8, 784, generator=torch.Generator().manual_seed(1))
    x_adv = (x + eps * step / step.norm(dim=1, keepdim=True)).clamp(0, 1)
    check.l2_ball(x_adv, x, eps)
    check.linf_ball((x + eps).clamp(0, 1), x, eps)


def test_an_empty_batch_is_inside_every_ball():
    nothing = torch.zeros(0, 1, 28, 28)
    check.linf_ball(nothing, nothing, 0.1)
    check.l2_ball(nothing, nothing, 0.1)
