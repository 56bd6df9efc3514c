"""Checkers for the exercises on attacks that only ask."""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Ask = Callable[[Tensor], Tensor]
Counter = Callable[[nn.Module], tuple[Ask, Callable[[], int]]]
Best = Callable[[Callable[[Tensor], Tensor], Tensor, Sequence[tuple[int, int]], Tensor], Tensor]
Sideways = Callable[[Tensor, Tensor, Tensor, float], Tensor]
Rate = Callable[[nn.Module, Tensor, Tensor], float]


@guarded
def pixel_pairs(answer: float) -> Verdict:
    """Ways to recolour exactly two of 32 x 32 pixels in 8 colours."""
    value = float(answer)
    pairs = math.comb(1024, 2)
    if value == pairs * 64:
        hours = value / 1000 / 3600
        return Verdict(True, f"33.5 million: {hours:.1f} hours at a thousand questions a second.")
    if value in (1024 * 1023 * 64, 1024**2 * 64):
        return Verdict(False, "You counted in order: first A then B is the same as B then A.")
    if value == pairs * 8:
        return Verdict(False, "You gave both pixels the same colour: each has a choice of 8.")
    if value == pairs:
        return Verdict(False, "Those are the places. And the colours?")
    return Verdict(False, "Choose two places of 1,024 without order, then a colour for each.")


class _Reader(nn.Module):
    """Three classes by brightness, and an account of the pictures shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        self.seen += len(x)
        mean = x.flatten(1).mean(1)
        return torch.stack([-mean, mean - 0.6, 1.5 * mean - 1], 1)


@guarded
def counter(answer: Counter) -> Verdict:
    """``answer(model)`` returns a function that gives classes, and one that gives the count."""
    model = _Reader()
    made = answer(model)
    if not isinstance(made, tuple) or len(made) != 2:
        return Verdict(False, "Return two functions: ask, and asked.")
    ask, asked = made
    x = torch.linspace(0, 1, 7).view(7, 1, 1, 1).expand(-1, 1, 2, 2)
    first = ask(x)
    if not isinstance(first, Tensor) or first.dtype.is_floating_point:
        return Verdict(False, "ask gives away the scores: a verdict is the class and no more.")
    if not torch.equal(first, model(x).argmax(1)):
        return Verdict(False, "ask does not return the model's classes.")
    ask(x[:3])
    count = int(asked())
    if count == 10:
        return Verdict(True, "Ten pictures in two calls, and nothing but classes.")
    if count == 2:
        return Verdict(False, "You counted calls. A batch of seven pictures is seven questions.")
    return Verdict(False, f"Seven and three pictures were shown; you counted {count}.")


@guarded
def best_pixel(answer: Best) -> Verdict:
    """``answer(score, x, places, colour)``: x with the best of ``places`` recoloured."""
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(3, 4, 4, generator=generator)
    x = torch.full((3, 4, 4), 0.5)
    places = [(0, 1), (2, 2), (3, 0), (1, 3)]
    colour = torch.tensor([1.0, 0.0, 1.0])

    def score(batch: Tensor) -> Tensor:
        if batch.ndim != 4:
            raise ValueError(f"score takes a batch (n, 3, 4, 4), not {tuple(batch.shape)}")
        return (batch * weight).flatten(1).sum(1)

    given = x.clone()
    result = answer(score, x, places, colour)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if not torch.equal(x, given):
        return Verdict(False, "Your function recoloured the x that it was given: work on a copy.")
    tried = x.repeat(len(places), 1, 1, 1)
    for k, (row, column) in enumerate(places):
        tried[k, :, row, column] = colour
    value = score(tried)
    if torch.equal(result, tried[value.argmax()]):
        return Verdict(True, f"{len(places)} questions, one pixel.")
    if torch.equal(result, tried[value.argmin()]):
        return Verdict(False, "That pixel lowers the score most: take the highest.")
    if int((result != x).any(0).sum()) > 1:
        return Verdict(False, "More than one pixel is changed: each candidate starts from x.")
    if int((result != x).any(0).sum()) == 0:
        return Verdict(False, "No pixel is changed.")
    return Verdict(False, "One pixel is changed, but it is not the best of the places.")


@guarded
def sideways(answer: Sideways) -> Verdict:
    """``answer(x, here, noise, aside)``: a step orthogonal to x - here, same distance from x."""
    x = torch.tensor([0.5, 0.5, 0.5]).double()
    here = torch.tensor([0.9, 0.5, 0.2]).double()
    noise = torch.tensor([0.3, -0.4, 0.8]).double()
    result = answer(x, here, noise, 0.2)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    back = x - here
    far = float(back.norm())
    turn = noise - (noise @ back) / far**2 * back
    step = 0.2 * far * turn / turn.norm()
    expected = x - (back - step) / math.sqrt(1 + 0.2**2)
    if torch.allclose(result, expected, atol=1e-9):
        return Verdict(True, f"Another point of the sphere: still {far:.1f} away.")
    if torch.allclose(result, here + step, atol=1e-9):
        return Verdict(False, "Along the tangent you leave the sphere: come back to it.")
    raw = here + 0.2 * far * noise / noise.norm()
    onto = x + far * (raw - x) / (raw - x).norm()
    if torch.allclose(result, raw, atol=1e-9) or torch.allclose(result, onto, atol=1e-9):
        return Verdict(False, "Part of the noise points along x - here: take it out first.")
    if abs(float((result - x).norm()) - far) > 1e-6:
        return Verdict(False, "The point has another distance from x than before.")
    return Verdict(False, "On the sphere, but the step has not the length aside times distance.")


@guarded
def fooling_rate(answer: Rate) -> Verdict:
    """``answer(model, x, v)``: the share of answers that change when v is added."""
    model = _Reader()
    x = torch.linspace(0, 1, 11).view(11, 1, 1, 1).expand(-1, 1, 2, 2).clone()
    v = torch.tensor([[[0.9, 0.9], [-0.9, -0.3]]])
    value = float(answer(model, x, v))
    before = model(x).argmax(1)

    def share(y: Tensor) -> float:
        return float((y != before).double().mean())

    right = share(model((x + v).clamp(0, 1)).argmax(1))
    if abs(value - right) < 1e-9:
        return Verdict(True, f"{value:.2f}: answers that change, within the box, no labels needed.")
    if abs(value - share(model(x + v).argmax(1))) < 1e-9:
        return Verdict(False, "x + v leaves the box: nobody can send such a picture. Clip it.")
    if abs(value - (1 - right)) < 1e-9:
        return Verdict(False, "That is the share of answers that stay.")
    return Verdict(False, f"Expected {right:.2f}, found {value:.2f}: compare answers with answers.")


@guarded
def colour_study(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """``answer`` maps the name of a colour to the pixels that each of several lights took."""
    if len(answer) < 3:
        return Verdict(False, f"Compare at least three colours, not {len(answer)}.")
    if any(len(counts) < 6 for counts in answer.values()):
        return Verdict(False, "Take at least six lights for each colour: chance carries far here.")
    medians = {name: float(torch.tensor(list(c)).double().median()) for name, c in answer.items()}
    values = [float(n) for counts in answer.values() for n in counts]
    if min(values) < 1:
        return Verdict(False, "A light that was fooled took at least one pixel; failures are inf.")
    if all(math.isinf(m) for m in medians.values()):
        return Verdict(False, "Nearly all failed: allow more pixels, or take an easier aim.")
    best = min(medians, key=lambda name: medians[name])
    return Verdict(
        True,
        f"{best} needs the fewest, {medians[best]:.0f} in the median. Would you have guessed it, "
        f"and does it hold for another seed?",
    )
