"""Checkers for the exercises on attacks that leave the computer.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

View = Callable[[Tensor], Tensor]
Ascent = Callable[[nn.Module, Tensor, Tensor, Sequence[View]], Tensor]
Frames = Callable[[str], int]
Ratio = Callable[[Tensor, Tensor], Tensor]
Seal = Callable[[Tensor, bytes], bytes]


@guarded
def peak_share(answer: float) -> Verdict:
    """What share of the speech's peak a change of -31 dB has."""
    value = float(answer)
    if abs(value - 10 ** (-31 / 20)) < 5e-4:
        return Verdict(True, "About a thirty-fifth of the amplitude, and a 1260th of the power.")
    if abs(value - 10 ** (-31 / 10)) < 5e-5:
        return Verdict(False, "That is the share of the *power*, the square of the amplitude.")
    if value > 1:
        return Verdict(False, "Minus 31: the change is quieter than the speech, not louder.")
    return Verdict(False, "Solve 20 log10(share) = -31 for the share.")


@guarded
def mean_gradient(answer: Ascent) -> Verdict:
    """``answer(model, x, y, views)``: gradient, at x, of the mean loss over the views."""
    chance = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    for weight in model.parameters():
        weight.data = torch.randn(weight.shape, generator=chance).double() / 2
    model.eval()
    x = torch.rand(2, 1, 4, 4, generator=chance).double()
    y = torch.tensor([0, 2])
    views: list[View] = [lambda z: z, lambda z: z.roll(1, 3), lambda z: 1.5 * z.flip(2)]

    def gradient(loss: Callable[[Tensor], Tensor]) -> Tensor:
        inputs = x.clone().requires_grad_()
        (found,) = torch.autograd.grad(loss(inputs), inputs)
        return found

    def cross(z: Tensor) -> Tensor:
        return nn.functional.cross_entropy(model(z), y, reduction="sum")

    expected = gradient(lambda z: torch.stack([cross(view(z)) for view in views]).mean())
    averaged = gradient(lambda z: cross(torch.stack([view(z) for view in views]).mean(0)))
    uncarried = torch.stack([gradient(_at(cross, view(x) - x)) for view in views]).mean(0)
    found = answer(model, x.clone(), y, views)
    if problem := shape_problem(found, x):
        return Verdict(False, problem)

    def along(other: Tensor) -> bool:
        cosines = nn.functional.cosine_similarity(found.flatten(1), other.flatten(1))
        return bool((cosines > 1 - 1e-6).all())

    if along(expected):
        return Verdict(True, "The chain rule took every view's gradient back to the one picture.")
    if along(-expected):
        return Verdict(False, "That is downhill; the attacker wants the loss to rise.")
    if along(averaged):
        return Verdict(False, "You averaged the *pictures*. No camera ever sees that average.")
    if along(gradient(lambda z: cross(views[0](z)))):
        return Verdict(False, "Only the first view counts there.")
    if along(uncarried):
        return Verdict(False, "Those are gradients at the views: carry them back through each.")
    return Verdict(False, "Not the gradient of the mean loss: write the loss first, then derive.")


def _at(loss: View, moved: Tensor) -> View:
    return lambda z: loss(z + moved)


@guarded
def fewest_frames(answer: Frames) -> Verdict:
    """``answer(text)``: in how few frames CTC can spell the text."""
    found = {text: int(answer(text)) for text in ("one", "three", "eerie ee", "x")}
    if found == {"one": 3, "three": 6, "eerie ee": 10, "x": 1}:
        return Verdict(True, "A frame a letter, and a blank between two that are alike.")
    if found["one"] == 7:
        return Verdict(False, "Blanks before, between and after are allowed, not required.")
    if found["three"] == 5 and found["eerie ee"] == 8:
        return Verdict(False, "“ee” in two neighbouring frames collapses to one “e”.")
    if found["three"] == 4:
        return Verdict(False, "A letter that returns later takes a frame each time.")
    return Verdict(
        False, f"For “three” you need {found['three']} frames; write down a shortest path."
    )


