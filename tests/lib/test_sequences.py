"""Recurrent cells, attention, positions and CTC against torch, closed forms and brute force."""

import itertools
import math
from collections import defaultdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sdl_lib.sequences import (
    attention,
    causal_mask,
    collapse,
    ctc_forward,
    gradient_norms,
    greedy_decode,
    gru_cell,
    lstm_cell,
    multi_head_attention,
    rnn_cell,
    sinusoidal_positions,
)

D = torch.float64


def random(*shape, seed=0):
    return torch.randn(*shape, dtype=D, generator=torch.Generator().manual_seed(seed))


# Recurrent cells


@pytest.mark.parametrize(("build", "ours"), [(nn.RNNCell, rnn_cell), (nn.GRUCell, gru_cell)])
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_cells_are_torchs(build, ours, seed, inputs, hidden, n):
    torch.manual_seed(seed)
    cell = build(inputs, hidden, dtype=D).requires_grad_(False)
    x, h = 3 * random(n, inputs, seed=seed), 3 * random(n, hidden, seed=seed + 1)
    before = x.clone(), h.clone()
    torch.testing.assert_close(
        ours(x, h, **dict(cell.named_parameters())), cell(x, h), atol=1e-12, rtol=0
    )
    assert torch.equal(x, before[0])
    assert torch.equal(h, before[1])


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_lstm_is_torchs(seed):
    torch.manual_seed(seed)
    cell = nn.LSTMCell(3, 5, dtype=D).requires_grad_(False)
    state = random(4, 5, seed=seed), random(4, 5, seed=seed + 1)
    x = random(4, 3, seed=seed + 2)
    for a, b in zip(
        lstm_cell(x, state, **dict(cell.named_parameters())), cell(x, state), strict=True
    ):
        torch.testing.assert_close(a, b, atol=1e-12, rtol=0)


def weights(gates, inputs=3, hidden=4):
    return {
        "weight_ih": random(gates * hidden, inputs),
        "weight_hh": random(gates * hidden, hidden),
        "bias_ih": random(gates * hidden),
        "bias_hh": random(gates * hidden),
    }


