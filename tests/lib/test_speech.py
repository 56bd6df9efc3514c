"""Spoken digits, the network that writes them down, and the attack on what it writes."""

import base64
import copy
import functools
import io
import re

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from scipy.io import wavfile
from torch import nn

from sdl_lib.attacks import ctc_attack, signal_to_noise
from sdl_lib.attacks.ctc_attack import _ctc, _spells
from sdl_lib.audio_player import as_16_bits, players, wav
from sdl_lib.data import DIGIT_WORDS, passports, spoken_digits, spoken_phrases
from sdl_lib.data.spoken_digits import _expand
from sdl_lib.models import LETTERS, SpeechCTC, load, spell, transcribe, weights, word_accuracy
from sdl_lib.sequences import ctc_forward


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@functools.cache
def listener():
    return load("speech-ctc")


@functools.cache
def attacked(seed):
    said = spoken_phrases("test", 3, words=(2, 2), generator=seeded(seed))
    targets = ["nine nine", "five", "never trust it"]
    found = ctc_attack(listener(), said.x, [spell(t) for t in targets])
    return said, targets, found


# The data


def test_every_voice_says_every_digit_and_no_voice_is_in_both_parts():
    parts = {split: spoken_digits(split) for split in ("train", "test")}
    assert [len(p.voices) for p in parts.values()] == [24, 8]
    for part in parts.values():
        assert torch.equal(part.y.view(-1, 10), torch.arange(10).expand(len(part.voices), 10))
        assert torch.equal(part.voice, torch.arange(len(part.voices)).repeat_interleave(10))
        assert all(s.abs().max() <= 1 and 0.1 < len(s) / 8000 < 1 for s in part.sounds)

    def settings(part, flag):
        return {voice.split(flag)[1].split()[0] for voice in part.voices}

    for flag in ("+", "-s "):  # variant, speed
        assert not settings(parts["train"], flag) & settings(parts["test"], flag)


def test_mu_law_is_undone():
    sound = np.linspace(-1, 1, 501)
    code = np.rint((np.sign(sound) * np.log1p(255 * abs(sound)) / np.log(256) + 1) * 127.5)
    error = np.abs(_expand(code.astype(np.uint8)).numpy() - sound)
    assert (error <= 0.025 * np.abs(sound) + 2e-4).all()


def test_phrases_are_chances_children():
    one, two, other = (spoken_phrases("test", 4, generator=seeded(s)) for s in (5, 5, 6))
    assert one.texts == two.texts != other.texts
    assert torch.equal(one.x, two.x)
    assert one.x.shape == (4, int(one.length.max()))
    for row, text, length in zip(one.x, one.texts, one.length, strict=True):
        assert 2 <= len(text.split()) <= 4
        assert set(text.split()) <= set(DIGIT_WORDS)
        assert not row[length:].any()


def test_noise_is_as_loud_as_was_asked():
    quiet, loud = (
        spoken_phrases("train", 1, noise_db=(db, db), generator=seeded(0)).x for db in (120, 20)
    )
    assert float(signal_to_noise(quiet, loud)) == pytest.approx(20, abs=0.3)


@pytest.mark.parametrize(
    ("change", "name"),
    [({"n": 0}, "n:"), ({"words": (3, 2)}, "words"), ({"stretch": 0.5}, "stretch")],
)
def test_phrases_refuse(change, name):
    with pytest.raises(ValueError, match=name):
        spoken_phrases("test", **({"n": 1} | change))
    with pytest.raises(ValueError, match="split"):
        spoken_digits("valid")


# The listener


def test_loudness_is_that_of_a_fourier_transform_in_bands():
    tone = 0.3 * torch.sin(2 * torch.pi * 1000 * torch.arange(4000) / 8000)[None]
    model = listener()
    power = []
    padded = np.pad(tone[0].numpy(), 128)
    window = np.pad(np.hanning(201)[:-1], 28)
    for start in range(0, len(padded) - 255, 80):
        power.append(np.abs(np.fft.rfft(padded[start : start + 256] * window)) ** 2)
    bands = model.bands.numpy() @ np.array(power).T
    found = model.loudness(tone)[0].numpy()
    np.testing.assert_allclose(found, np.log10(bands + 1e-3) / 2 + 1, atol=2e-3)
    loudest = model.bands[found[:, 25].argmax()]
    assert loudest[32] == loudest.max()  # 1,000 Hz is line 32 of 128 for 4,000 Hz


