"""Every check passes what is right and names what is wrong."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sdl_lib import validate


@given(
    st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 4)),
    st.sampled_from([torch.float16, torch.float32, torch.float64]),
)
def test_pixels_between_0_and_1_pass(shape, dtype):
    validate.images(torch.rand(shape).to(dtype))
    validate.images(torch.ones(shape, dtype=dtype))
    validate.images(torch.zeros(shape, dtype=dtype, requires_grad=True))


@pytest.mark.parametrize(
    ("x", "found"),
    [
        (torch.tensor([[0.0, 1.5]]), "0 to 1.5"),
        (torch.tensor([[-0.5, 1.0]]), "-0.5 to 1"),
        (torch.tensor([[0.0, torch.nan]]), "not finite"),
        (torch.tensor([[0.0, torch.inf]]), "not finite"),
        (torch.tensor([[0, 1]]), "torch.int64"),
        (torch.tensor([0.5]), r"shape \(1,\)"),
        (np.zeros((1, 2)), "ndarray"),
    ],
)
def test_other_images_do_not(x, found):
    with pytest.raises(ValueError, match=f"^pixels: .*{found}"):
        validate.images(x, "pixels")


def test_class_numbers_pass():
    validate.labels(torch.tensor([0, 2, 9]), 3)
    validate.labels(torch.tensor([0, 2, 9]), 3, 10)
    validate.labels(torch.zeros(0, dtype=torch.int64), 0, 10)


@pytest.mark.parametrize(
    ("y", "found"),
    [
        (torch.tensor([0.0, 1.0]), "torch.float32"),
        (torch.tensor([0, 1], dtype=torch.int32), "torch.int32"),
        ([0, 1], "list"),
        (torch.tensor([0]), r"shape \(1,\)"),
        (torch.tensor([[0, 1]]), r"shape \(1, 2\)"),
        (torch.tensor([0, -1]), "from 0 to 9, found -1 to 0"),
        (torch.tensor([0, 10]), "from 0 to 9, found 0 to 10"),
    ],
)
def test_other_labels_do_not(y, found):
    with pytest.raises(ValueError, match=f"^truth: .*{found}"):
        validate.labels(y, 2, 10, "truth")


def test_without_a_number_of_classes_labels_have_no_top():
    validate.labels(torch.tensor([10**6]), 1)
    with pytest.raises(ValueError, match=r"^y: expected class numbers from 0, found -1"):
        validate.labels(torch.tensor([-1]), 1)


@pytest.mark.parametrize("eps", [0, 0.0, 1, 8 / 255, 1e300])
def test_a_radius_passes(eps):
    validate.radius(eps)


@pytest.mark.parametrize("eps", [-1e-9, float("nan"), float("inf"), -float("inf")])
def test_no_other_number_is_a_radius(eps):
    with pytest.raises(ValueError, match=r"^delta: expected a finite number"):
        validate.radius(eps, "delta")


def test_counts():
    validate.count(1, "steps")
    validate.count(0, "steps", least=0)
    for bad in (0, -1, 1.0, "3", None):
        with pytest.raises(ValueError, match=r"^steps: expected an integer of at least 1"):
            validate.count(bad, "steps")


def test_choices():
    validate.choice("l2", ("linf", "l2"), "norm")
    with pytest.raises(ValueError, match=r"^norm: expected one of linf, l2, found 'l1'"):
        validate.choice("l1", ("linf", "l2"), "norm")


def test_logits():
    validate.logits(torch.tensor([[1.0, -1e30]]), 1)
    for bad in (torch.zeros(2, 3), torch.zeros(1), torch.zeros(1, 2, 3)):
        with pytest.raises(ValueError, match=r"^model\(x\): expected logits of shape \(1, classes"):
            validate.logits(bad, 1)
    for value in (torch.nan, torch.inf, -torch.inf):
        with pytest.raises(ValueError, match=r"^scores: .*not finite"):
            validate.logits(torch.tensor([[0.0, value]]), 1, "scores")


def test_a_model_in_training_mode_is_named_and_left_so():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2)))
    with pytest.raises(ValueError, match=r"^net: is in training mode; call net.eval\(\) first"):
        validate.eval_mode(model, "net")
    assert model.training
    validate.eval_mode(model.eval())
    model[1][0].train()
    with pytest.raises(ValueError, match=r"its part '1.0' is"):
        validate.eval_mode(model)
