"""Checkers for the exercises on attacks in the physical world, on speech and on scans."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

MeanGradient = Callable[[nn.Module, Tensor, Tensor, list[int]], Tensor]
Seal = Callable[[bytes, bytes, bytes], bytes]


@guarded
def mean_gradient(answer: MeanGradient) -> Verdict:
    """``answer(model, x, y, shifts)``: gradient of the mean loss over pictures rolled sideways."""
    generator = torch.Generator().manual_seed(4)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(2 * torch.randn(p.shape, generator=generator))
    model.eval().requires_grad_(False)
    x = torch.rand(5, 1, 2, 6, generator=generator).double()
    y, shifts = torch.tensor([0, 1, 2, 0, 1]), [-2, 0, 1, 3]
    result = answer(model, x.clone(), y, list(shifts))
    if problem := shape_problem(result, x):
        return Verdict(False, problem)

    def pull(pictures: Tensor) -> Tensor:
        leaf = pictures.clone().requires_grad_()
        loss = nn.functional.cross_entropy(model(leaf), y, reduction="sum")
        return torch.autograd.grad(loss, leaf)[0]

    seen = [pull(torch.roll(x, s, 3)) for s in shifts]
    back = [torch.roll(g, -s, 3) for g, s in zip(seen, shifts, strict=True)]
    right, stale = torch.stack(back).mean(0), torch.stack(seen).mean(0)
    blurred = pull(torch.stack([torch.roll(x, s, 3) for s in shifts]).mean(0))
    signs = torch.stack(back).sign().mean(0)

    def like(expected: Tensor) -> bool:
        """Up to the scale that a mean over examples or a sum over shifts would give it."""
        size = result.detach().abs().sum()
        return bool(size > 0) and torch.allclose(
            result.detach() / size, expected / expected.abs().sum(), atol=1e-6
        )

    if like(right):
        return Verdict(True, "One gradient for all the views, each pulled back to the picture.")
    if like(stale):
        return Verdict(
            False,
            "You averaged the gradients where the camera sees them. Roll each back to the place "
            "of the picture that it belongs to, or differentiate through the roll.",
        )
    if like(blurred):
        return Verdict(
            False, "That is the loss of the mean picture. EOT takes the mean of the losses."
        )
    if like(signs):
        return Verdict(False, "Take the sign after the mean: each view then votes with its weight.")
    if like(pull(x)):
        return Verdict(False, "That is the gradient at the picture itself: where are the views?")
    return Verdict(False, "Not the gradient of the mean cross-entropy over the rolled pictures.")


@guarded
def seal(answer: Seal) -> Verdict:
    """``answer(key, pixels, patient)``: bytes that only the holder of the key could have made."""
    key, pixels, patient = b"a secret of the scanner", bytes(range(64)), b"patient 17"
    made = answer(key, pixels, patient)
    if not isinstance(made, bytes):
        return Verdict(False, f"Expected bytes, found {type(made).__name__}.")
    if len(made) < 16:
        return Verdict(False, f"{len(made)} bytes can be guessed: use at least 16.")
    if answer(key, pixels, patient) != made:
        return Verdict(False, "Sealed twice, the same scan gets two seals: none can be checked.")
    if answer(b"another key", pixels, patient) == made:
        return Verdict(
            False, "The seal does not depend on the key: whoever alters the scan seals it anew."
        )
    touched = (pixels[:i] + bytes([pixels[i] ^ 1]) + pixels[i + 1 :] for i in range(len(pixels)))
    if any(answer(key, other, patient) == made for other in touched):
        return Verdict(False, "One pixel changed and the seal still fits.")
    if answer(key, pixels, b"patient 18") == made:
        return Verdict(
            False, "The seal fits another patient: a genuine scan can be swapped for a genuine one."
        )
    if answer(key, pixels + patient[:1], patient[1:]) == made:
        return Verdict(
            False,
            "A byte moved from the patient to the pixels and the seal still fits: mark where one "
            "ends and the other begins, for instance by hashing each first.",
        )
    return Verdict(
        True, "It holds for this scan of this patient alone. Now: who keeps the key, and where?"
    )
