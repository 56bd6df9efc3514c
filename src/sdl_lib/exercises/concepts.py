"""Checkers for the exercises on concepts and mechanisms.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib import attribution
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded

Two = Callable[[Tensor, Tensor], float]
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def _chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@guarded
def pair(answer: float) -> Verdict:
    """The sparsity from which an antipodal pair beats keeping one of two features."""
    value = float(answer)
    if abs(value - 3 / 7) < 0.005:
        return Verdict(True, "3/7: the pair pays only when both are active.")
    if abs(value - 4 / 7) < 0.005:
        return Verdict(False, "That is p, how often a feature is active: the question is S.")
    if abs(value - 0.5) < 0.005:
        return Verdict(False, "Compare p²/3 with p/3 − p²/4: a dropped feature costs its variance.")
    if abs(value) < 0.005:
        return Verdict(False, "Without the p²/4: a bias may stand in for the dropped feature.")
    return Verdict(False, "Set the two costs equal, divide by p, and mind that p = 1 − S.")


@guarded
def score(answer: Two) -> Verdict:
    """``answer(gradient, direction)`` is the share of positive directional derivatives."""
    chance = _chance()
    gradient = torch.randn(40, 6, generator=chance, dtype=torch.double) + 0.1
    gradient[:7] = 0  # no slope at all
    direction = torch.randn(6, generator=chance, dtype=torch.double)
    slopes = gradient @ direction
    value, right = float(answer(gradient, direction)), float((slopes > 0).double().mean())
    if abs(value - right) < 1e-6:
        return Verdict(True, "A share of signs; how steep the slopes are does not enter.")
    if abs(value - float((slopes >= 0).double().mean())) < 1e-6:
        return Verdict(False, "A slope of zero is no rise: count those above zero only.")
    if abs(value - float((slopes < 0).double().mean())) < 1e-6:
        return Verdict(False, "You counted the inputs for which the class falls.")
    if abs(value - float(slopes.mean())) < 1e-6:
        return Verdict(False, "That is the mean slope: the score counts signs.")
    if abs(value - float((gradient > 0).double().mean())) < 1e-6:
        return Verdict(False, "You counted gradient entries: the direction must enter.")
    return Verdict(False, "One number for each input first: its gradient times the direction.")


@guarded
def p_value(answer: Two) -> Verdict:
    """``answer(scores, null)`` is the rank of the concept among random concepts."""
    chance = _chance()
    centres = 0.5 + 0.1 * torch.randn(19, 1, generator=chance, dtype=torch.double)
    null = centres + 0.02 * torch.randn(19, 8, generator=chance, dtype=torch.double)
    low = torch.full((8,), float(null.mean(1).min()) - 0.05, dtype=torch.double)
    for scores in (low, null[3] + 0.001, 1 - low):
        right = attribution.Tcav(scores, null).p_value
        value = float(answer(scores, null))
        means = null.mean(1)
        far = (means - means.mean()).abs() >= (scores.mean() - means.mean()).abs()
        if abs(value - right) < 1e-6:
            continue
        if abs(value - float(far.double().mean())) < 1e-6:
            return Verdict(False, "This can be zero: count the concept itself among the ranks.")
        upper = (1 + float((means >= scores.mean()).sum())) / 20
        if abs(value - upper) < 1e-6:
            return Verdict(False, "A concept may also lower a class: count both directions.")
        single = (null - null.mean()).abs() >= (scores.mean() - null.mean()).abs()
        if abs(value - (1 + float(single.sum())) / (1 + null.numel())) < 1e-6:
            return Verdict(False, "Compare means with means: a single draw scatters more.")
        return Verdict(False, f"Expected {right:.2f} for one of the trials, found {value:.4g}.")
    return Verdict(True, "Each random concept had the same chances as ours.")


@guarded
def toy_loss(answer: Loss) -> Verdict:
    """``answer(W, b, x, importance)`` is the loss of a toy model."""
    chance = _chance()
    weight, x = (torch.rand(s, generator=chance).double() - 0.4 for s in ((2, 5), (30, 5)))
    bias = torch.rand(5, generator=chance).double() - 0.5
    importance = 0.9 ** torch.arange(5).double()
    given = [part.clone() for part in (weight, bias, x, importance)]
    value = float(answer(*given))
    linear = x @ weight.T @ weight + bias
    error = (x - linear.relu()) ** 2
    if abs(value - float((error * importance).sum(1).mean())) < 1e-6:
        return Verdict(True, "Two products, a ReLU and a weighted square.")
    if abs(value - float(((x - linear) ** 2 * importance).sum(1).mean())) < 1e-6:
        return Verdict(False, "Where is the ReLU? Without it nothing is ever shared.")
    if abs(value - float(error.sum(1).mean())) < 1e-6:
        return Verdict(False, "The importances have no effect yet.")
    if abs(value - float((error * importance).mean())) < 1e-6:
        return Verdict(False, "Sum over the features; only the batch is averaged.")
    no_bias = (x - (x @ weight.T @ weight).relu()) ** 2
    if abs(value - float((no_bias * importance).sum(1).mean())) < 1e-6:
        return Verdict(False, "You forgot the bias, which belongs inside the ReLU.")
    return Verdict(False, "Restore x by W'Wx + b and a ReLU, then weigh the squared errors.")


@guarded
def recovery(answer: Two) -> Verdict:
    """``answer(truth, found)`` is the mean maximal cosine similarity."""
    chance = _chance()
    truth = 3 * torch.randn(6, 4, generator=chance, dtype=torch.double)
    found = torch.randn(9, 4, generator=chance, dtype=torch.double)
    value = float(answer(truth, found))
    unit = [part / part.norm(dim=1, keepdim=True) for part in (truth, found)]
    cosine = unit[0] @ unit[1].T
    if abs(value - float(cosine.max(1).values.mean())) < 1e-6:
        return Verdict(True, "Every true direction has found its best match.")
    if abs(value - float(cosine.max(0).values.mean())) < 1e-6:
        return Verdict(False, "You averaged over what was found; a missed truth goes unnoticed.")
    if abs(value - float((truth @ found.T).max(1).values.mean())) < 1e-6:
        return Verdict(False, "These are products, not cosines: divide by the lengths.")
    if abs(value - float(cosine.mean())) < 1e-6:
        return Verdict(False, "Take the best match of each row before you average.")
    if abs(value - float(cosine.max())) < 1e-6:
        return Verdict(False, "That is the one best match of all; every true row counts.")
    return Verdict(False, "Normalise the rows, multiply, take the maximum along found, average.")


@guarded
def layer_study(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """A study over depth: at least three layers, at least three draws for each."""
    if len(answer) < 3:
        return Verdict(False, f"Found {len(answer)} layers: three at least, to see a course.")
    for layer, scores in answer.items():
        if len(scores) < 3:
            return Verdict(False, f"For {layer}: three draws of counterexamples at least.")
        if not all(0 <= float(s) <= 1 for s in scores):
            return Verdict(False, f"For {layer}: a score is a share, from 0 to 1.")
    if all(len(set(map(float, scores))) == 1 for scores in answer.values()):
        return Verdict(False, "No layer's draws differ: did the counterexamples change?")
    means = {layer: sum(map(float, s)) / len(s) for layer, s in answer.items()}
    best = max(means, key=lambda layer: means[layer])
    return Verdict(True, f"A design that can answer. Highest mean: {means[best]:.2f} at {best}.")
