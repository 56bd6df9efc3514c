"""Checkers for the exercises on conditional GANs."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.gan import mismatched


@guarded
def exaggeration(answer: float) -> Verdict:
    """The share of forgeries of what makes up .7 of the data of one of two equal conditions."""
    value = float(answer)
    hints = {
        0.7: "That is the share in the data; the wrong pairs push beyond it.",
        0.6: "You took the mean with the marginal; the mixture has to be undone, 2p - w.",
        1.0: "Clipping begins where 2p falls below the marginal: .3 is not there yet.",
        1.4: "Subtract the marginal of the example, which is .5.",
    }
    if abs(value - 0.9) < 1e-6:
        return Verdict(True, "And beyond three quarters the rest is never drawn.")
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-6:
            return Verdict(False, hint)
    return Verdict(False, "Solve (q + w) / 2 = p, with w the marginal of the example.")


@guarded
def near(answer: Sequence[float]) -> Verdict:
    """The mean distances of three answers from a pixel that is 1 in .6 of the cases, else .3."""
    given = [float(value) for value in answer]
    if len(given) != 3:
        return Verdict(False, f"Three distances, please: found {len(given)}.")
    hints = {
        (0.28, 0.336, 0.28): "A fresh draw does not know when the pixel is 1: it errs both ways.",
        (0.28, 0.336, 0.168): "Y may be 1 and the draw .3, or the other way round: count both.",
        (0.28, 0.336, 0.0): "The law is right, the single draw is not: it is independent of Y.",
        (0.196, 0.1176, 0.2352): "Those are squared distances; asked are absolute ones.",
    }
    if _close(given, (0.28, 0.336, 0.336)):
        return Verdict(True, "What can occur is as far away as the grey that never does.")
    for wrong, hint in hints.items():
        if _close(given, wrong):
            return Verdict(False, hint)
    return Verdict(False, "For each answer: how often is it wrong, and by how much?")


def _close(given: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(abs(a - b) < 1e-3 for a, b in zip(given, wanted, strict=True))


@guarded
def norm(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(x, gamma, beta)`` is conditional batch normalisation; gamma, beta are (n, c)."""
    chance = torch.Generator().manual_seed(6)
    x = 3 + 2 * torch.randn(5, 3, 4, 4, generator=chance, dtype=torch.float64)
    gamma, beta = torch.randn(2, 5, 3, generator=chance, dtype=torch.float64)
    given = answer(x.clone(), gamma.clone(), beta.clone())
    right = _styled(x, gamma, beta, dims=(0, 2, 3))
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    if torch.allclose(given, right, atol=1e-6):
        return Verdict(True, "The batch gives mean and variance, the caption the rest.")
    if torch.allclose(given, _styled(x, gamma, beta, dims=(2, 3)), atol=1e-6):
        return Verdict(False, "You normalised each picture by itself: that is AdaIN.")
    if torch.allclose(given, _styled(x, gamma, beta, dims=(0,)), atol=1e-6):
        return Verdict(False, "A channel has one mean: take it over batch, height and width.")
    unbiased = _styled(x, gamma, beta, dims=(0, 2, 3), correction=1)
    if torch.allclose(given, unbiased, atol=1e-6):
        return Verdict(False, "Divide by the number of values: the variance without correction.")
    return Verdict(False, "Mean and variance of each channel; then gamma times that, plus beta.")


def _styled(
    x: Tensor, gamma: Tensor, beta: Tensor, *, dims: tuple[int, ...], correction: int = 0
) -> Tensor:
    mean = x.mean(dims, keepdim=True)
    variance = x.var(dims, correction=correction, keepdim=True)
    return gamma[..., None, None] * (x - mean) / (variance + 1e-5).sqrt() + beta[..., None, None]


@guarded
def wrong_pairs(answer: Callable[[Tensor, torch.Generator], Tensor]) -> Verdict:
    """``answer(c, generator)`` gives each row of ``c`` another row of it that differs."""
    c = torch.eye(3)[torch.tensor([0, 0, 0, 0, 1, 2])]
    right = mismatched(c, generator=torch.Generator().manual_seed(0))
    kept, seen = 0, torch.zeros(3, 3)
    for seed in range(60):
        given = answer(c.clone(), torch.Generator().manual_seed(seed))
        if problem := shape_problem(given, right):
            return Verdict(False, problem)
        if not bool((given[:, None] == c[None]).all(2).any(1).all()):
            return Verdict(False, "Some rows are none of those in c: take other rows as they are.")
        kept += int((given == c).all(1).sum())
        seen += c.T @ given
    if kept:
        return Verdict(False, f"{kept} of 360 pairs are right: equal rows may stand elsewhere too.")
    if int((seen > 0).sum()) < 6:
        return Verdict(False, "Each condition always gets the same wrong one: draw by chance.")
    return Verdict(True, "All 360 pairs are wrong, and every wrong pair occurs.")


@guarded
def speed(answer: Mapping[str, Mapping[int, Sequence[float]]]) -> Verdict:
    """``answer`` maps what D sees to steps to the matching rates, one for each seed."""
    if not {"pair", "wrong pairs"} <= set(answer):
        return Verdict(False, 'Compare "pair" with "wrong pairs", at least.')
    steps = [set(rates) for rates in answer.values()]
    if len(steps[0]) < 3 or any(other != steps[0] for other in steps):
        return Verdict(False, "Three numbers of steps at least, the same for each discriminator.")
    every = [list(seeds) for rates in answer.values() for seeds in rates.values()]
    if any(len(seeds) < 3 for seeds in every):
        return Verdict(False, "Three seeds for each at least: one run is an anecdote.")
    values = [value for seeds in every for value in seeds]
    if any(not 0 <= value <= 1 for value in values):
        return Verdict(False, "A matching rate lies between 0 and 1.")
    if max(values) - min(values) < 0.2:
        return Verdict(False, "All rates are alike: take fewer steps, where they still differ.")
    gaps = {
        n: sum(answer["wrong pairs"][n]) / len(answer["wrong pairs"][n])
        - sum(answer["pair"][n]) / len(answer["pair"][n])
        for n in steps[0]
    }
    widest = max(gaps, key=lambda n: abs(gaps[n]))
    return Verdict(
        True,
        f"The means differ most after {widest} steps: {gaps[widest]:+.2f} for wrong pairs. Is "
        "that more than the seeds differ?",
    )
