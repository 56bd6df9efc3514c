"""What the chapter on convolutional networks measures, over three seeds."""

import pytest
import torch
from torch import nn

from sdl_lib.data import mnist10k
from sdl_lib.models import MLP, LeNet5, Softmax
from sdl_lib.training import accuracy, fit

BUILDS = {"linear": Softmax, "perceptron": lambda: MLP(hidden=78), "cnn": LeNet5}


def shift(x, right):
    return nn.functional.pad(x, (right, -right, 0, 0))


@pytest.fixture(scope="module")
def scores():
    """Test accuracy by network and shift in pixels, one for each of three seeds."""
    x, y = mnist10k("train")
    digits, answers = mnist10k("test")
    found = {}
    for name, build in BUILDS.items():
        for seed in range(3):
            torch.manual_seed(seed)
            generator = torch.Generator().manual_seed(seed)
            model = build()
            for lr, epochs in ((2e-3, 5), (3e-4, 2)):
                fit(model, x, y, lr=lr, epochs=epochs, generator=generator)
            for right in (0, 3, 5):
                score = accuracy(model, shift(digits, right), answers)
                found.setdefault((name, right), []).append(score)
    return found


def test_linear_below_perceptron_below_cnn(scores):
    assert min(scores["perceptron", 0]) - max(scores["linear", 0]) >= 0.01
    assert min(scores["cnn", 0]) - max(scores["perceptron", 0]) >= 0.01
    assert min(scores["cnn", 0]) >= 0.96


def test_cnn_has_no_more_parameters_than_the_perceptron():
    sizes = {n: sum(p.numel() for p in build().parameters()) for n, build in BUILDS.items()}
    assert sizes["cnn"] <= sizes["perceptron"] <= 1.01 * sizes["cnn"]


def test_cnn_stands_a_shift_better_and_is_not_invariant(scores):
    assert min(scores["cnn", 3]) - max(scores["perceptron", 3]) >= 0.1
    assert min(scores["cnn", 0]) - max(scores["cnn", 5]) >= 0.1