def test_a_closed_update_gate_keeps_the_state_and_an_open_one_drops_it():
    given_ = weights(3)
    x, h = random(2, 3), random(2, 4, seed=1)
    given_["bias_ih"][4:8] = 1e3
    assert torch.equal(gru_cell(x, h, **given_), h)
    given_["bias_ih"][4:8] = -1e3
    given_["bias_ih"][0:4] = -1e3  # the reset gate shuts the past out of the candidate
    first, second = gru_cell(x, h, **given_), gru_cell(x, -h, **given_)
    torch.testing.assert_close(first, second, atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", ["weight_ih", "weight_hh", "h"])
def test_shapes_that_do_not_fit_are_named(name):
    given_ = {**weights(3), "h": random(2, 4)}
    given_[name] = given_[name][1:]
    h = given_.pop("h")
    with pytest.raises(ValueError, match=rf"^{name}:"):
        gru_cell(random(2, 3), h, **given_)
    with pytest.raises(ValueError, match=r"^state:"):
        lstm_cell(random(2, 3), (random(2, 4), random(2, 3)), **weights(4))


# Gradients through time


def plain(gain, seed=0, hidden=12):
    given_ = {
        "weight_ih": 0.1 * random(hidden, 5, seed=seed),
        "weight_hh": gain * torch.linalg.qr(random(hidden, hidden, seed=seed + 1)).Q,
        "bias_ih": torch.zeros(hidden, dtype=D),
        "bias_hh": torch.zeros(hidden, dtype=D),
    }
    return lambda x, h: rnn_cell(x, h, **given_)


@pytest.mark.parametrize("gain", [0.5, 0.9, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_gradient_through_time_is_within_its_bound(gain, seed):
    norms = gradient_norms(plain(gain, seed), random(40, 5, seed=seed), torch.zeros(12, dtype=D))
    assert len(norms) == 41
    assert norms[0] == 1
    assert bool((norms <= gain ** torch.arange(41.0, dtype=D) * (1 + 1e-9)).all())


def test_gradient_norms_are_those_of_autograd():
    step, x, h = plain(1.3), random(6, 5), random(12)

    def run(state):
        for x_t in x[2:]:
            state = step(x_t, state)
        return state

    middle = step(x[1], step(x[0], h))
    whole = torch.autograd.functional.jacobian(run, middle)
    found = gradient_norms(step, x, h)[4]
    torch.testing.assert_close(found, torch.linalg.matrix_norm(whole, 2))


def test_a_linear_recurrence_has_its_closed_form():
    norms = gradient_norms(lambda x, h: 0.7 * h + x, random(9, 3), random(3))
    torch.testing.assert_close(norms, 0.7 ** torch.arange(10, dtype=D))


def test_bad_sequences_are_named():
    with pytest.raises(ValueError, match=r"^x:"):
        gradient_norms(plain(1), random(2, 3, 5), torch.zeros(12, dtype=D))
    with pytest.raises(ValueError, match=r"^h:"):
        gradient_norms(plain(1), random(3, 5), torch.zeros(1, 12, dtype=D))


# Attention


@given(st.integers(0, 1000), st.sampled_from([1, 2, 4]), st.integers(1, 7), st.booleans())
@settings(max_examples=30, deadline=None)
def test_multi_head_attention_is_torchs(seed, heads, length, causal):
    torch.manual_seed(seed)
    layer = nn.MultiheadAttention(8, heads, batch_first=True, dtype=D)
    nn.init.normal_(layer.in_proj_bias)
    nn.init.normal_(layer.out_proj.bias)
    x = random(3, length, 8, seed=seed)
    mask = ~causal_mask(length) if causal else None
    output, maps = layer(x, x, x, attn_mask=mask, average_attn_weights=False)
    found = multi_head_attention(
        x,
        heads=heads,
        in_proj_weight=layer.in_proj_weight,
        in_proj_bias=layer.in_proj_bias,
        out_proj_weight=layer.out_proj.weight,
        out_proj_bias=layer.out_proj.bias,
        causal=causal,
    )
    torch.testing.assert_close(found.output, output, atol=1e-12, rtol=0)
    torch.testing.assert_close(found.weights, maps, atol=1e-12, rtol=0)


def test_attention_is_a_weighted_mean_and_torchs():
    query, key, value = random(2, 5, 4), random(2, 7, 4, seed=1), random(2, 7, 3, seed=2)
    found = attention(query, key, value)
    assert bool((found.weights >= 0).all())
    torch.testing.assert_close(found.weights.sum(-1), torch.ones(2, 5, dtype=D))
    expected = nn.functional.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(found.output, expected, atol=1e-12, rtol=0)


def test_a_key_that_agrees_far_better_gives_its_value():
    key = torch.eye(4, dtype=D)
    value = random(4, 3)
    found = attention(1e4 * key, key, value)
    torch.testing.assert_close(found.output, value)


def test_the_future_has_no_weight_and_no_gradient():
    x = random(1, 6, 4).requires_grad_()
    found = attention(x, x, x, causal=True)
    assert float(found.weights.detach().triu(1).abs().max()) == 0
    for t in range(6):
        (slope,) = torch.autograd.grad(found.output[0, t].sum(), x, retain_graph=True)
        assert float(slope[0, t + 1 :].abs().sum()) == 0
        assert float(slope[0, : t + 1].abs().min()) > 0


def test_without_a_mask_order_does_not_matter():
    query, key, value = (random(6, 4, seed=s) for s in range(3))
    order = torch.randperm(6, generator=torch.Generator().manual_seed(0))
    plain_ = attention(query, key, value).output
    torch.testing.assert_close(attention(query, key[order], value[order]).output, plain_)
    torch.testing.assert_close(attention(query[order], key, value).output, plain_[order])


@pytest.mark.parametrize(
    ("shapes", "causal", "said"),
    [
        (((5, 4), (5, 3), (5, 2)), False, "^key:"),
        (((5, 4), (6, 4), (5, 2)), False, "^value:"),
        (((5, 4), (6, 4), (6, 2)), True, "^causal:"),
        (((4,), (5, 4), (5, 2)), False, "^query"),
    ],
)
def test_bad_shapes_of_attention_are_named(shapes, causal, said):
    with pytest.raises(ValueError, match=said):
        attention(*(random(*shape) for shape in shapes), causal=causal)


def test_bad_heads_are_named():
    bad = dict(in_proj_bias=random(24), out_proj_weight=random(8, 8), out_proj_bias=random(8))
    with pytest.raises(ValueError, match=r"^x:"):
        multi_head_attention(random(1, 2, 8), heads=3, in_proj_weight=random(24, 8), **bad)
    with pytest.raises(ValueError, match=r"^heads:"):
        multi_head_attention(random(1, 2, 8), heads=0, in_proj_weight=random(24, 8), **bad)
    with pytest.raises(ValueError, match=r"^in_proj_weight:"):
        multi_head_attention(random(1, 2, 8), heads=2, in_proj_weight=random(8, 24), **bad)


def test_waves_tell_the_distance_alone():
    waves = sinusoidal_positions(50, 16)
    inner = waves @ waves.T
    torch.testing.assert_close(inner[:-1, :-1], inner[1:, 1:], atol=1e-10, rtol=0)
    torch.testing.assert_close(inner.diagonal(), torch.full((50,), 8.0, dtype=D))
    torch.testing.assert_close(waves[:, 0], torch.arange(50.0, dtype=D).sin())
    for length, width in ((0, 4), (3, 0), (3, 5)):
        with pytest.raises(ValueError, match=r"length|width"):
            sinusoidal_positions(length, width)


# CTC


def brute_force(log_probs, blank):
    frames, classes = log_probs.shape
    total = defaultdict(float)
    for path in itertools.product(range(classes), repeat=frames):
        p = math.exp(sum(float(log_probs[t, s]) for t, s in enumerate(path)))
        total[merge_then_drop(path, blank)] += p
    return total


def merge_then_drop(path, blank):
    return tuple(s for s, _ in itertools.groupby(path) if s != blank)


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(2, 3), st.data())
@settings(max_examples=25, deadline=None)
def test_ctc_is_the_sum_over_all_paths(seed, frames, classes, data):
    blank = data.draw(st.integers(0, classes - 1))
    log_probs = (2 * random(frames, classes, seed=seed)).log_softmax(1)
    expected = brute_force(log_probs, blank)
    found = {y: float(ctc_forward(log_probs, y, blank=blank).exp()) for y in expected}
    assert all(abs(found[y] - expected[y]) <= 1e-12 for y in expected)
    assert abs(sum(found.values()) - 1) <= 1e-12


@given(st.integers(0, 10**6), st.integers(1, 8))
@settings(max_examples=25, deadline=None)
def test_ctc_and_its_gradient_are_torchs(seed, length):
    chance = torch.Generator().manual_seed(seed)
    labels = torch.randint(1, 5, (1, length), generator=chance)
    logits = random(20, 5, seed=seed).requires_grad_()
    ours = -ctc_forward(logits.log_softmax(1), labels[0].tolist())
    sizes = torch.tensor([20]), torch.tensor([length])
    log_probs = logits.log_softmax(1)[:, None]
    torchs = nn.functional.ctc_loss(log_probs, labels, *sizes, reduction="sum")
    torch.testing.assert_close(ours, torchs, atol=1e-10, rtol=0)
    mine, theirs = (torch.autograd.grad(loss, logits)[0] for loss in (ours, torchs))
    torch.testing.assert_close(mine, theirs, atol=1e-10, rtol=0)


def test_ctc_in_single_precision_over_a_long_recording():
    log_probs = random(500, 30).float().log_softmax(1)
    labels = [1 + i % 29 for i in range(60)]
    single, double = ctc_forward(log_probs, labels), ctc_forward(log_probs.double(), labels)
    torch.testing.assert_close(single.double(), double, rtol=1e-5, atol=0)


def test_too_few_frames_spell_nothing():
    log_probs = random(3, 3).log_softmax(1)
    assert float(ctc_forward(log_probs, [1, 2, 1, 2])) == -math.inf
    assert float(ctc_forward(log_probs, [1, 1, 2])) == -math.inf  # a double needs a blank
    assert math.isfinite(float(ctc_forward(log_probs, [1, 2, 1])))
    torch.testing.assert_close(ctc_forward(log_probs, []), log_probs[:, 0].sum())


def test_certain_frames():
    frames = torch.tensor([1, 1, 0, 1, 2])
    sure = nn.functional.one_hot(frames, 3).double().log()
    assert float(ctc_forward(sure, [1, 1, 2])) == 0
    assert float(ctc_forward(sure, [1, 2])) == -math.inf
    assert greedy_decode(sure) == (1, 1, 2)


def test_greedy_decoding_can_miss_the_likeliest_transcript():
    log_probs = torch.tensor([[0.6, 0.4], [0.6, 0.4]], dtype=D).log()
    assert greedy_decode(log_probs) == ()
    assert float(ctc_forward(log_probs, []).exp()) == pytest.approx(0.36)
    assert float(ctc_forward(log_probs, [1]).exp()) == pytest.approx(0.64)


@given(st.lists(st.integers(0, 3), max_size=12), st.integers(0, 3))
def test_collapse_merges_then_drops(path, blank):
    assert collapse(path, blank=blank) == merge_then_drop(path, blank)


@pytest.mark.parametrize(
    ("log_probs", "labels", "blank", "name"),
    [
        (torch.zeros(3), [1], 0, "log_probs"),
        (torch.zeros(0, 3), [1], 0, "log_probs"),
        (torch.zeros(4, 3), [1], 0, "log_probs"),
        (torch.full((4, 3), float("nan")), [1], 0, "log_probs"),
        (torch.zeros(4, 3).log_softmax(1), [1], 3, "blank"),
        (torch.zeros(4, 3).log_softmax(1), [1], -1, "blank"),
        (torch.zeros(4, 3).log_softmax(1), [3], 0, "labels"),
        (torch.zeros(4, 3).log_softmax(1), [1, 0], 0, "labels"),
        (torch.zeros(4, 3).log_softmax(1), [-1], 0, "labels"),
    ],
)
def test_bad_ctc_input_is_named(log_probs, labels, blank, name):
    with pytest.raises(ValueError, match=rf"^{name}:"):
        ctc_forward(log_probs, labels, blank=blank)
