"""Checkers for the exercises on swapping and blending faces."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Net = Callable[[Tensor], Tensor]


@guarded
def swap_loss(answer: Callable[[Net, Net, Net, Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(encoder, decoder_a, decoder_b, x_a, x_b)`` is what a face swap is trained by."""
    chance = torch.Generator().manual_seed(5)
    x_a, x_b = (torch.rand(4, 3, 2, 2, generator=chance, dtype=torch.float64) for _ in range(2))
    encoder, a, b = (_Times(f) for f in (0.5, 1.2, 3.0))

    def off(decoder: nn.Module, seen: Tensor, wanted: Tensor) -> Tensor:
        error: Tensor = (decoder(encoder(seen)) - wanted).square().mean()
        return error.detach()

    right = off(a, x_a, x_a) + off(b, x_b, x_b)
    given = answer(encoder, a, b, x_a.clone(), x_b.clone())
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    value = float(given.detach())
    hints = {
        float(off(b, x_a, x_b) + off(a, x_b, x_a)): "The poses in x_a and x_b have nothing to do "
        "with each other: nobody has the pictures that this would need.",
        float(off(b, x_a, x_a) + off(a, x_b, x_b)): "So each decoder would learn to draw the "
        "other face: at the end nothing would be swapped.",
        float(off(a, x_a, x_a)): "The decoder of B learns nothing from that.",
        float(off(b, x_b, x_b)): "The decoder of A learns nothing from that.",
    }
    if abs(value - float(right)) < 1e-9:
        if not given.requires_grad:
            return Verdict(False, "The right number, but nothing can be trained by it.")
        return Verdict(True, "Two reconstructions, no swap: that one comes for free, or fails.")
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-9:
            return Verdict(False, hint)
    return Verdict(False, "Each decoder redraws its own face: mean squared errors, summed.")


class _Times(nn.Module):
    """A network that multiplies by a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x
