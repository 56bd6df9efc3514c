"""Who draws after a caption, for two discriminators: one sees wrong pairs as well."""

import copy
from functools import partial

import torch
from torch import nn

from experiments.weights.recipe import Recipe, Setting, Trained, channels_last
from sdl_lib.data import all_captions, captioned_shapes, encode_captions
from sdl_lib.gan import read_captions, train_conditional_gan
from sdl_lib.models import CaptionDiscriminator, CaptionGenerator


def caption_generator(sees: str, setting: Setting) -> Trained:
    n, steps = setting.times(6000), setting.times(2400)
    x, words = captioned_shapes(n, generator=torch.Generator().manual_seed(1))
    drawer, judge = CaptionGenerator(), CaptionDiscriminator()
    for network in (drawer, judge):
        channels_last(network, setting.device)
    mean = copy.deepcopy(drawer)
    train_conditional_gan(
        drawer,
        judge,
        2 * x.to(setting.device) - 1,
        encode_captions(words).to(setting.device),
        steps=steps,
        latent=drawer.latent,
        sees=sees,
        batch_size=64,
        lr=1e-3,
        decay=True,
        average=mean,
        loss="hinge",
    )
    settings = f"{n:,} pictures of seed 1, {steps:,} steps of seed 0"
    return Trained(mean, _rightness, settings, half=True)


@torch.no_grad()
def _rightness(model: nn.Module) -> str:
    assert isinstance(model, CaptionGenerator)
    every = all_captions()
    z = torch.randn(len(every), 8, generator=torch.Generator().manual_seed(2))
    right = read_captions(model.pictures(z, encode_captions(every))) == every
    return (
        "One picture for each of the 216 captions, read in closed form: the whole caption is "
        f"right in {float(right.all(1).double().mean()):.4f}, a word in "
        f"{float(right.double().mean()):.4f}."
    )


RECIPES = {
    "captions-matching": Recipe(partial(caption_generator, "wrong pairs")),
    "captions-pair": Recipe(partial(caption_generator, "pair")),
}
