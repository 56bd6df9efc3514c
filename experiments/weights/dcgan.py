"""The generator of a DCGAN that draws digits; measured with the shipped LeNet-5."""

import copy

import torch
from torch import Tensor, nn

from experiments.weights.digits import digits
from experiments.weights.recipe import Recipe, Setting, Trained, channels_last
from sdl_lib.data import mnist10k
from sdl_lib.gan import frechet_distance
from sdl_lib.models import DCGANDiscriminator, DCGANGenerator, LeNet5, load

RATE, BATCH, KEPT = 1e-3, 64, 0.995


def digit_generator(setting: Setting) -> Trained:
    """Hinge loss, one step each, and rates that fall to zero in the second half.

    The mean of the generator's last weights is shipped.
    """
    x = 2 * digits(setting.device)[0] - 1
    generator, judge = DCGANGenerator(), DCGANDiscriminator()
    for network in (generator, judge):
        channels_last(network, setting.device)
    mean = copy.deepcopy(generator)
    chance = torch.Generator().manual_seed(0)
    players = [
        torch.optim.Adam(network.parameters(), lr=RATE, betas=(0.5, 0.99))
        for network in (generator, judge)
    ]
    steps = setting.times(7000)
    for step in range(steps):
        for player in players:
            player.param_groups[0]["lr"] = RATE * min(1, 2 * (1 - step / steps))
        real = x[torch.randint(len(x), (BATCH,), generator=chance)]
        z = torch.randn(BATCH, generator.latent, generator=chance).to(x)
        _play(generator, judge, players, real, z)
        _follow(mean, generator)
    return Trained(mean, _likeness, half=True)


def _play(
    generator: nn.Module,
    judge: nn.Module,
    players: list[torch.optim.Adam],
    real: Tensor,
    z: Tensor,
) -> None:
    """One step of each."""
    drawn = generator(z)
    players[1].zero_grad()
    ((1 - judge(real)).relu().mean() + (1 + judge(drawn.detach())).relu().mean()).backward()
    players[1].step()
    judge.requires_grad_(False)
    players[0].zero_grad()
    (-judge(drawn).mean()).backward()
    players[0].step()
    judge.requires_grad_(True)


@torch.no_grad()
def _follow(mean: nn.Module, network: nn.Module) -> None:
    states = (part.state_dict().values() for part in (mean, network))
    for kept, new in zip(*states, strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - KEPT)


@torch.no_grad()
def _likeness(model: nn.Module) -> str:
    reader = load("lenet5")
    assert isinstance(reader, LeNet5)
    assert isinstance(model, DCGANGenerator)
    z = torch.randn(2000, model.latent, generator=torch.Generator().manual_seed(1))
    drawn = model.pictures(z)
    sure = float((reader(drawn).softmax(1).amax(1) > 0.9).double().mean())
    apart = frechet_distance(*(reader.layers[:-1](v) for v in (drawn, mnist10k("test")[0])))
    return (
        f"Of 2,000 drawn digits LeNet-5 reads {sure:.4f} with over .9; their Frechet distance to "
        f"the test digits, on its 84 features: {apart:.2f}."
    )


RECIPES = {"dcgan": Recipe(digit_generator, needs=("lenet5",))}
