"""Shipped networks load, are frozen, and are as good as their passports say."""

import re

import pytest
import torch
from torch import nn

from sdl_lib.data import imagenet_classes, mnist10k, passports, photograph
from sdl_lib.models import MLP, VGG8, EfficientNetLite0, LeNet5, Softmax, load, weights
from sdl_lib.training import accuracy


@pytest.mark.parametrize(
    ("model", "parameters"),
    [(Softmax(), 7850), (MLP(), 50_890), (LeNet5(), 61_706), (VGG8(), 108_970)],
)
def test_digit_networks(model, parameters):
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert model(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


@pytest.mark.parametrize("name", ["lenet5", "mlp"])
def test_shipped_weights_are_as_good_as_their_passport_says(name):
    model = load(name)
    assert not any(m.training for m in model.modules())
    assert not any(p.requires_grad for p in model.parameters())
    passport = passports.read(weights._FOLDER / f"{name}.toml")
    stated = float(re.search(r"test digits: (0\.\d+)", passport.made)[1])
    assert accuracy(model, *mnist10k("test")) == pytest.approx(stated, abs=1e-3)


def test_unknown_name():
    with pytest.raises(ValueError, match="name"):
        load("resnet50")


def test_efficientnet_sees_what_is_there():
    model, names = load("efficientnet-lite0"), imagenet_classes()
    x = torch.cat([photograph("coffee"), photograph("cat")])
    top = [names[int(k)] for k in model(x).argmax(1)]
    assert top == ["espresso", "Egyptian cat"]


def test_efficientnet_normalises_inside_and_has_its_published_size():
    model = EfficientNetLite0()
    assert sum(p.numel() for p in model.parameters()) == 4_652_008
    assert isinstance(model.classifier, nn.Linear)
    x = torch.rand(1, 3, 224, 224)
    plain = model.eval()(x)
    model.mean.zero_()
    model.std.fill_(1.0)
    torch.testing.assert_close(model((x - 0.498) / 0.502), plain)
