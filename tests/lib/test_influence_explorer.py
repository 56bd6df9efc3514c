"""The lab "influence explorer": what it says is what the library computes."""

import html
import json
import re

import numpy as np
import pytest
import torch

from sdl_lib import live, models
from sdl_lib.attribution import integrated_gradients
from sdl_lib.data import mnist10k
from sdl_lib.live import influence_explorer as lab
from sdl_lib.live import influence_explorer_page as page


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


def test_segment_times_activation_is_integrated_gradients(lenet, digits):
    x, y = digits[0][:1], digits[1][:1]
    question = lab.Question("input", "class", int(y), 0, 0, "segment", True)
    got = lab.explain(lenet, x, int(y), question)
    expected = integrated_gradients(lenet, x, y, steps=lab.STEPS)[0]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)
    rise = lab.measured(lenet, x, question) - lab.measured(lenet, 0 * x, question)
    assert float(got.sum()) == pytest.approx(rise, abs=0.2)
    assert f"it changes by +{rise:.2f}" in lab.sentence(question, int(y), got, rise)


@pytest.mark.parametrize("kind", lab.QUANTITIES.values())
@pytest.mark.parametrize("distribution", lab.DISTRIBUTIONS.values())
def test_every_question_has_an_answer(lenet, digits, kind, distribution):
    for slice, shape in (("input", (1, 28, 28)), ("conv 1", (6, 28, 28)), ("conv 2", (16, 10, 10))):
        for multiply in (False, True):
            question = lab.Question(slice, kind, 3, 8, 5, distribution, multiply)
            chi = lab.explain(lenet, digits[0][:1], int(digits[1][0]), question)
            assert chi.shape == shape
            assert bool(chi.any())
            assert lab.sentence(question, 3, chi, 0.0).count("All together") == 1


def test_control_says_what_the_library_computes(lenet):
    control = live.show("influence-explorer")
    control.digit.value, control.slice.value, control.quantity.value = 7, "conv 1", "two classes"
    control.k.value, control.other.value = 9, 4
    control.distribution.value, control.measure.value = "noise", "times activation"
    x, y = (part[7:8] for part in mnist10k("test"))
    question = lab.Question("conv 1", "two", 9, 4, 0, "noise", True)
    assert control.question() == question
    chi = lab.explain(lenet, x, int(y), question)
    assert said(control) == lab.sentence(question, int(y), chi, 0.0)
    assert bytes(control.picture.value[:4]) == b"\x89PNG"
    control.other.value = 9
    assert "score of 9 less that of 0" in said(control), "two equal classes are taken apart"


@pytest.mark.parametrize(
    ("model", "problem"),
    [(models.MLP().eval(), "expected a LeNet5, found MLP"), (models.LeNet5(), "training mode")],
)
def test_control_refuses_what_it_cannot_explain(model, problem):
    with pytest.raises(ValueError, match=problem):
        live.show("influence-explorer", model=model)


def test_page_gets_the_digits_and_the_noise(tmp_path):
    page.write(tmp_path)
    setup = json.loads((tmp_path / "lab.json").read_text())
    raw = np.fromfile(tmp_path / "digits.bin", np.uint8).reshape(-1, 1, 28, 28)
    shown = torch.from_numpy(raw).float() / 255
    x, y = mnist10k("test")
    rows = [sample["index"] for sample in setup["samples"]]
    assert torch.equal(shown, torch.cat([x[rows], lab.gallery()]))
    assert [sample["label"] for sample in setup["samples"]] == y[rows].tolist() == list(range(10))
    noise = np.fromfile(tmp_path / "noise.bin", "<f4").reshape(lab.DRAWS, 1, 28, 28)
    assert torch.equal(torch.from_numpy(noise), lab.noise())
    assert [part["layer"] for part in setup["slices"]] == [-1, 1, 4]
    assert [part["shape"][0] for part in setup["slices"]] == [1, 6, 16]
