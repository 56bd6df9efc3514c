"""The lab "integrated gradients": what it says is what the library computes."""

import html
import json
import re

import numpy as np
import pytest
import torch

from sdl_lib import live, models
from sdl_lib.attribution import integrated_gradients
from sdl_lib.data import mnist10k
from sdl_lib.live import integrated_gradients as lab
from sdl_lib.live.draw_a_digit import ask


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


@pytest.mark.parametrize("baseline", lab.BASELINES.values())
@pytest.mark.parametrize("steps", lab.STEPS)
def test_a_walk_ends_at_integrated_gradients(lenet, digits, baseline, steps):
    x = digits[0][:1]
    found = lab.walk(lenet, x, baseline=baseline, steps=steps)
    y = torch.tensor([found.label])
    ig, gap = integrated_gradients(lenet, x, y, baseline=baseline, steps=steps, return_gap=True)
    torch.testing.assert_close(found.total(steps).float(), ig[0, 0], rtol=0, atol=1e-5)
    total = float(found.total(steps).sum() - found.rises[steps])
    assert total == pytest.approx(float(gap), abs=1e-4)
    assert float(found.rises[0]) == 0
    assert not found.total(0).any()


def test_control_says_what_the_network_computes(lenet):
    control = live.show("integrated-gradients")
    x = mnist10k("test")[0]
    control.digit.value, control.baseline.value, control.steps.value = 5, "white", 5
    control.step.value = 2
    found = lab.walk(lenet, x[5:6], baseline=1.0, steps=5)
    assert said(control) == lab.sentence(ask(lenet, x[5:6]), found, 2, "white")
    assert "After 2 of 5 steps from white, at t\u00a0=\u00a00.40" in said(control)
    assert bytes(control.picture.value[:4]) == b"\x89PNG"


def test_control_stays_at_its_share_of_the_way():
    control = live.show("integrated-gradients")
    control.step.value = 10  # of 20
    control.steps.value = 80
    assert (control.step.value, control.step.max) == (40, 80)
    control.steps.value = 5
    assert (control.step.value, control.step.max) == (2, 5)
    assert "After 2 of 5 steps" in said(control)


def test_control_takes_an_own_picture_and_an_own_model():
    torch.manual_seed(0)
    model = models.MLP().eval()
    picture = mnist10k("test")[0][7, 0].numpy()
    control = live.show("integrated-gradients", model=model, image=picture)
    assert control.digit.disabled
    assert said(control).startswith(f"Your model reads {ask(model, mnist10k('test')[0][7:8])}")
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"model": models.LeNet5()}, "training mode"),
        ({"image": np.zeros((8, 8))}, "image: expected 28 x 28"),
        ({"image": np.full((28, 28), 2.0)}, r"image: .*\[0, 1\]"),
    ],
)
def test_control_refuses_what_it_cannot_show(options, problem):
    with pytest.raises(ValueError, match=problem):
        live.show("integrated-gradients", **options)


def test_numbers_have_signs_but_zero_has_none():
    assert [lab.signed(v) for v in (1.236, -0.004, 0.0, -2.0)] == ["+1.24", "0.00", "0.00", "−2.00"]


def test_page_gets_the_digits_and_a_table_that_adds_up(tmp_path):
    live._LABS["integrated-gradients"].write(tmp_path)
    setup = json.loads((tmp_path / "lab.json").read_text())
    raw = np.fromfile(tmp_path / "samples.bin", np.uint8).reshape(-1, 1, 28, 28)
    x, y = mnist10k("test")
    rows = [sample["index"] for sample in setup["samples"]]
    assert torch.equal(torch.from_numpy(raw).float() / 255, x[rows])
    assert [sample["label"] for sample in setup["samples"]] == y[rows].tolist() == list(range(10))
    table = json.loads((tmp_path / "fallback.json").read_text())["table"]["rows"]
    assert len(table) == 5
    for _, rise, total, gap in table:
        values = [float(text.replace("−", "-")) for text in (rise, total, gap)]
        assert values[1] - values[0] == pytest.approx(values[2], abs=0.0151)
