"""Toy superposition and the sparse autoencoder: closed forms, laws, and the chapter's claims."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import nn

from sdl_lib.attribution import (
    SparseAutoencoder,
    feature_dimensionality,
    fit_sparse_autoencoder,
    kept,
    toy_inputs,
    toy_loss,
    train_toys,
)
from sdl_lib.attribution.superposition import points_of
from sdl_lib.data import alice
from sdl_lib.feature_visualisation import maximise
from sdl_lib.models import load
from sdl_lib.sequences import encode, simplify


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


IMPORTANCE = 0.9 ** torch.arange(5)


def polygon(n):
    turn = 2 * math.pi * torch.arange(n).double() / n
    return torch.stack([turn.cos(), turn.sin()])


# Inputs


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.9])
def test_inputs_have_the_moments_of_their_distribution(sparsity):
    x, p = toy_inputs(5, sparsity=sparsity)
    active = 1 - sparsity
    torch.testing.assert_close(p.sum(), torch.tensor(1.0).double())
    mean = p @ x
    torch.testing.assert_close(mean, torch.full((5,), active / 2).double(), rtol=0.02, atol=0)
    square = p @ x.square()
    torch.testing.assert_close(square, torch.full((5,), active / 3).double(), rtol=0.03, atol=0)
    cross = (x * p[:, None]).T @ x - mean[:, None] * mean
    off = cross - cross.diag().diag()
    assert float(off.abs().max()) <= 0.005
    torch.testing.assert_close(p @ (x == 0).double(), torch.full((5,), sparsity).double())


def test_rare_patterns_are_never_missed():
    x, _ = toy_inputs(4, sparsity=0.99)
    assert len({tuple(row) for row in (x > 0).tolist()}) == 16
    assert len(x) == 1 + sum(math.comb(4, k) * points_of(k, 4) for k in range(1, 5))


# Losses with a closed form


@pytest.mark.parametrize("sparsity", [0.2, 3 / 7, 0.8])
def test_costs_of_a_pair_and_of_one_alone(sparsity):
    x, p = toy_inputs(2, sparsity=sparsity, points=4096)
    pair = torch.tensor([[[1.0, -1.0]]]).double()
    alone = torch.tensor([[[1.0, 0.0]]]).double()
    even, active = torch.ones(2).double(), 1 - sparsity
    shared = toy_loss(pair, torch.zeros(1, 2).double(), x, p, even)
    bias = torch.tensor([[0.0, active / 2]]).double()
    dropped = toy_loss(alone, bias, x, p, even)
    assert float(shared) == pytest.approx(active**2 / 3, rel=2e-2)
    assert float(dropped) == pytest.approx(active / 3 - active**2 / 4, rel=2e-2)
    if sparsity != 3 / 7:
        assert (float(shared) < float(dropped)) == (sparsity > 3 / 7)


@pytest.mark.parametrize("sparsity", [0.0, 0.7, 0.9])
def test_a_linear_toy_reaches_the_bound_and_keeps_two(sparsity):
    start = 0.3 * torch.randn(4, 2, 5, generator=chance())
    found = train_toys(start, sparsity=sparsity, importance=IMPORTANCE, linear=True)
    x, p = toy_inputs(5, sparsity=sparsity)
    bound = ((p @ x.square() - (p @ x) ** 2) * IMPORTANCE)[2:].sum()
    assert float(found.loss.min() / bound) == pytest.approx(1, abs=0.02)
    best = found.weight[found.best]
    assert kept(best) == 2
    target = torch.diag(torch.tensor([1.0, 1, 0, 0, 0])).double()
    torch.testing.assert_close(best.T @ best, target, atol=0.1, rtol=0)


def test_training_finds_what_scipy_finds():
    start = 0.3 * torch.randn(1, 2, 5, generator=chance(3))
    found = train_toys(start, sparsity=0.9, importance=IMPORTANCE, steps=1500)
    x, p = toy_inputs(5, sparsity=0.9)

    def value_and_slope(flat):
        t = torch.from_numpy(flat).requires_grad_()
        weight, bias = t[:10].view(1, 2, 5), t[10:].view(1, 5)
        loss = toy_loss(weight, bias, x, p, IMPORTANCE.double()).sum()
        (slope,) = torch.autograd.grad(loss, t)
        return loss.item(), slope.numpy()

    # from where our training stopped, an independent optimiser finds nothing better nearby
    flat = np.concatenate([found.weight.flatten(), found.bias.flatten()])
    better = minimize(value_and_slope, flat, jac=True, method="L-BFGS-B")
    assert float(found.loss) - better.fun <= 1e-4


# The claims of the chapter


@pytest.mark.parametrize(("sparsity", "count"), [(0.0, 2), (0.7, 4), (0.9, 5)])
def test_two_four_five_features_are_kept(sparsity, count):
    start = 0.3 * torch.randn(32, 2, 5, generator=chance(11))
    found = train_toys(start, sparsity=sparsity, importance=IMPORTANCE)
    best = found.loss.view(4, 8).argmin(1) + 8 * torch.arange(4)
    winners = found.weight[best]
    assert kept(winners).tolist() == [count] * 4
    assert float((winners.norm(dim=1) - 0.5).abs().min()) >= 0.3  # clear-cut
    assert float((kept(found.weight) == count).double().mean()) >= 0.6
    if count == 5:
        shares = feature_dimensionality(winners)
        torch.testing.assert_close(shares, torch.full_like(shares, 0.4), atol=0.03, rtol=0)


def test_a_model_does_not_depend_on_its_neighbours():
    start = 0.3 * torch.randn(3, 2, 5, generator=chance())
    settings = {"sparsity": 0.7, "importance": IMPORTANCE, "steps": 50}
    together, alone = (train_toys(s, **settings) for s in (start, start[1:2]))
    torch.testing.assert_close(together.weight[1:2], alone.weight)


# Geometry


def test_dimensionality_of_regular_figures():
    for n, share in ((2, 0.5), (3, 2 / 3), (4, 0.5), (5, 0.4), (7, 2 / 7)):
        # two opposite arrows use only one of the two dimensions
        found = feature_dimensionality(1.3 * polygon(n))
        torch.testing.assert_close(found, torch.full((n,), share).double())
    assert feature_dimensionality(torch.eye(3)).tolist() == [1, 1, 1]
    assert feature_dimensionality(torch.zeros(2, 3)).tolist() == [0, 0, 0]


def test_shares_never_exceed_the_dimensions_and_do_not_turn():
    weight = torch.randn(50, 3, 7, generator=chance()).double()
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=chance(1)).double())
    shares = feature_dimensionality(weight)
    assert float(shares.sum(1).max()) <= 3 + 1e-9
    torch.testing.assert_close(feature_dimensionality(turn @ weight), shares)


# The sparse autoencoder


def mixture(seed, *, features=64, size=32, rate=0.05, n=20_000):
    g = chance(seed)
    truth = nn.functional.normalize(torch.randn(features, size, generator=g))
    active = torch.rand(n, features, generator=g) < rate
    return truth, (torch.rand(n, features, generator=g) * active) @ truth


def recovery(truth, found):
    true, other = map(nn.functional.normalize, (truth, found))
    return float((true @ other.T).max(1).values.mean())


@pytest.mark.parametrize("seed", range(3))
def test_the_features_of_a_mixture_are_recovered(seed):
    truth, h = mixture(seed)
    found = fit_sparse_autoencoder(h, width=128, penalty=0.3, steps=1000, generator=chance(seed))
    by_chance = recovery(truth, torch.randn(128, 32, generator=chance(seed + 9)))
    assert recovery(truth, found.dictionary) >= 0.95
    assert recovery(truth, found.dictionary) - by_chance >= 0.3


def test_the_directions_have_length_one_and_activities_are_not_negative():
    _, h = mixture(0, n=500)
    found = fit_sparse_autoencoder(h, width=20, penalty=0.1, steps=30, generator=chance())
    torch.testing.assert_close(found.dictionary.norm(dim=1), torch.ones(20))
    a = found.encode(h)
    assert a.shape == (500, 20)
    assert float(a.min()) >= 0
    torch.testing.assert_close(found.decode(torch.zeros(3, 20)), found.centre.expand(3, -1))


def test_a_higher_penalty_is_sparser_and_a_poorer_copy():
    _, h = mixture(1, n=4000)
    active, error = [], []
    for penalty in (0.02, 0.1, 0.4):
        sae = fit_sparse_autoencoder(h, width=96, penalty=penalty, steps=400, generator=chance())
        a = sae.encode(h)
        active.append(float((a > 0).float().sum(1).mean()))
        error.append(float((sae.decode(a) - h).square().sum(1).mean()))
    assert active == sorted(active, reverse=True)
    assert error == sorted(error)


def test_an_autoencoder_written_down_by_hand():
    sae = SparseAutoencoder(torch.eye(2), torch.eye(2), torch.tensor([-1.0, 0]), torch.ones(2))
    h = torch.tensor([[3.0, 0.0]])
    assert sae.encode(h).tolist() == [[1.0, 0.0]]
    assert sae.decode(sae.encode(h)).tolist() == [[2.0, 1.0]]


def test_fitting_leaves_no_trace_and_repeats():
    h = mixture(0, n=300)[1].requires_grad_()
    given, state = h.detach().clone(), torch.get_rng_state()
    settings = {"width": 16, "penalty": 0.1, "steps": 20}
    first, again = (fit_sparse_autoencoder(h, generator=chance(), **settings) for _ in "ab")
    assert torch.equal(first.dictionary, again.dictionary)
    assert not first.dictionary.requires_grad
    assert torch.equal(h.detach(), given)
    assert h.grad is None
    assert torch.equal(torch.get_rng_state(), state)


@pytest.fixture(scope="module")
def reader_states():
    reader = load("char-gru")
    parts = []
    for split, rows in (("train", 300), ("test", 120)):
        text = simplify(alice(split))[: 64 * rows]
        with torch.no_grad():
            h, _ = reader.gru(reader.embedding(encode(text).view(rows, 64)))
        ends = torch.arange(64 * rows).view(rows, 64)[:, 8:-1].flatten().tolist()
        parts.append((text, ends, h[:, 8:-1].flatten(0, 1)))
    return reader, *parts


def purity(values, text, ends, places=20):
    shares = []
    for top in values.topk(places, dim=0).indices.T.tolist():
        last = [text[ends[i] - 1 : ends[i] + 1] for i in top]
        shares.append(max(map(last.count, last)) / places)
    return float((torch.tensor(shares) >= 0.95).float().mean())


@pytest.mark.parametrize("seed", range(3))
def test_features_of_the_reader_are_purer_than_units_and_not_the_whole(reader_states, seed):
    reader, (_, _, seen), (text, ends, h) = reader_states
    scale = seen.square().sum(1).mean().sqrt()
    sae = fit_sparse_autoencoder(
        seen / scale, width=256, penalty=0.2, steps=700, generator=chance(seed)
    )
    a = sae.encode(h / scale)
    middle = h - seen.mean(0)
    axes = nn.functional.normalize(torch.randn(256, 128, generator=chance(seed)))
    units = purity(torch.cat([middle, -middle], 1), text, ends)
    random = purity(middle @ axes.T, text, ends)
    assert purity(a[:, (a > 0).sum(0) >= 20], text, ends) - units >= 0.2
    assert units - random <= 0.05
    following = encode("".join(text[i + 1] for i in ends))

    def bits(state):
        return float(nn.functional.cross_entropy(reader.output(state), following)) / math.log(2)

    lost = bits(sae.decode(a) * scale) - bits(h)
    everything = bits(seen.mean(0).expand_as(h)) - bits(h)
    assert 0.1 <= lost <= 0.4 * everything


# Pictures of directions


@pytest.fixture
def small():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).eval()


def test_a_channel_is_the_direction_of_its_axis(small):
    settings = {"at": "0", "size": 8, "steps": 5}
    by_channel = maximise(small, channel=2, generator=chance(), **settings)
    axis = torch.tensor([0.0, 0, 1, 0])
    by_direction = maximise(small, direction=axis, generator=chance(), **settings)
    torch.testing.assert_close(by_channel, by_direction)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "either a channel or a direction"),
        ({"channel": 1, "direction": torch.ones(4)}, "either a channel or a direction"),
        ({"direction": torch.ones(3)}, "direction: expected shape"),
    ],
)
def test_a_wish_is_a_channel_or_a_direction(small, settings, message):
    with pytest.raises(ValueError, match=message):
        maximise(small, at="0", size=8, generator=chance(), **settings)


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: toy_inputs(9, sparsity=0.5), "features"),
        (lambda: toy_inputs(0, sparsity=0.5), "features"),
        (lambda: toy_inputs(3, sparsity=1.0), "sparsity"),
        (lambda: toy_inputs(3, sparsity=float("nan")), "sparsity"),
        (lambda: toy_inputs(3, sparsity=0.5, points=3), "points"),
        (lambda: train_toys(torch.rand(2, 5), sparsity=0.5, importance=IMPORTANCE), "start"),
        (
            lambda: train_toys(torch.rand(1, 2, 4), sparsity=0.5, importance=IMPORTANCE),
            "importance",
        ),
        (
            lambda: train_toys(torch.rand(1, 2, 5), sparsity=0.5, importance=-IMPORTANCE),
            "importance",
        ),
        (lambda: kept(torch.rand(2, 5), least=-1), "least"),
        (
            lambda: fit_sparse_autoencoder(torch.rand(5), width=3, penalty=0.1, generator=chance()),
            "h: expected",
        ),
        (
            lambda: fit_sparse_autoencoder(
                torch.rand(5, 2), width=0, penalty=0.1, generator=chance()
            ),
            "width",
        ),
        (
            lambda: fit_sparse_autoencoder(
                torch.rand(5, 2), width=3, penalty=-1, generator=chance()
            ),
            "penalty",
        ),
        (
            lambda: SparseAutoencoder(
                torch.eye(2), torch.eye(2), torch.zeros(2), torch.zeros(2)
            ).encode(torch.rand(3, 5)),
            "h: expected 2 columns",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
