"""pix2pix in small, by L1 alone, by the game alone, and by both.

Measured with the shipped LeNet-5.
"""

from functools import partial

import torch
from torch import nn

from experiments.weights.digits import digits
from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import hatched_digits, mnist10k
from sdl_lib.gan import PatchDiscriminator, fit_pix2pix
from sdl_lib.models import UNet, load
from sdl_lib.training import accuracy


def hatcher(closeness: float, game: bool, setting: Setting) -> Trained:
    """With a weight of the L1 distance, and perhaps a game."""
    edges, hatched = (v.to(setting.device) for v in hatched_digits(digits("cpu")[0]))
    model = UNet().to(setting.device)
    judge = PatchDiscriminator(2).to(setting.device) if game else None
    steps = setting.times(400)
    fit_pix2pix(model, judge, edges, hatched, steps=steps, closeness=closeness)
    return Trained(model, _likeness, f"seed 0, {steps:,} steps", half=True)


@torch.no_grad()
def _likeness(model: nn.Module) -> str:
    x, y = mnist10k("test")
    edges, hatched = hatched_digits(x, generator=torch.Generator().manual_seed(1))
    drawn = model(edges, torch.randn(x.shape, generator=torch.Generator().manual_seed(2)))
    return (
        "On the 2,000 test digits: mean L1 distance "
        f"{float((drawn - hatched).abs().mean()):.4f}, read by LeNet-5 "
        f"{accuracy(load('lenet5'), drawn, y):.4f}."
    )


RECIPES = {
    f"hatch-{name}": Recipe(partial(hatcher, closeness, game), needs=("lenet5",))
    for name, closeness, game in (("l1", 100.0, False), ("gan", 0.0, True), ("both", 20.0, True))
}
