"""The talking head: drawn people, eight pictures of each in and four out."""

import torch
from torch import Tensor, nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import cartoon_heads, draw_how, draw_who
from sdl_lib.gan import PatchDiscriminator, fit_talking_head
from sdl_lib.models import TalkingHead

Pictures = tuple[Tensor, Tensor]  # and their sketches


def talking_head(setting: Setting) -> Trained:
    people, steps = setting.times(500), setting.times(400)
    seen, wanted = task(people, seed=1, device=setting.device)
    model, judge = TalkingHead().to(setting.device), PatchDiscriminator(6).to(setting.device)
    fit_talking_head(model, judge, seen, wanted, steps=steps)
    return Trained(model, _errors, f"seed 0, {people} people, {steps:,} steps", half=True)


def task(people: int, *, seed: int, device: str = "cpu") -> tuple[Pictures, Pictures]:
    """Eight pictures of each in any light, four in neutral light, and their sketches."""
    chance = torch.Generator().manual_seed(seed)
    who = draw_who(people, generator=chance)
    parts = []
    for shots, light, noise in ((8, 0.3, 0.05), (4, 0.0, 0.0)):
        how = draw_how(people * shots, generator=chance)
        drawn = cartoon_heads(
            who.repeat_interleave(shots, 0), how, light=light, noise=noise, generator=chance
        )
        x, sketch = (v.unflatten(0, (people, shots)).to(device) for v in (drawn.x, drawn.sketch))
        parts.append((x, sketch))
    return parts[0], parts[1]


@torch.no_grad()
def _errors(model: nn.Module) -> str:
    assert isinstance(model, TalkingHead)
    (x, s), (y, t) = task(200, seed=2)
    error = {
        k: float((model(t[:, 0], model.embed(x[:, :k], s[:, :k])) - y[:, 0]).abs().mean())
        for k in (1, 4, 8)
    }
    return (
        f"Mean L1 distance on 200 unseen heads: {error[1]:.4f} from one picture, {error[4]:.4f} "
        f"from four, {error[8]:.4f} from eight."
    )


RECIPES = {"talking-head": Recipe(talking_head)}