@guarded
def decibels(answer: Ratio) -> Verdict:
    """``answer(x, x_adv)``: signal-to-noise ratio of each row, in decibels."""
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(3, 400, generator=chance) * torch.tensor([[0.1], [0.2], [0.05]])
    x_adv = x + 0.01 * torch.randn(3, 400, generator=chance)
    expected = 10 * (x.square().sum(1) / (x_adv - x).square().sum(1)).log10()
    found = answer(x.clone(), x_adv.clone())
    if not isinstance(found, Tensor) or found.ndim == 0:
        return Verdict(False, "One number for each row: a loud neighbour must not help.")
    if problem := shape_problem(found, expected):
        return Verdict(False, problem)
    if torch.allclose(found, expected, atol=1e-3):
        return Verdict(True, "Power over power, in tens of powers of ten.")
    if torch.allclose(found, -expected, atol=1e-3):
        return Verdict(False, "Upside down: the speech goes on top.")
    if torch.allclose(found, expected / 2, atol=1e-3):
        return Verdict(False, "Lengths are amplitudes: their logarithm counts 20, not 10.")
    if torch.allclose(10 ** (found / 10), 1 + 10 ** (expected / 10), rtol=0.05):
        return Verdict(False, "You divided by the wrong signal: the noise is the *change*.")
    if not bool((found > 0).all()) or float((found - expected).abs().min()) > 5:
        return Verdict(False, "Compare the power of x with that of the change x_adv - x.")
    return Verdict(False, "Close, but not the ratio of the powers.")


@guarded
def seal(answer: Seal) -> Verdict:
    """``answer(scan, key)``: a tag that only who knows the key can make for this scan."""
    chance = torch.Generator().manual_seed(0)
    scan = torch.randint(0, 256, (8, 4), generator=chance).to(torch.uint8)
    key = b"kept in the scanner"
    tag = answer(scan.clone(), key)
    if not isinstance(tag, bytes):
        return Verdict(False, f"Expected bytes, found {type(tag).__name__}.")
    if answer(scan.clone(), key) != tag:
        return Verdict(False, "The same scan gets another tag each time: nobody can check it.")
    if answer(scan.clone(), b"another key") == tag:
        return Verdict(False, "Without the key anybody can make the tag, the attacker as well.")
    for row in range(len(scan)):
        for column in range(scan.shape[1]):
            changed = scan.clone()
            changed[row, column] ^= 1
            if answer(changed, key) == tag:
                return Verdict(False, f"Pixel ({row}, {column}) may be changed unnoticed.")
    swapped = scan.clone()
    swapped[[0, 1]] = scan[[1, 0]]
    if answer(swapped, key) == tag:
        return Verdict(False, "Two rows may change places unnoticed: the order must count.")
    if answer(scan.reshape(4, 8), key) == tag:
        return Verdict(False, "The same bytes in another shape are another picture: tag the shape.")
    return Verdict(True, "No pixel, no shape and no other key goes unnoticed.")


@guarded
def room_study(answer: Mapping[float, Sequence[float]]) -> Verdict:
    """``answer``: noise in dB -> shares of attacked phrases that still transcribe as chosen."""
    if not isinstance(answer, Mapping) or len(answer) < 3:
        return Verdict(False, "At least three loudnesses of the room's noise, please.")
    for db, shares in answer.items():
        values = [float(v) for v in shares]
        if len(values) < 3:
            return Verdict(False, f"At {db:g} dB: at least three seeds of the noise.")
        if not all(0 <= v <= 1 for v in values):
            return Verdict(False, "Shares lie between 0 and 1.")
    means = {db: sum(float(v) for v in answer[db]) / len(answer[db]) for db in sorted(answer)}
    quiet, loud = means[max(means)], means[min(means)]
    if quiet <= loud:
        return Verdict(
            False, "Quieter noise is a *larger* number of dB; it should harm the attack less."
        )
    if loud > 0.5:
        return Verdict(False, "It still works in most cases: go on to louder noise.")
    listed = ", ".join(f"{share:.0%} at {db:g} dB" for db, share in means.items())
    return Verdict(True, f"{listed}. Would an attacker who averages over noise do better?")
