"""The detector of nodules and the painter of CT-GAN in small, both on drawn phantoms."""

import torch
from torch import Tensor, nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.attacks import inject, remove
from sdl_lib.attacks.tampering import fit_painter
from sdl_lib.data import lung_phantoms
from sdl_lib.models import Judge, NoduleDetector, Painter, load
from sdl_lib.training import accuracy, fit


def detector(setting: Setting) -> Trained:
    x, y, settings = _phantoms(setting)
    model = NoduleDetector().to(setting.device)
    fit(model, x, y, epochs=setting.times(4), lr=2e-3)
    return Trained(model, _accuracy, settings)


def painter(setting: Setting) -> Trained:
    """Measured with the shipped detector."""
    x, y, settings = _phantoms(setting)
    NoduleDetector()  # the seed draws the three networks in this order
    model, judge = Painter().to(setting.device), Judge().to(setting.device)
    fit_painter(model, judge, x, y, steps=setting.times(1600), closeness=15.0)
    return Trained(model, _deception, settings)


def _phantoms(setting: Setting) -> tuple[Tensor, Tensor, str]:
    """Patches, labels, and how they are told."""
    n = setting.times(8000)
    x, y = lung_phantoms(n, generator=torch.Generator().manual_seed(0))
    return x.to(setting.device), y.to(setting.device), f"seed 0, {n:,} drawn phantoms"


def _fresh() -> tuple[Tensor, Tensor]:
    return lung_phantoms(2000, generator=torch.Generator().manual_seed(1))


def _accuracy(model: nn.Module) -> str:
    return f"Accuracy on 2,000 fresh phantoms: {accuracy(model, *_fresh()):.4f}."


def _deception(model: nn.Module) -> str:
    (x, y), shipped = _fresh(), load("nodule-detector")

    def share(patches: Tensor, answer: int) -> float:
        return accuracy(shipped, patches, torch.full((len(patches),), answer))

    return (
        "The shipped detector, which took no part in the training, sees "
        f"{share(inject(model, x[y == 0]), 1):.4f} of the injected nodules and calls "
        f"{share(remove(model, x[y == 1]), 0):.4f} of the repainted patches healthy."
    )


RECIPES = {
    "nodule-detector": Recipe(detector),
    "painter": Recipe(painter, needs=("nodule-detector",)),
}
