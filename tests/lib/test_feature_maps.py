"""The lab "feature maps": what it says is what the network computes."""

import html
import json
import re

import numpy as np
import pytest
import torch

from sdl_lib import live, models
from sdl_lib.data import mnist10k
from sdl_lib.live import feature_maps as lab
from sdl_lib.live.draw_a_digit import ask


def said(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


@pytest.mark.parametrize("layer", lab.LAYERS)
def test_only_pixels_of_the_field_raise_a_unit(lenet, digits, layer):
    x = digits[0][3:4]
    unit = lab.strongest(lenet, x, layer)
    maps = lab.activities(lenet, x, layer)
    assert maps[unit.map, unit.row, unit.column] == maps.max()
    slope = lab.gradient(lenet, x, unit)
    field = lab.fields()[layer]
    rows, columns = slope.nonzero(as_tuple=True)
    assert set(rows.tolist()) <= set(field.at(unit.row))
    assert set(columns.tolist()) <= set(field.at(unit.column))
    assert len(rows) > 0
    assert not x.requires_grad


def test_a_small_step_raises_the_unit_as_the_slope_says(lenet, digits):
    chance = torch.Generator().manual_seed(0)  # on a flat patch pooling has a kink
    x = 0.9 * digits[0][:1].double() + 0.1 * torch.rand(1, 1, 28, 28, generator=chance)
    model = models.LeNet5().double().eval()
    model.load_state_dict(lenet.state_dict())
    model.requires_grad_(False)
    unit = lab.strongest(model, x, "conv 2")
    slope = lab.gradient(model, x, unit)
    step = 1e-6 * slope / slope.norm()
    value = [lab.activities(model, y, "conv 2")[unit[1:]] for y in (x, x + step)]
    assert float(value[1] - value[0]) == pytest.approx(1e-6 * float(slope.norm()), rel=1e-3)


def test_sentence_counts_from_one_and_knows_padding(lenet, digits):
    answer = ask(lenet, digits[0][:1])
    corner = lab.sentence(answer, lab.Unit("pool 2", 15, 0, 4), 0.0)
    assert "map 16 of pool 2, the unit in row 1, column 5 is silent" in corner
    assert "rows 1 to 14 and columns 15 to 28: 16\u00a0×\u00a016 pixels, some of them" in corner
    middle = lab.sentence(answer, lab.Unit("conv 1", 0, 10, 11), 1.256)
    assert "has the value 1.26. It sees rows 9 to 13 and columns 10 to 14" in middle
    assert "padding" not in middle


def test_control_says_what_the_network_computes(lenet):
    control = live.show("feature-maps")
    x = mnist10k("test")[0]
    control.digit.value, control.layer.value = 5, "pool 1"
    control.map.value, control.row.value, control.column.value = 2, 9, 7
    value = float(lab.activities(lenet, x[5:6], "pool 1")[1, 8, 6])
    unit = lab.Unit("pool 1", 1, 8, 6)
    assert said(control) == lab.sentence(ask(lenet, x[5:6]), unit, value)
    assert bytes(control.maps.value[:4]) == b"\x89PNG"


def test_control_moves_back_into_a_smaller_layer():
    control = live.show("feature-maps")
    control.layer.value = "conv 1"
    control.row.value = control.column.value = 28
    control.layer.value = "pool 2"
    assert (control.row.value, control.column.value) == (5, 5)
    assert "map" in said(control)
    assert control.map.max == 16


def test_control_takes_an_own_picture_and_an_own_model():
    torch.manual_seed(0)
    model = models.LeNet5().eval()
    picture = mnist10k("test")[0][7, 0].numpy()
    control = live.show("feature-maps", model=model, image=picture)
    assert control.digit.disabled
    assert said(control).startswith(f"LeNet-5 reads {ask(model, mnist10k('test')[0][7:8])}")
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"model": models.MLP().eval()}, "model: expected a LeNet5, found MLP"),
        ({"model": models.LeNet5()}, "training mode"),
        ({"image": np.zeros((8, 8))}, "image: expected 28 x 28"),
        ({"image": np.full((28, 28), 2.0)}, r"image: .*\[0, 1\]"),
    ],
)
def test_control_refuses_what_it_cannot_show(options, problem):
    with pytest.raises(ValueError, match=problem):
        live.show("feature-maps", **options)


def test_page_gets_the_test_digits_and_the_fields(tmp_path):
    live.write_assets(tmp_path)
    folder = tmp_path / "feature-maps"
    setup = json.loads((folder / "lab.json").read_text())
    raw = np.fromfile(folder / "samples.bin", np.uint8).reshape(-1, 1, 28, 28)
    x, y = mnist10k("test")
    rows = [sample["index"] for sample in setup["samples"]]
    assert torch.equal(torch.from_numpy(raw).float() / 255, x[rows])
    assert [sample["label"] for sample in setup["samples"]] == y[rows].tolist() == list(range(10))
    assert [layer["size"] for layer in setup["layers"]] == [5, 6, 14, 16]
    assert [layer["shape"] for layer in setup["layers"]][3] == [16, 5, 5]
