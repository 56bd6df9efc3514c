"""The face swap: a shared encoder and two decoders, for the drawn characters."""

import torch
from torch import nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import character_faces, draw_characters
from sdl_lib.gan import fit_face_swap
from sdl_lib.models import FaceSwap


def face_swap(setting: Setting) -> Trained:
    n, steps = setting.times(4000), setting.times(6000)
    chance = torch.Generator().manual_seed(0)
    reed, plum = (character_faces(n, who, generator=chance)[0].to(setting.device) for who in (0, 1))
    model = FaceSwap().to(setting.device)
    fit_face_swap(model, (reed, plum), steps=steps, generator=chance)

    @torch.no_grad()
    def measure(model: nn.Module) -> str:
        errors = []
        for who in (0, 1):
            x, pose = character_faces(1000, who, generator=chance)
            swapped = model(x, seen=who, drawn=1 - who)
            errors.append(float((swapped - draw_characters(1 - who, pose)).square().mean()))
        return (
            f"Mean squared error of 1,000 swaps each way: {errors[0]:.5f} (Reed's poses, Plum "
            f"drawn) and {errors[1]:.5f}."
        )

    return Trained(model, measure, f"{n:,} pictures of each, seed 0, {steps:,} steps", half=True)


RECIPES = {"face-swap": Recipe(face_swap)}
