"""Text, language models over letters, and the two networks that read them."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sdl_lib.data import alice, passports
from sdl_lib.models import CausalTransformer, CharGRU, load, weights
from sdl_lib.sequences import (
    ALPHABET,
    bigram_log_probs,
    bits_per_character,
    decode,
    encode,
    fit_language_model,
    generate,
    next_letter,
    simplify,
)

CLASSES = len(ALPHABET)


@pytest.fixture(scope="module")
def book():
    return tuple(encode(simplify(alice(split))) for split in ("train", "test"))


# text


def test_the_book_is_whole_and_bears_no_trade_mark():
    train, test = alice("train"), alice("test")
    assert train.startswith("CHAPTER I. Down the Rabbit-Hole\nAlice was beginning")
    assert test.startswith("CHAPTER XI.")
    assert test.endswith("the happy summer days.\n")
    assert len(re.findall("^CHAPTER ", train + test, re.M)) == 12
    assert "Gutenberg" not in train + test
    with pytest.raises(ValueError, match=r"^split"):
        alice("validation")


@given(st.text(ALPHABET))
def test_codes_lead_back(text):
    assert decode(encode(text)) == text


@given(st.text())
def test_simplified_text_can_always_be_encoded(text):
    plain = simplify(text)
    assert simplify(plain) == plain
    assert len(encode(plain)) == len(plain)


def test_simplify():
    assert simplify("“Curiouser”—and 7 CATS’") == "'curiouser'-and   cats'"


def test_bad_text_and_codes_are_named():
    with pytest.raises(ValueError, match=r"^text: .*'A' at 1"):
        encode("aA")
    for bad in (torch.tensor([38]), torch.tensor([-1]), torch.zeros(2, 2).long(), torch.zeros(2)):
        with pytest.raises(ValueError, match=r"^codes:"):
            decode(bad)


# measures


def test_bigrams_are_counted():
    table = bigram_log_probs(torch.tensor([0, 1, 0, 1, 1]), classes=2, smoothing=0.5).exp()
    expected = torch.tensor([[0.5 / 3, 2.5 / 3], [1.5 / 3, 1.5 / 3]], dtype=torch.float64)
    torch.testing.assert_close(table, expected)


class Uniform(nn.Module):
    def forward(self, codes):
        return torch.zeros(*codes.shape, CLASSES)


def test_blind_guessing_costs_the_log_of_the_alphabet(book):
    assert bits_per_character(Uniform().eval(), book[1]) == pytest.approx(math.log2(CLASSES))


def test_bits_are_the_mean_surprise():
    table = torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=torch.float64).log()
    codes = torch.tensor([0, 1, 1, 0, 0, 1])
    surprise = [-math.log2(p) for p in (0.75, 0.5, 0.25, 0.75)]  # two windows of three
    assert bits_per_character(table, codes, length=3) == pytest.approx(sum(surprise) / 4)


def test_bad_settings_are_named(book):
    model, text = CharGRU(width=4, hidden=4), book[1][:100]
    with pytest.raises(ValueError, match="training mode"):
        bits_per_character(model, text)
    with pytest.raises(ValueError, match="training mode"):
        next_letter(model, text)
    model.eval()
    for call, name in (
        (lambda: bits_per_character(model, text[:10]), "codes"),
        (lambda: bits_per_character(model, text, length=1), "length"),
        (lambda: fit_language_model(model, text, steps=0), "steps"),
        (lambda: fit_language_model(model, text, steps=1, length=100), "codes"),
        (lambda: fit_language_model(model, text.float(), steps=1), "codes"),
        (lambda: next_letter(model, text[:0]), "codes"),
        (lambda: next_letter(model, text, temperature=0), "temperature"),
        (lambda: next_letter(model, text, temperature=math.nan), "temperature"),
        (lambda: generate(model, text, n=-1), "n"),
        (lambda: bigram_log_probs(text, classes=5), "codes"),
        (lambda: bigram_log_probs(text, classes=CLASSES, smoothing=0), "smoothing"),
        (lambda: bigram_log_probs(text.tolist(), classes=CLASSES), "codes"),
    ):
        with pytest.raises(ValueError, match=rf"^{name}:"):
            call()
    with pytest.raises(ValueError, match=r"^codes: expected at most 64"):
        CausalTransformer()(text[None])


# models


@pytest.mark.parametrize("seed", range(3))
def test_a_small_reader_beats_the_bigrams(book, seed):
    train, test = book
    torch.manual_seed(seed)
    model = CharGRU(width=16, hidden=64)
    chance = torch.Generator().manual_seed(seed)
    state = torch.get_rng_state()
    history = fit_language_model(
        model, train, steps=200, length=48, batch_size=16, lr=1e-2, generator=chance
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert not model.training
    assert history[-1] < history[0]
    baseline = bits_per_character(bigram_log_probs(train, classes=CLASSES), test)
    assert bits_per_character(model, test) <= baseline - 0.3


def test_the_same_seed_trains_the_same_model(book):
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        model = CausalTransformer(width=16, heads=2, layers=1)
        fit_language_model(model, book[1], steps=3, length=16, batch_size=4)
        states.append(torch.cat([p.flatten() for p in model.parameters()]))
    assert torch.equal(*states)


@pytest.mark.parametrize(
    ("name", "parameters"), [("char-gru", 68_326), ("causal-transformer", 109_094)]
)
def test_shipped_readers_are_as_good_as_their_passports_say(book, name, parameters):
    model = load(name)
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert not any(p.requires_grad for p in model.parameters())
    passport = passports.read(weights._FOLDER / f"{name}.toml")
    stated = float(re.search(r"chapters: (\d\.\d+) bits", passport.made)[1])
    measured = bits_per_character(model, book[1])
    assert measured == pytest.approx(stated, abs=1e-3)
    assert measured < bits_per_character(bigram_log_probs(book[0], classes=CLASSES), book[1]) - 0.8


@pytest.mark.parametrize("name", ["char-gru", "causal-transformer"])
def test_no_letter_sees_a_later_one(book, name):
    model = load(name).double()
    x = model.embedding(book[1][None, 100:124]).requires_grad_()
    scores = model.read(x)[0]
    torch.testing.assert_close(scores, model(book[1][None, 100:124])[0])
    for t in (0, 7, 22):
        (slope,) = torch.autograd.grad(scores[t].logsumexp(0), x, retain_graph=True)
        assert float(slope[0, t + 1 :].abs().sum()) == 0
        assert float(slope[0, : t + 1].abs().amin(0).max()) > 0


def test_maps_and_values_are_those_of_the_pass(book):
    model = load("causal-transformer").double()
    codes = book[1][None, :20]
    maps, values = model.attention_maps(codes), model.attention_values(codes)
    assert maps.shape == (2, 1, 4, 20, 20)
    assert values.shape == (2, 1, 4, 20, 16)
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 1, 4, 20, dtype=torch.float64))
    x = model.embedding(codes) + model.positions[:20]
    block = model.blocks[0]
    joined = (maps[0] @ values[0]).transpose(1, 2).flatten(2)
    x = x + block.project_out(joined)
    x = x + block.perceptron(block.norm_2(x))
    torch.testing.assert_close(
        block.values(model.embedding(codes) + model.positions[:20]), values[0]
    )
    torch.testing.assert_close(model.blocks[1].values(x), values[1])


# writing


def test_what_is_written_depends_on_the_seed_alone():
    model, start = load("char-gru"), encode("alice ")
    texts = []
    for seed in (1, 1, 2):
        chance = torch.Generator().manual_seed(seed)
        texts.append(decode(generate(model, start, n=20, generator=chance)))
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == 20
    assert len(generate(model, start, n=0)) == 0


def test_at_temperature_zero_nearly_the_likeliest_letter_is_written():
    model, text = load("char-gru"), encode("the queen said ")
    written = generate(model, text, n=10, temperature=1e-3)
    for letter in written:
        assert letter == next_letter(model, text).argmax()
        text = torch.cat([text, letter.view(1)])


def test_draws_have_the_models_frequencies():
    model, text = load("char-gru"), encode("he wa")
    expected = next_letter(model, text)
    assert float(expected.sum()) == pytest.approx(1)
    chance = torch.Generator().manual_seed(0)
    drawn = torch.cat([generate(model, text, n=1, generator=chance) for _ in range(600)])
    found = torch.bincount(drawn, minlength=CLASSES) / 600
    assert float((found - expected).abs().max()) < 0.06  # three standard errors
