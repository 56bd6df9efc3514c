"""Checkers for the exercises on transferability.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Rate = Callable[[Tensor, Tensor, Tensor, Tensor], float]
Aligned = Callable[[Tensor, int], Tensor]
Crossing = Callable[[Callable[[float], bool], float, int], float]


@guarded
def dimension_on_paper(answer: float) -> Verdict:
    """The dimension for a gradient of length 4, a budget of 1.5 and a rise of 2."""
    value = float(answer)
    if value == 9:
        return Verdict(True, "The square of 1.5 times 4 over 2. Halve the budget: two are left.")
    if value == 3:
        return Verdict(False, "You forgot the square: the rises add up like squared lengths.")
    if value == 36:
        return Verdict(False, "Divide by the rise that is asked, squared.")
    if value == 18:
        return Verdict(False, "The rise is to be squared as well.")
    return Verdict(False, "Bessel: k rises of 2 with steps of 1.5 need k(2/1.5)^2 of 4^2.")


@guarded
def transfer_rate(answer: Rate) -> Verdict:
    """``answer(source, before, after, y)``: the transfer rate, by the answers of two models."""
    y = torch.tensor([0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1])
    source = torch.tensor([0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0])  # before the attack
    before = torch.tensor([0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0])  # the target
    after = torch.tensor([1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
    value = float(answer(source, before, after, y))
    verdicts = {
        3 / 6: Verdict(True, "Three of the six digits that both models read before."),
        7 / 11: Verdict(False, "Those include errors that the target made without any attack."),
        5 / 8: Verdict(False, "Count only digits that the *source* read as well."),
        3 / 7: Verdict(False, "Count only digits that the *target* read before the attack."),
        6 / 11: Verdict(False, "You counted changed answers; one changed from wrong to right!"),
        3 / 11: Verdict(False, "The right numerator; divide by the digits that count."),
    }
    for share, verdict in verdicts.items():
        if abs(value - share) < 1e-6:
            return verdict
    return Verdict(False, f"Found {value:.3f}. Which digits did both models read before?")


@guarded
def aligned(answer: Aligned) -> Verdict:
    """``answer(g, k)``: k orthonormal rows along which a vector g rises alike, by |g|/sqrt(k)."""
    g = torch.randn(20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for k in (1, 4, 20):
        r = answer(g.clone(), k)
        if problem := shape_problem(r, torch.zeros(k, 20)):
            return Verdict(False, problem)
        r = r.double()
        square = r @ r.T
        if float((square.diagonal() - 1).abs().max()) > 1e-6:
            return Verdict(False, f"For k = {k} a row has another length than 1.")
        if float((square - torch.eye(k)).abs().max()) > 1e-6:
            return Verdict(False, f"For k = {k} two rows are not at right angles.")
        rise, fair = r @ g, g.norm() / k**0.5
        if float((rise + fair).abs().max()) < 1e-6:
            return Verdict(False, "g falls along every row: the mirror faces the wrong way.")
        if float((rise - fair).abs().max()) > 1e-6:
            low, high = rise.aminmax()
            return Verdict(
                False, f"For k = {k} the rises go from {low:.2f} to {high:.2f}: share g evenly."
            )
    return Verdict(True, "Orthonormal, and g is shared out evenly among them.")


@guarded
def crossing(answer: Crossing) -> Verdict:
    """``answer(wrong, reach, halvings)``: where ``wrong(t)`` first becomes true, by bisection."""
    calls: list[float] = []

    def wrong(t: float) -> bool:
        calls.append(t)
        return t >= 0.7371

    value = float(answer(wrong, 2.0, 20))
    if len(calls) > 60:
        return Verdict(False, f"You asked {len(calls)} times: halve the stretch each time.")
    if abs(value - 0.7371) > 1e-4:
        return Verdict(False, f"The answer changes at 0.7371; you returned {value:.4f}.")
    if not wrong(value):
        return Verdict(False, "You returned the last right place: the first wrong one, please.")
    if float(answer(lambda t: False, 2.0, 20)) != float("inf"):
        return Verdict(False, "Where nothing is met within reach, say float('inf').")
    return Verdict(True, f"With {len(calls) - 1} questions, and on the far side.")


@guarded
def ensemble_study(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """``answer`` maps the name of a source, or of an ensemble, to transfer rates, one a seed."""
    if len(answer) < 3:
        return Verdict(False, f"Two bars make no comparison: three sources, not {len(answer)}.")
    if any(len(rates) < 3 for rates in answer.values()):
        return Verdict(False, "Repeat each with at least three seeds: how far do they differ?")
    values = torch.tensor([list(rates)[:3] for rates in answer.values()], dtype=torch.float64)
    if not bool(((values >= 0) & (values <= 1)).all()):
        return Verdict(False, "A rate lies between 0 and 1.")
    if bool((values == values[0, 0]).all()):
        return Verdict(False, "All alike: choose an eps at which some digits fall and some stand.")
    means = values.mean(1)
    best = list(answer)[int(means.argmax())]
    spread = float((values.amax(1) - values.amin(1)).max())
    return Verdict(
        True,
        f"The best source is {best!r} ({means.max():.2f} on average); the seeds of one source "
        f"differ by up to {spread:.2f}. Is the lead larger?",
    )
