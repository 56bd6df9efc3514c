"""The lab *next letter*: what it exports, and its control in a notebook."""

import html
import json
import re

import numpy as np
import pytest
import torch

from sdl_lib import live, models
from sdl_lib.live import next_letter as lab
from sdl_lib.models import CharGRU
from sdl_lib.sequences import ALPHABET, encode, next_letter


def text(shown: str) -> str:
    return html.unescape(re.sub("<.*?>", "", shown))


def test_export_writes_every_weight_in_at_most_300_kb():
    model = models.load("char-gru")
    described, block = lab.manifest(model)
    numbers = np.frombuffer(block, "<f4")
    assert len(numbers) == described["floats"] == sum(p.numel() for p in model.parameters())
    assert len(block) <= 300_000
    for name, parameter in model.named_parameters():
        where = described["parameters"][name]
        part = numbers[where["offset"] :][: parameter.numel()].reshape(where["shape"])
        assert np.array_equal(part, parameter.numpy())


def test_a_network_over_another_alphabet_is_refused():
    with pytest.raises(ValueError, match="38 classes, found 5"):
        lab.manifest(CharGRU(5))
    with pytest.raises(ValueError, match="training mode"):
        live.show("next-letter", model=CharGRU())


def test_assets_are_whole(tmp_path):
    live.next_letter_page.write(tmp_path)
    setup = json.loads((tmp_path / "lab.json").read_text())
    fallback = json.loads((tmp_path / "fallback.json").read_text())
    assert (tmp_path / f"{setup['network']}.bin").stat().st_size <= 300_000
    assert all(len(row) == len(fallback["table"]["head"]) for row in fallback["table"]["rows"])
    assert len(fallback["alt"]) > 40


def test_draws_are_uniform_and_depend_on_the_seed_alone():
    draws = np.array(lab.uniforms(1, 20_000))
    assert 0 <= draws.min() < draws.max() < 1
    assert abs(draws.mean() - 0.5) < 0.01
    assert lab.uniforms(1, 5) == draws[:5].tolist() != lab.uniforms(2, 5)


def test_the_sentence_says_what_the_network_says():
    model, plain = models.load("char-gru"), "off with her "
    scores = lab.logits(model, plain)
    p = next_letter(model, encode("\n" + plain), temperature=0.5)
    top = lab.best(scores, 0.5)
    assert top[0] == (ALPHABET[p.argmax()], pytest.approx(float(p.max()), abs=1e-6))
    bits = lab.costs(scores, plain)
    assert len(bits) == len(plain)
    assert f"{sum(bits) / len(bits):.2f} bits a letter" in lab.sentence(plain, top, bits)


def test_control_answers_to_its_knobs():
    control = live.show("next-letter")
    before = control.written.value
    control.seed.value = 2
    assert control.written.value != before
    control.text.value = "q"
    assert text(control.verdict.value).startswith("After “q” the network expects “u”")
    control.temperature.value = 0.2
    assert "100.0" in text(control.verdict.value)
    control.text.value = ""
    assert text(control.verdict.value).startswith("Before the first letter")
    control.text.value = "Ärger & 7 <b>"
    assert "bits a letter" in text(control.verdict.value)


def test_control_takes_an_own_model():
    torch.manual_seed(0)
    own = CharGRU(width=4, hidden=4).eval()
    control = live.show("next-letter", model=own, text="a")
    assert text(control.verdict.value).startswith("After “a”")
    assert not own.training
