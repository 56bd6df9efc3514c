"""Conditional GANs: a discriminator that sees an example with its condition, and wrong pairs."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate
from sdl_lib.gan.losses import KINDS, discriminator_loss, generator_loss

SEES = ("example", "pair", "wrong pairs")


class Joined(nn.Module):
    """A network of one input as one of two: ``net(cat([x, c], dim=1))``, one logit as (n,).

    Explained in :doc:`/book/security/conditional-gans`.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        made: Tensor = self.net(torch.cat([x, c], dim=1))
        return made.squeeze(1)


def mismatched(c: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """For each row of ``c`` another row of it, by chance, among those that differ.

    Raises
    ------
    ValueError : if all rows that a row could get are equal to it.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.finite_batch(c, "c")
    differ = (c[:, None] != c[None]).any(2)
    if not bool(differ.any(1).all()):
        raise ValueError("c: expected at least two conditions that differ")
    return c[torch.multinomial(differ.float().cpu(), 1, generator=generator)[:, 0].to(c.device)]


def matching_aware_loss(
    real: Tensor, fake: Tensor, wrong: Tensor, *, kind: str = "non-saturating"
) -> Tensor:
    r"""What a matching-aware discriminator minimises, from its logits.

    :math:`-\log s_r-\tfrac12\log(1-s_w)-\tfrac12\log(1-s_f)`, with the chances :math:`s` that it
    gives to a real example with its own condition, to a real one with a wrong condition, and to a
    generated one. For other kinds their losses, with the same halves.

    Parameters
    ----------
    real, fake, wrong : Tensor, shape (n,): logits
    kind : as in :func:`sdl_lib.gan.discriminator_loss`

    Raises
    ------
    ValueError : for an unknown kind, or logits of another shape.

    References
    ----------
    Reed et al. (2016), GAN-CLS. Explained in :doc:`/book/security/conditional-gans`.
    """
    return 0.5 * (
        discriminator_loss(real, fake, kind=kind) + discriminator_loss(real, wrong, kind=kind)
    )


@dataclass
class ConditionalHistory:
    """The losses of each step of :func:`train_conditional_gan`."""

    d_loss: list[float] = field(default_factory=list)
    g_loss: list[float] = field(default_factory=list)


def train_conditional_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    x: Tensor,
    c: Tensor,
    *,
    steps: int,
    latent: int,
    sees: str = "wrong pairs",
    batch_size: int = 128,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.5, 0.99),
    decay: bool = False,
    average: nn.Module | None = None,
    loss: str = "non-saturating",
    chance: torch.Generator | None = None,
    show_progress: bool = False,
) -> ConditionalHistory:
    """Train both networks in place on pairs, one step each in turn; leave them in evaluation mode.

    Parameters
    ----------
    generator : maps (z, c), shapes (n, latent) and (n, k), to examples
    discriminator : maps (example, c) to logits (n,)
    x, c : Tensor, shapes (n, ...) and (n, k): examples, each with its condition
    sees : what the discriminator judges: "example", the condition being hidden from it (zeros);
        "pair"; or "wrong pairs", which adds real examples with conditions of others
    decay : let the rate fall to zero in the second half
    average : a copy of the generator that becomes the running mean of its weights
    loss : as in :func:`sdl_lib.gan.discriminator_loss`
    chance : of batches, latent vectors and wrong pairs; default: a new one with seed 0

    Raises
    ------
    ValueError : for bad data, an unknown option, or a setting out of range.

    References
    ----------
    Mirza & Osindero (2014); Reed et al. (2016). Explained in
    :doc:`/book/security/conditional-gans`.
    """
    validate.finite_batch(x)
    validate.finite_batch(c, "c")
    if len(c) != len(x) or not len(x):
        raise ValueError(f"c: expected one condition for each of {len(x)}, found {len(c)}")
    for name, number in (("steps", steps), ("latent", latent), ("batch_size", batch_size)):
        validate.count(number, name)
    validate.choice(sees, SEES, "sees")
    validate.choice(loss, KINDS, "loss")
    source = chance or torch.Generator().manual_seed(0)
    players = [_adam(net, lr, betas) for net in (generator, discriminator)]
    losses: list[Tensor] = []

    def batch() -> tuple[Tensor, Tensor, Tensor]:
        rows = torch.randint(len(x), (batch_size,), generator=source).to(x.device)
        z = torch.randn(batch_size, latent, generator=source).to(x)
        return x[rows], c[rows], z

    def judge(examples: Tensor, conditions: Tensor) -> Tensor:
        hidden = torch.zeros_like(conditions) if sees == "example" else conditions
        logits: Tensor = discriminator(examples, hidden)
        return logits

    for step in progress.bar(range(steps), disable=not show_progress, desc="conditional GAN"):
        if decay:
            for player in players:
                player.param_groups[0]["lr"] = lr * min(1, 2 * (1 - step / steps))
        real, own, z = batch()
        fake = generator(z, own)
        if sees == "wrong pairs":
            other = mismatched(own, generator=source)
            d_loss = matching_aware_loss(
                judge(real, own), judge(fake.detach(), own), judge(real, other), kind=loss
            )
        else:
            d_loss = discriminator_loss(judge(real, own), judge(fake.detach(), own), kind=loss)
        _step(d_loss, discriminator, players[1])
        g_loss = generator_loss(judge(fake, own), kind=loss)
        _step(g_loss, generator, players[0])
        losses += [d_loss.detach(), g_loss.detach()]
        if average is not None:
            _follow(average, generator)
    values = torch.stack(losses).tolist()
    for net in (generator, discriminator):
        net.zero_grad(set_to_none=True)
        net.eval()
    return ConditionalHistory(values[::2], values[1::2])


def _adam(net: nn.Module, lr: float, betas: tuple[float, float]) -> torch.optim.Optimizer:
    net.train()
    return torch.optim.Adam(net.parameters(), lr=lr, betas=betas, fused=True)


def _step(loss: Tensor, net: nn.Module, adam: torch.optim.Optimizer) -> None:
    weights = list(net.parameters())
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = slope
    adam.step()


@torch.no_grad()
def _follow(mean: nn.Module, net: nn.Module, kept: float = 0.995) -> None:
    states = (part.state_dict().values() for part in (mean, net))
    for slow, new in zip(*states, strict=True):
        if slow.is_floating_point():
            slow.lerp_(new, 1 - kept)