def test_the_network_gives_log_probabilities_and_its_gradient_reaches_the_waveform():
    model = SpeechCTC()
    assert sum(p.numel() for p in model.parameters()) == 61_329
    x = (0.1 * torch.randn(2, 3200, generator=seeded(0))).requires_grad_()
    found = model(x)
    assert found.shape == (2, 21, len(LETTERS))
    torch.testing.assert_close(found.exp().sum(2), torch.ones(2, 21))
    found[0, :, 3].sum().backward()
    assert x.grad[0].abs().max() > 0
    assert not x.grad[1].any()


def test_spelling():
    assert [LETTERS[s] for s in spell("to ten")] == list("to ten")
    for text in ("", "a", "_"):
        with pytest.raises(ValueError, match="text"):
            spell(text)


def edits(a, b):
    """Fewest edits, by the definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(edits(a[1:], b) + 1, edits(a, b[1:]) + 1, edits(a[1:], b[1:]) + (a[0] != b[0]))


def test_word_accuracy_counts_edits():
    chance = seeded(0)
    for _ in range(20):
        a, b = (
            [str(int(k)) for k in torch.randint(3, (1 + int(n),), generator=chance)]
            for n in torch.randint(5, (2,), generator=chance)
        )
        expected = 1 - edits(a, b) / len(b)
        assert word_accuracy([" ".join(a)], [" ".join(b)]) == pytest.approx(expected)
    assert word_accuracy(["one two", ""], ["one two", "six six"]) == 0.5


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_voices_that_it_never_heard_are_understood(seed):
    said = spoken_phrases("test", 60, noise_db=(15, 40), generator=seeded(seed))
    assert word_accuracy(transcribe(listener(), said.x), said.texts) > 0.95


def test_the_passport_states_what_is_measured():
    made = passports.read(weights._FOLDER / "speech-ctc.toml").made
    stated = float(re.search(r"noise of 15 to 40 dB: (\d\.\d+)", made)[1])
    said = spoken_phrases("test", 500, noise_db=(15, 40), generator=seeded(100))
    texts = transcribe(listener(), said.x[:120])
    assert word_accuracy(texts, said.texts[:120]) == pytest.approx(stated, abs=0.02)


# The attack


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_chosen_texts_are_reached_and_noise_as_loud_changes_nothing(seed):
    said, targets, found = attacked(seed)
    assert transcribe(listener(), said.x) == list(said.texts)
    assert found.success.all()
    assert transcribe(listener(), found.x_adv) == targets
    assert transcribe(listener(), as_16_bits(found.x_adv)) == targets
    assert float(found.snr.min()) > 12
    assert float(found.snr.mean()) > 18
    noise = torch.randn(said.x.shape, generator=seeded(seed))
    change = (found.x_adv - said.x).norm(dim=1, keepdim=True)
    noisy = (said.x + noise * change / noise.norm(dim=1, keepdim=True)).clamp(-1, 1)
    assert word_accuracy(transcribe(listener(), noisy), said.texts) >= 0.8


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_of_20_db_brings_back_what_was_said(seed):
    said, targets, found = attacked(seed)
    noise = torch.randn(said.x.shape, generator=seeded(seed))
    noise *= 0.1 * said.x.norm(dim=1, keepdim=True) / noise.norm(dim=1, keepdim=True)
    heard = transcribe(listener(), (found.x_adv + noise).clamp(-1, 1))
    assert not any(a == b for a, b in zip(heard, targets, strict=True))
    plain = transcribe(listener(), (said.x + noise).clamp(-1, 1))
    assert word_accuracy(plain, said.texts) >= 0.8
    assert word_accuracy(heard, said.texts) > word_accuracy(targets, said.texts)


def test_results_are_in_the_box_and_the_radius_and_the_ratio_is_the_stated_one():
    said, _, found = attacked(0)
    assert float(found.x_adv.abs().max()) <= 1
    assert float((found.x_adv - said.x).abs().max()) <= 0.05 + 1e-7
    change = (found.x_adv - said.x).numpy().astype(float)
    ratio = (said.x.numpy().astype(float) ** 2).sum(1) / (change**2).sum(1)
    np.testing.assert_allclose(found.snr, 10 * np.log10(ratio), atol=1e-3)
    assert signal_to_noise(said.x, said.x).isinf().all()


def test_a_waveform_alone_is_attacked_as_in_company():
    said, targets, found = attacked(0)
    alone = ctc_attack(listener(), said.x[1:2], [spell(targets[1])])
    assert alone.success.all()
    assert float(alone.snr) == pytest.approx(float(found.snr[1]), abs=1.0)


def test_longer_search_is_quieter():
    said, targets, found = attacked(0)
    short = ctc_attack(listener(), said.x[:1], [spell(targets[0])], steps=50)
    assert short.success.all()
    assert float(found.snr[0]) >= float(short.snr[0])


def test_the_loss_is_minus_the_log_probability_of_the_chapter_on_sequences():
    log_probs = torch.randn(2, 9, 5, generator=seeded(0)).double().log_softmax(2)
    texts = [[1, 1, 2], [4, 3]]
    found = _ctc(log_probs, torch.tensor([1, 1, 2, 4, 3]), torch.tensor([3, 2]), 0)
    expected = -sum(ctc_forward(row, t) for row, t in zip(log_probs, texts, strict=True))
    torch.testing.assert_close(found, expected)
    path = torch.full((1, 4, 5), -9.0)
    for frame, symbol in enumerate([1, 0, 1, 2]):
        path[0, frame, symbol] = 5.0
    assert _spells(path.log_softmax(2), [[1, 1, 2]], 0).all()


def test_nothing_that_was_passed_changes():
    model, said = copy.deepcopy(listener()), spoken_phrases("test", 1, generator=seeded(4))
    before, x = copy.deepcopy(model.state_dict()), said.x.clone()
    state = torch.get_rng_state()
    with torch.no_grad():
        found = ctc_attack(model, said.x, [spell("one")], steps=3)
    assert torch.equal(said.x, x)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert not found.x_adv.requires_grad


class Deaf(nn.Module):
    """Writes nothing, whatever it hears."""

    def forward(self, x):
        scores = torch.zeros(len(x), 10, 17)
        scores[:, :, 0] = 9
        return (scores + 0 * x.sum()).log_softmax(2)


def test_a_failure_is_the_original_and_no_success():
    x = 0.1 * torch.ones(2, 800)
    found = ctc_attack(Deaf().eval(), x, [[1], [2, 3]], steps=3)
    assert torch.equal(found.x_adv, x)
    assert not found.success.any()
    assert found.snr.isinf().all()
    none = ctc_attack(Deaf().eval(), x[:0], [])
    assert none.x_adv.shape == (0, 800)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"waveform": torch.full((1, 800), 1.5)}, "waveform"),
        ({"waveform": torch.zeros(1, 1, 800)}, "waveform"),
        ({"waveform": torch.zeros(1, 800).long()}, "waveform"),
        ({"target": [[1], [2]]}, "target"),
        ({"target": [[]]}, "target"),
        ({"target": [[0]]}, "target"),
        ({"target": [[17]]}, "target"),
        ({"target": [[1] * 6]}, "target"),
        ({"steps": 0}, "steps"),
        ({"eps": -1.0}, "eps"),
        ({"lr": float("nan")}, "lr"),
        ({"shrink": 1.0}, "shrink"),
        ({"model": nn.Sequential(Deaf())}, "model"),
    ],
)
def test_bad_arguments_are_named(change, name):
    call = {"model": Deaf().eval(), "waveform": torch.zeros(1, 800), "target": [[1]]} | change
    with pytest.raises(ValueError, match=name):
        ctc_attack(call.pop("model"), call.pop("waveform"), call.pop("target"), **call)
    with pytest.raises(ValueError, match="x_adv"):
        signal_to_noise(torch.zeros(1, 8), torch.zeros(1, 9))


# The players


def test_a_wave_file_is_read_by_another_reader():
    sound = torch.linspace(-1, 1, 100)
    rate, samples = wavfile.read(io.BytesIO(wav(sound)))
    assert rate == 8000
    np.testing.assert_allclose(samples / 32767, as_16_bits(sound), atol=1e-7)
    assert float((as_16_bits(sound) - sound).abs().max()) <= 0.5 / 32767 + 1e-7


def test_players_have_names_and_carry_their_sound():
    shown = players(torch.zeros(2, 10), ['says "one"', "<b>"])._repr_mimebundle_()
    found = BeautifulSoup(shown["text/html"], "html.parser").find_all("audio")
    assert [a["aria-label"] for a in found] == ['says "one"', "<b>"]
    content = base64.b64decode(found[0]["src"].split(",")[1])
    assert content == wav(torch.zeros(10))
    assert "[sound] <b>" in shown["text/plain"]


def test_players_refuse():
    for bad in (torch.full((1, 4), 1.1), torch.full((1, 4), torch.nan), torch.zeros(1, 4).long()):
        with pytest.raises(ValueError, match="waveform"):
            players(bad, ["x"])
    with pytest.raises(ValueError, match="waveform"):
        wav(torch.zeros(1, 4))
    with pytest.raises(ValueError, match="titles"):
        players(torch.zeros(1, 4), [])
