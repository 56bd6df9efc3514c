"""What the chapter on training-data influence measures, on real digits, over three seeds."""

import pytest
import torch
from torch import nn

from sdl_lib.attribution import (
    influence_function,
    leave_groups_out,
    leave_one_out,
    representer_points,
    self_influence,
    settle,
)
from sdl_lib.data import mnist10k
from sdl_lib.models import load
from sdl_lib.softmax_regression import with_ones
from sdl_lib.training import predict

SEEDS = range(3)


def small(x):
    return nn.functional.avg_pool2d(x[..., 4:24, 4:24], 2).double()


def train(x, y, weight_decay):
    model = nn.Sequential(nn.Flatten(), nn.Linear(100, 10)).double().eval()
    for p in model.parameters():
        nn.init.zeros_(p)
    settle(model, x, y, weight_decay=weight_decay)
    return model


def draw(seed, n):
    x, y = mnist10k("train")
    chance = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(x), generator=chance)[:n]
    return small(x[rows]), y[rows], chance


@pytest.fixture(scope="module")
def asked():
    x, y = mnist10k("test")
    return small(x[:4]), y[:4]


def against_truth(seed, weight_decay, asked):
    """Pearson and slope of leave-one-out on influence, for each test digit."""
    x, y, _ = draw(seed, 400)
    model = train(x, y, weight_decay)
    rows = torch.arange(0, 400, 5)
    guess = influence_function(model, x, y, *asked, weight_decay=weight_decay)[:, rows]
    true = leave_one_out(model, x, y, *asked, weight_decay=weight_decay, rows=rows)
    pearson = [torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(guess, true, strict=True)]
    return torch.stack(pearson), (guess * true).sum(1) / guess.square().sum(1)


@pytest.mark.parametrize("seed", SEEDS)
def test_influence_is_leave_one_out_at_a_strong_penalty_and_drifts_at_a_weak_one(seed, asked):
    pearson, slope = against_truth(seed, 0.1, asked)
    assert float(pearson.min()) >= 0.99
    assert 1.0 <= float(slope.min()) <= float(slope.max()) <= 1.25
    weak_pearson, weak_slope = against_truth(seed, 0.01, asked)
    assert float(weak_pearson.min()) >= 0.9
    assert float((weak_slope - slope).mean()) > 0.05


def test_representer_identity_on_lenet_features():
    x, y = (part[:600] for part in mnist10k("train"))
    features = with_ones(predict(load("lenet5").layers[:-1].eval(), x).double())
    features = features / features.norm(dim=1).mean()
    last = nn.Sequential(nn.Linear(85, 10, bias=False)).double().eval()
    nn.init.zeros_(last[0].weight)
    settle(last, features, y, weight_decay=0.001, tolerance=1e-9)
    _, gap = representer_points(
        features, y, last[0].weight.detach().T, features, y, weight_decay=0.001, return_gap=True
    )
    assert float(gap.abs().max()) <= 1e-5


def test_self_influence_finds_wrong_labels_and_the_plain_loss_finds_more():
    lead = []
    for seed in SEEDS:
        x, y, chance = draw(seed, 800)
        bad = torch.rand(800, generator=chance) < 0.1
        y = torch.where(bad, (y + torch.randint(1, 10, (800,), generator=chance)) % 10, y)
        model = train(x, y, 0.01)
        loss = nn.functional.cross_entropy(predict(model, x), y, reduction="none")
        own = self_influence(model, x, y, weight_decay=0.01)
        assert float((own[bad][:, None] > own[~bad]).double().mean()) >= 0.9
        found = [bad[s.argsort(descending=True)[:80]].sum() / bad.sum() for s in (loss, own)]
        lead.append(float(found[0] - found[1]))
    assert min(lead) > -0.02
    assert sum(lead) / 3 >= 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_groups_and_copies(seed, asked):
    x, y, _ = draw(seed, 300)
    one = asked[0][:1], asked[1][:1]
    model = train(x, y, 0.01)
    order = influence_function(model, x, y, *one, weight_decay=0.01)[0].argsort(descending=True)
    scores = influence_function(model, x, y, *one, weight_decay=0.01)[0]
    top = torch.zeros(1, 300, dtype=torch.bool)
    top[0, order[:60]] = True
    true = leave_groups_out(model, x, y, *one, top, weight_decay=0.01)[0, 0]
    assert float(true / scores[top[0]].sum()) >= 1.2  # sums underestimate a chosen group
    extra = order[:1].repeat(7)
    many_x, many_y = torch.cat([x, x[extra]]), torch.cat([y, y[extra]])
    groups = torch.zeros(2, 307, dtype=torch.bool)
    groups[:, order[0]] = True
    groups[1, 300:] = True
    single = leave_one_out(model, x, y, *one, weight_decay=0.01, rows=order[:1])[0, 0]
    copies = train(many_x, many_y, 0.01)
    copy, together = leave_groups_out(copies, many_x, many_y, *one, groups, weight_decay=0.01)[0]
    assert float(copy / single) <= 0.4
    assert float(together / single) >= 1.5
