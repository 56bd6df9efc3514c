"""The lab *decision boundary*: descent equals torch's, safe rates are safe, the control answers."""

import html
import re

import pytest
import torch
from torch import nn

from sdl_lib import live
from sdl_lib.live import decision_boundary as lab


def torchs_descent(data, loss, rate, steps):
    """The same training by torch's autograd and optimiser."""
    weights = torch.zeros(data.rows.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([weights], lr=rate)
    risks = []
    for _ in range(steps + 1):
        optimiser.zero_grad()
        scores = data.rows @ weights
        if loss == "logistic":
            targets = (data.signs > 0).double()
            value = nn.functional.binary_cross_entropy_with_logits(scores, targets)
        else:
            value = 0.5 * nn.functional.mse_loss(scores, data.signs)
        value.backward()
        risks.append(float(value.detach()))
        last = weights.detach().clone()
        optimiser.step()
    return last, risks


@pytest.mark.parametrize("model", lab.MODELS)
@pytest.mark.parametrize("loss", lab.LOSSES)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_descent_is_torchs(model, loss, share):
    data = lab.design(model, *lab.samples()[0])
    rate = share * lab.safe_rate(data, loss)
    run = lab.descend(data, loss=loss, rate=rate)
    weights, risks = torchs_descent(data, loss, rate, lab.STEPS)
    torch.testing.assert_close(run.path[-1], weights, rtol=1e-9, atol=1e-12)
    assert run.risks == pytest.approx(risks, rel=1e-10)
    assert lab.rises(run.risks, lab.STEPS) == 0
    assert run.diverged is None


@pytest.mark.parametrize("model", lab.MODELS)
def test_beyond_the_safe_rate_the_squared_loss_diverges_and_cross_entropy_does_not(model):
    data = lab.design(model, *lab.samples()[0])
    beyond = lab.descend(data, loss="squared", rate=1.2 * lab.safe_rate(data, "squared"))
    assert beyond.diverged is not None
    assert beyond.risks[-1] > lab.DIVERGED
    assert lab.rises(beyond.risks, lab.STEPS) > 10
    wild = lab.descend(data, loss="logistic", rate=100.0)
    assert wild.diverged is None
    assert lab.rises(wild.risks, lab.STEPS) > 10


def test_a_curve_fits_what_no_line_can():
    train, fresh = lab.samples()
    found = {}
    for model in lab.MODELS:
        data = lab.design(model, *train)
        last = lab.descend(data, loss="logistic", rate=0.9 * lab.safe_rate(data, "logistic")).path[
            -1
        ]
        unseen = lab.design(model, *fresh)
        found[model] = lab.right(unseen, last) / len(unseen.signs)
    assert found["curve"] - found["line"] >= 0.05


def test_control_says_what_the_page_says():
    control = live.show("decision-boundary")
    control.steps.value = 0
    assert "every point has the score 0" in text(control)
    control.steps.value = 1
    assert text(control).startswith("After 1 step at rate 0.50 ")
    control.loss.value, control.rate.value = "squared", 10.0
    control.steps.value = 200
    assert "training has diverged" in text(control)
    assert bytes(control.picture.value).startswith(b"\x89PNG")
    assert [lab.plain(r) for r in (0.01, 0.123, 1.0, 12.3, 100.0)] == [
        *("0.010", "0.12", "1.0", "12", "100")
    ]


def text(control):
    return html.unescape(re.sub("<.*?>", "", control.verdict.value))


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        (torch.zeros(3, 3), torch.zeros(3, dtype=torch.long), "x"),
        (torch.zeros(0, 2), torch.zeros(0, dtype=torch.long), "x"),
        (torch.zeros(3, 2), torch.zeros(3), "y"),
        (torch.zeros(3, 2), torch.tensor([0, 1, 2]), "y"),
    ],
)
def test_control_refuses_other_points(x, y, name):
    with pytest.raises(ValueError, match=f"^{name}:"):
        live.show("decision-boundary", x=x, y=y)


def test_unknown_models_and_losses_are_named():
    (x, y), _ = lab.samples()
    with pytest.raises(ValueError, match=r"^model:"):
        lab.design("circle", x, y)
    with pytest.raises(ValueError, match=r"^loss:"):
        lab.descend(lab.design("line", x, y), loss="cubic", rate=1.0)
