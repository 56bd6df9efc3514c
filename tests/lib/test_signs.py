"""Drawn traffic lights and signs, and the network that reads them."""

import pytest
import torch

from sdl_lib.data import SIGN_CLASSES, draw_signs, sign_templates, traffic_signs
from sdl_lib.models import SignNet, load
from sdl_lib.training import accuracy
from tools import make_data
from tools.sign_templates import NAMES


def test_pictures_are_in_the_box_and_follow_the_seed():
    x, y = traffic_signs(300, generator=torch.Generator().manual_seed(7))
    again, labels = traffic_signs(300, generator=torch.Generator().manual_seed(7))
    other, _ = traffic_signs(300, generator=torch.Generator().manual_seed(8))
    assert x.shape == (300, 3, 32, 32)
    assert x.dtype == torch.float32
    assert (x >= 0).all()
    assert (x <= 1).all()
    assert torch.equal(x, again)
    assert torch.equal(y, labels)
    assert not torch.equal(x, other)
    assert y.unique().tolist() == list(range(len(SIGN_CLASSES)))


def test_global_chance_is_left_alone():
    before = torch.random.get_rng_state()
    traffic_signs(3)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_without_pose_light_and_noise_a_class_is_one_picture():
    y = torch.arange(len(SIGN_CLASSES)).repeat(2)
    x = draw_signs(y, pose=0, light=0, noise=0)
    assert torch.equal(x[:13], x[13:])
    for other in ({"pose": 1.0}, {"light": 1.0}, {"noise": 1.0}):
        varied = draw_signs(y, **{"pose": 0, "light": 0, "noise": 0, **other})
        assert (varied[:13] - varied[13:]).abs().flatten(1).amax(1).min() > 0.05


def test_colours_are_red_amber_and_green():
    x = draw_signs(torch.arange(4), pose=0, light=0, noise=0)
    red, amber, green = x[0, :, 8, 16], x[1, :, 16, 16], x[2, :, 23, 16]
    assert red[0] > 3 * red[1:].max()
    assert amber[0] > amber[1] > 3 * amber[2]
    assert green[1] > 1.5 * green[[0, 2]].max()


def test_templates_are_those_that_the_tool_draws():
    assert NAMES == SIGN_CLASSES
    assert sign_templates().shape == (13, 4, 40, 40)
    drawn = torch.from_numpy(make_data.templates()).permute(0, 3, 1, 2).float() / 255
    assert (drawn - sign_templates()).abs().max() <= 1.01 / 255


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_the_network_reads_fresh_pictures(seed):
    model = load("signs")
    assert isinstance(model, SignNet)
    assert sum(p.numel() for p in model.parameters()) == 36_133
    x, y = traffic_signs(1000, generator=torch.Generator().manual_seed(seed))
    assert accuracy(model, x, y) >= 0.98


def test_no_pictures():
    x, y = traffic_signs(0)
    assert x.shape == (0, 3, 32, 32)
    assert y.shape == (0,)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("n", lambda: traffic_signs(-1)),
        ("y", lambda: draw_signs(torch.tensor([13]))),
        ("y", lambda: draw_signs(torch.tensor([0.5]))),
        ("pose", lambda: draw_signs(torch.tensor([0]), pose=-1)),
        ("light", lambda: draw_signs(torch.tensor([0]), light=float("nan"))),
        ("noise", lambda: draw_signs(torch.tensor([0]), noise=-0.1)),
    ],
)
def test_bad_input_is_named(name, bad):
    with pytest.raises(ValueError, match=f"^{name}:"):
        bad()
