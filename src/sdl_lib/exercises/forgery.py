"""Checkers for the exercises on deepfakes, their detection, and marks."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.forgery import detect_watermark, watermark_residual, watermark_signs
from sdl_lib.gan import radial_power


@guarded
def base_rate(answer: float) -> Verdict:
    """The precision at one fake in 1,000, with 95% of fakes caught and 2% of the real flagged."""
    value = float(answer)
    right = 0.00095 / (0.00095 + 0.999 * 0.02)
    hints = {
        0.95: "That is the share of fakes that are caught; asked is the share of alarms that are.",
        0.98: "That is the share of real pictures that pass in peace.",
        0.95 / 0.97: "You weighed both kinds alike, as if every second picture were a fake.",
        100 * right: "As a share, not in percent.",
        1 - right: "That is the share of alarms that are false.",
    }
    if abs(value - right) < 5e-4:
        return Verdict(True, "Of twenty-two alarms, one is about a fake.")
    for wrong, hint in hints.items():
        if abs(value - wrong) < 5e-4:
            return Verdict(False, hint)
    return Verdict(False, "Count in a hundred thousand pictures: alarms about fakes, and all.")


@guarded
def wish(answer: Sequence[float]) -> Verdict:
    """What G(z) = (z, 2z) draws when a 3 is wanted first, from z = 1 and with proximity 1."""
    pixels = [float(value) for value in answer]
    if len(pixels) != 2:
        return Verdict(False, f"Two pixels, please: found {len(pixels)}.")
    hints = {
        (3.0, 6.0): "That is the wish without its price: proximity 1 holds z back.",
        (3.0, 2.0): "No z draws that: move z, and both pixels follow.",
        (2.0, 2.0): "The second pixel is drawn from the same z, although the mask leaves it out.",
        (4 / 3, 8 / 3): "You asked the second pixel to stay: the mask does not count it.",
    }
    if all(abs(value - right) < 1e-3 for value, right in zip(pixels, (2.0, 4.0), strict=True)):
        return Verdict(True, "Half-way to the wish, and the pixel that nobody painted moves too.")
    for wrong, hint in hints.items():
        if all(abs(value - v) < 1e-3 for value, v in zip(pixels, wrong, strict=True)):
            return Verdict(False, hint)
    return Verdict(False, "Put G(z) into the formula: (z - 3)^2 + (z - 1)^2, least over z.")


@guarded
def rings(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """``answer(x)`` returns the power in each ring, shape (n, h // 2 + 1), of x (n, h, h)."""
    x = torch.rand(3, 12, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    given, right = answer(x.clone()), radial_power(x[:, None])
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    given = given.double()
    if torch.allclose(given, right):
        return Verdict(True, "And a wave of five periods lies in ring 5, whichever way it runs.")
    waves = torch.fft.fftfreq(12, 1 / 12, dtype=torch.float64)
    ring = (waves[:, None].square() + waves.square()).sqrt().round()
    size = torch.fft.fft2(x).abs()
    if torch.allclose(given, torch.stack([size[:, ring == k].mean(1) for k in range(7)], 1)):
        return Verdict(False, "That is the mean modulus; power is its square.")
    if torch.allclose(
        given, torch.stack([size[:, ring == k].square().sum(1) for k in range(7)], 1)
    ):
        return Verdict(False, "That is the sum over a ring: the outer ones have more places.")
    line = torch.arange(12, dtype=torch.float64)
    wrong = (line[:, None].square() + line.square()).sqrt().round()
    off = torch.stack([size[:, wrong == k].square().mean(1) for k in range(7)], 1)
    if torch.allclose(given, off):
        return Verdict(False, "Row 11 of 12 is the frequency -1, not 11: torch.fft.fftfreq.")
    return Verdict(False, "Mean of |FFT|^2 over the places whose frequency rounds to k.")


@guarded
def mark_score(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(residual, signs)`` returns the score z of each picture, shape (n,)."""
    chance = torch.Generator().manual_seed(2)
    x = torch.rand(4, 1, 16, 16, generator=chance, dtype=torch.float64)
    residual, signs = watermark_residual(x), watermark_signs(b"exercise", (8, 8)).double()
    given, right = answer(residual.clone(), signs.clone()), detect_watermark(x, b"exercise")
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    given = given.double()
    total = (signs * residual).flatten(1).sum(1)
    if torch.allclose(given, right):
        return Verdict(True, "Twice the contrast, the same score: it counts coins, not light.")
    if torch.allclose(given, total):
        return Verdict(False, "Divide by its spread over all keys, or its size says nothing.")
    if torch.allclose(given, total / residual.flatten(1).square().sum(1)):
        return Verdict(False, "You divided by the variance; take its root.")
    if torch.allclose(given, total / residual.norm()):
        return Verdict(False, "Each picture has a spread of its own: sum over its blocks alone.")
    return Verdict(False, "Sum of signs times residuals, over the root of the sum of squares.")


@guarded
def arms_race(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """``answer`` maps what is done to the fakes to the AUC, one number for each seed."""
    if len(answer) < 3:
        return Verdict(False, f"Compare three strengths at least, not {len(answer)}.")
    if any(len(values) < 3 for values in answer.values()):
        return Verdict(False, "Three seeds for each strength at least: one run is an anecdote.")
    if any(not 0 <= value <= 1 for values in answer.values() for value in values):
        return Verdict(False, "An AUC lies from 0 to 1.")
    if len({value for values in answer.values() for value in values}) == 1:
        return Verdict(False, "All runs agree exactly: does each have its own strength and seed?")
    means = {name: sum(values) / len(values) for name, values in answer.items()}
    best = min(means, key=lambda name: abs(means[name] - 0.5))
    return Verdict(True, f"Nearest to guessing: {best}, {means[best]:.2f}. And if it is retrained?")
