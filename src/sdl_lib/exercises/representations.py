"""Checkers for the exercises on representations and transfer.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded
from sdl_lib.representations import linear_probe

Pool = Callable[[Tensor], Tensor]
Ridge = Callable[[Tensor, Tensor, float], Tensor]
Split = Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor]]
Choice = Callable[[dict[str, Tensor], Tensor, Tensor, int], str]
Study = Mapping[float, tuple[Sequence[float], Sequence[float]]]


@guarded
def effective_size(answer: float) -> Verdict:
    """What 2,000 patches of four patients are worth when patches of a patient correlate by .1."""
    value = float(answer)
    if abs(value - 2000 / 50.9) < 0.05:
        return Verdict(True, "39.3: ten for each patient, however many patches are cut.")
    if abs(value - 2000 / 200.9) < 0.05:
        return Verdict(False, "You took all patches for one cluster: a patient has only 500.")
    if abs(value - 500 / 50.9) < 0.05:
        return Verdict(False, "That is one patient's worth, and there are four.")
    if abs(value - 4) < 1e-6:
        return Verdict(False, "Four would be right if patches of a patient were all alike: rho 1.")
    if abs(value - 200) < 1e-6:
        return Verdict(False, "rho is no share of the patches: use the variance of a mean.")
    return Verdict(False, "By how much does the variance of a mean grow when m = 500?")


@guarded
def pool(answer: Pool) -> Verdict:
    """``answer(h)`` is the mean of each channel over all positions."""
    h = torch.rand(3, 5, 4, 6, generator=torch.Generator().manual_seed(0))
    result = answer(h)
    if not isinstance(result, Tensor):
        return Verdict(False, f"Expected a tensor, found {type(result).__name__}.")
    if result.shape == (3, 4, 6):
        return Verdict(False, "You averaged over the channels: what is left is a picture.")
    if result.shape != (3, 5):
        return Verdict(
            False, f"Expected shape (3, 5) for (3, 5, 4, 6), found {tuple(result.shape)}."
        )
    if torch.allclose(result, h.amax((2, 3))):
        return Verdict(False, "That is the largest value of each channel, not the mean.")
    if torch.allclose(result, h.sum((2, 3))):
        return Verdict(False, "A sum grows with the picture: divide by the number of positions.")
    if not torch.allclose(result, h.mean((2, 3))):
        return Verdict(False, "The shape is right, the values are not the means.")
    return Verdict(True, "One number a channel, wherever in the picture it fired.")


@guarded
def ridge(answer: Ridge) -> Verdict:
    """``answer(z, targets, penalty)`` are the weights of ridge regression."""
    chance = torch.Generator().manual_seed(0)
    z = torch.randn(30, 6, generator=chance, dtype=torch.double)
    t = torch.randn(30, 2, generator=chance, dtype=torch.double)
    gram, eye = z.T @ z, torch.eye(6, dtype=torch.double)
    result = answer(z, t, 5.0)
    if not isinstance(result, Tensor) or result.shape != (6, 2):
        found = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        return Verdict(False, f"Expected a tensor of shape (6, 2), found {found}.")
    if not bool(result.any()):
        return Verdict(False, "All weights are zero: as with an infinite penalty.")
    if torch.allclose(result.double(), torch.linalg.solve(gram, z.T @ t)):
        return Verdict(False, "That is least squares: where is the penalty?")
    if torch.allclose(result.double(), torch.linalg.solve(gram + 5.0, z.T @ t)):
        return Verdict(False, "You added the penalty to every entry: it belongs on the diagonal.")
    if not torch.allclose(result.double(), torch.linalg.solve(gram + 5.0 * eye, z.T @ t)):
        return Verdict(False, "The shape is right, the weights are not those of the formula.")
    return Verdict(True, "The whole training of a probe is one linear system.")


@guarded
def split(answer: Split) -> Verdict:
    """``answer(patient, generator)`` puts each patient on one side, about a quarter on test."""
    patient = torch.arange(12).repeat_interleave(torch.tensor([3, 9, 5, 7, 4, 8] * 2)) * 10
    runs = [answer(patient, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1, 2)]
    for train, test in runs:
        for mask in (train, test):
            if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
                return Verdict(False, "Return two tensors of booleans, train and test.")
            if mask.shape != patient.shape:
                return Verdict(False, "A mask has one entry for each patch.")
        if bool((train & test).any()):
            return Verdict(False, "Some patches are on both sides.")
        if not bool((train | test).all()):
            return Verdict(False, "Some patches are on neither side.")
        shared = set(patient[train].tolist()) & set(patient[test].tolist())
        if shared:
            return Verdict(False, f"{len(shared)} of 12 patients have patches on both sides.")
        count = len(patient[test].unique())
        if not 2 <= count <= 4:
            return Verdict(False, f"Of 12 patients about 3 should be tested, found {count}.")
    if not torch.equal(runs[0][1], runs[1][1]):
        return Verdict(False, "The same generator gave two splits: draw from it alone.")
    if all(torch.equal(runs[0][1], test) for _, test in runs):
        return Verdict(False, "Every generator gives the same patients: draw them by chance.")
    return Verdict(True, "Whole patients on either side, and chance decides which.")


def _depths() -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Three depths: "early" is best where we may look, "middle" in the test fold 3.

    "late" is wide and knows nothing: it only fits whatever it is trained on.
    """
    chance = torch.Generator().manual_seed(5)
    y = torch.randint(2, (160,), generator=chance)
    fold = torch.arange(160) % 4
    sign = (2.0 * y - 1)[:, None]
    early, middle, late = (torch.randn(160, d, generator=chance) for d in (4, 4, 150))
    early = early + 0.6 * sign * (fold != 3)[:, None]
    return {"early": early, "middle": middle + 0.3 * sign, "late": late}, y, fold


