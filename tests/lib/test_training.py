"""The training loop learns, repeats itself, and leaves the rest of the world alone."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sdl_lib.training import accuracy, batches, fit, predict


def two_clouds(n=200):
    """Points left and right of a line, which a linear model can tell apart."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(n) % 2
    x = torch.randn(n, 2, generator=generator) + 4 * (y[:, None] - 0.5)
    return x, y


def linear():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Linear(2, 2)


def test_fit_learns_and_leaves_the_model_in_evaluation_mode():
    x, y = two_clouds()
    model = linear()
    history = fit(model, x, y, epochs=15, lr=0.05)
    assert len(history) == 15
    assert history[-1] < 0.5 * history[0]
    assert not model.training
    assert accuracy(model, x, y) > 0.95


def test_fit_reaches_the_minimum_of_a_regularised_problem():
    x, y = two_clouds(60)
    model = linear()
    fit(model, x, y, epochs=800, batch_size=60, lr=0.02, weight_decay=0.1)
    loss = nn.functional.cross_entropy(model(x), y)
    gradients = torch.autograd.grad(loss, tuple(model.parameters()))
    # at the minimum the gradient of the loss balances that of the penalty
    for gradient, parameter in zip(gradients, model.parameters(), strict=True):
        torch.testing.assert_close(gradient, -0.1 * parameter.detach(), rtol=0, atol=1e-3)


def test_the_history_is_the_mean_loss_of_each_epoch():
    x, y = two_clouds(10)
    model = linear()
    before = float(nn.functional.cross_entropy(predict(model.eval(), x), y))
    # a rate of zero leaves the loss where it was, in batches of 4, 4 and 2
    assert fit(model, x, y, epochs=2, batch_size=4, lr=0) == pytest.approx([before, before])


def test_no_epochs_change_nothing_but_the_mode():
    x, y = two_clouds()
    model = linear()
    weight = model.weight.detach().clone()
    assert fit(model, x, y, epochs=0) == []
    assert torch.equal(model.weight, weight)
    assert not model.training


def test_training_repeats_itself_without_touching_global_chance():
    x, y = two_clouds()
    state = torch.get_rng_state()

    def weights(generator=None):
        model = linear()
        fit(model, x, y, epochs=2, generator=generator)
        return model.weight.detach()

    assert torch.equal(weights(), weights())
    assert torch.equal(weights(), weights(torch.Generator().manual_seed(0)))
    assert not torch.equal(weights(), weights(torch.Generator().manual_seed(1)))
    assert torch.equal(torch.get_rng_state(), state)


def test_another_loss_can_be_trained():
    x, y = two_clouds()
    model = nn.Linear(2, 2)

    def squared(logits, labels):
        return (logits - nn.functional.one_hot(labels, 2)).square().mean()

    fit(model, x, y, epochs=40, lr=0.05, loss=squared)
    target = torch.linalg.lstsq(
        torch.cat([x, torch.ones(len(x), 1)], 1), nn.functional.one_hot(y, 2).float()
    ).solution
    torch.testing.assert_close(model.weight.detach().T, target[:2], rtol=0, atol=0.02)


def test_progress_goes_to_stdout(capsys):
    x, y = two_clouds()
    fit(linear(), x, y, epochs=2, show_progress=True)
    shown = capsys.readouterr()
    assert "training: 100%" in shown.out
    assert "loss=" in shown.out
    assert shown.err == ""
    fit(linear(), x, y, epochs=2)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"y": torch.zeros(200)}, "y"),
        ({"y": torch.zeros(199, dtype=torch.int64)}, "y"),
        ({"epochs": -1}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_bad_settings_are_named(change, name):
    x, y = two_clouds()
    arguments = {"y": y} | change
    with pytest.raises(ValueError, match=f"^{name}:"):
        fit(linear(), x, **arguments)


@given(st.integers(0, 50), st.integers(1, 20), st.booleans())
def test_batches_hold_every_row_once(n, size, shuffled):
    generator = torch.Generator().manual_seed(3) if shuffled else None
    chunks = list(batches(n, size, generator=generator))
    rows = torch.cat(chunks)
    assert sorted(rows.tolist()) == list(range(n))
    assert all(len(chunk) == size for chunk in chunks[:-1])
    if not shuffled:
        assert rows.tolist() == list(range(n))


def test_prediction_does_not_depend_on_the_chunks():
    x, _ = two_clouds(50)
    model = linear().eval()
    whole = model(x).detach()
    for size in (1, 7, 50, 256):
        logits = predict(model, x, batch_size=size)
        torch.testing.assert_close(logits, whole)
        assert not logits.requires_grad
    assert predict(model, x[:0]).shape == (0, 2)


def test_prediction_refuses_a_model_in_training_mode():
    x, y = two_clouds(4)
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2))
    for ask in (lambda: predict(model, x), lambda: accuracy(model, x, y)):
        with pytest.raises(ValueError, match=r"^model: is in training mode"):
            ask()
    assert model[0].num_batches_tracked == 0
    with pytest.raises(ValueError, match=r"^batch_size:"):
        predict(model.eval(), x, batch_size=0)


def test_accuracy_is_the_share_of_right_answers():
    x = torch.eye(4)
    model = nn.Identity().eval()
    assert accuracy(model, x, torch.tensor([0, 1, 2, 3])) == 1
    assert accuracy(model, x, torch.tensor([0, 1, 0, 0]), batch_size=3) == 0.5
    with pytest.raises(ValueError, match=r"^x: expected at least one example"):
        accuracy(model, x[:0], torch.zeros(0, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"^y:"):
        accuracy(model, x, torch.zeros(3, dtype=torch.int64))