@guarded
def choose_depth(answer: Choice) -> Verdict:
    """``answer(features, y, fold, test)`` is the best depth as judged without the test fold."""
    features, y, fold = _depths()
    result = answer(dict(features), y, fold, 3)
    if result not in features:
        return Verdict(False, f"Return one of the names {', '.join(features)}, found {result!r}.")
    train, test = fold != 3, fold == 3
    probes = {name: linear_probe(h[train], y[train]) for name, h in features.items()}
    by_train = max(probes, key=lambda n: probes[n].accuracy(features[n][train], y[train]))
    by_test = max(probes, key=lambda n: probes[n].accuracy(features[n][test], y[test]))
    if result == "early":
        scrambled = torch.where(test, 1 - y, y)
        if answer(dict(features), scrambled, fold, 3) != "early":
            return Verdict(False, "Other labels in the test fold change your choice: it has a say.")
        return Verdict(True, "Chosen without a look at the test fold; now test once.")
    if result == by_test:
        return Verdict(False, "That depth is best on the test fold: you have looked.")
    if result == by_train:
        return Verdict(False, "That depth only fits its own training patches best: hold some out.")
    return Verdict(False, "Hold out each fold but the test fold in turn, and average.")


@guarded
def ghost_study(answer: Study) -> Verdict:
    """A study of the leak: at least four floors, two lists of four accuracies for each."""
    if len(answer) < 4:
        return Verdict(False, f"Found {len(answer)} floors: four at least, or there is no trend.")
    if not all(0 <= float(floor) <= 0.05 for floor in answer):
        return Verdict(False, "A floor is a number from 0 to 0.05.")
    if 0 not in answer:
        return Verdict(False, "Include the floor 0: the ghost in full is your reference.")
    for floor, pair in answer.items():
        if len(pair) != 2 or any(len(scores) != 4 for scores in pair):
            return Verdict(False, f"For {floor}: two lists, with an accuracy for each of 4 folds.")
        if not all(0 <= float(score) <= 1 for scores in pair for score in scores):
            return Verdict(False, f"For {floor}: accuracies lie between 0 and 1.")
    if len({tuple(map(tuple, pair)) for pair in answer.values()}) == 1:
        return Verdict(False, "All floors gave identical figures: did the floor reach the data?")
    lead = {f: (sum(probe) - sum(grey)) / 4 for f, (grey, probe) in answer.items()}
    best = max(lead, key=lambda f: lead[f])
    return Verdict(
        True, f"A design that can answer. The probe leads most, {lead[best]:.2f}, at {best}."
    )
