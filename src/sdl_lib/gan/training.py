"""The two-player loop: steps of the discriminator, steps of the generator, and their history."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate
from sdl_lib.gan.losses import KINDS, discriminator_loss, generator_loss
from sdl_lib.gan.player import Player

Watch = Callable[[nn.Module, int], Any]
Objective = Callable[[Any, Tensor, Tensor], Tensor]
Schedule = Callable[[int, float, float], tuple[int, int]]


@dataclass
class History:
    """What :func:`train_gan` did, and what it needs to go on."""

    steps: int = 0
    """steps done"""
    d_loss: list[float] = field(default_factory=list)
    """the discriminator's last loss of each step"""
    g_loss: list[float] = field(default_factory=list)
    """the generator's"""
    seen: list[tuple[int, Any]] = field(default_factory=list)
    """the step, and what ``watch`` returned there"""
    state: dict[str, Any] = field(default_factory=dict, repr=False)
    """both optimisers and the source of chance, for ``resume``"""


def train_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    data: Tensor,
    *,
    steps: int,
    latent: int,
    d_steps: int = 1,
    g_steps: int = 1,
    schedule: Schedule | None = None,
    batch_size: int = 256,
    lr: float | tuple[float, float] = 1e-3,
    betas: tuple[float, float] = (0.5, 0.999),
    loss: str = "non-saturating",
    smoothing: float = 1.0,
    penalty: Callable[..., Tensor] | None = None,
    constrain: Callable[[nn.Module], None] | None = None,
    objective: Objective | None = None,
    pack: int = 1,
    chance: torch.Generator | None = None,
    watch: Watch | None = None,
    every: int = 100,
    resume: History | None = None,
    show_progress: bool = False,
) -> History:
    """Train both networks in place, with Adam, and leave them in evaluation mode.

    Parameters
    ----------
    generator, discriminator : z (n, latent) to examples; examples to logits (n,)
    data : Tensor, shape (n, ...), real examples; a batch is drawn from it with replacement
    steps : rounds of ``d_steps`` updates of the discriminator and ``g_steps`` of the generator
    schedule : of (step, the two last losses), returns the two numbers of updates of this step
    lr, betas : of Adam; a pair of rates is the generator's, then the discriminator's
    loss, smoothing : as in :func:`sdl_lib.gan.discriminator_loss`
    penalty : of (discriminator, real, fake, chance=...), added to the discriminator's loss
    constrain : of the discriminator, after each of its updates, such as a clipping of weights
    objective : of (discriminator, real, fake), instead of the generator's loss
    pack : examples that the discriminator sees at once, joined along dimension 1 (PacGAN)
    chance : of batches and latent vectors; default: a new one with seed 0
    watch, every : called with the generator, in evaluation mode, and the step; 0 and the last too
    resume : the history of an earlier call on these networks, which is continued exactly
    show_progress : show a bar

    Raises
    ------
    ValueError : for bad data, an unknown loss, or a setting out of range.

    References
    ----------
    Goodfellow et al. (2014); Lin et al. (2018) for ``pack``. Explained in
    :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(data, "data")
    validate.count(len(data), "len(data)")
    validate.count(steps, "steps", least=0)
    for name, value in (
        ("latent", latent),
        ("d_steps", d_steps),
        ("g_steps", g_steps),
        ("batch_size", batch_size),
        ("pack", pack),
        ("every", every),
    ):
        validate.count(value, name)
    validate.choice(loss, KINDS, "loss")
    game = _Game(generator, discriminator, data, latent, batch_size, pack, chance)
    rates = lr if isinstance(lr, tuple) else (lr, lr)
    game.prepare(rates, betas, resume)
    past = resume or History()
    now = History(past.steps, list(past.d_loss), list(past.g_loss), list(past.seen))

    def discriminate() -> Tensor:
        real, fake = game.real(), game.fake(grad=False)
        value = discriminator_loss(
            discriminator(real), discriminator(fake), kind=loss, smoothing=smoothing
        )
        if penalty is not None:
            value = value + penalty(discriminator, real, fake, chance=game.chance)
        return value

    def generate() -> Tensor:
        fake = game.fake(grad=True)
        if objective is not None:
            return objective(discriminator, game.real(), fake)
        return generator_loss(discriminator(fake), kind=loss)

    losses: list[Tensor] = []
    d_loss = torch.tensor(past.d_loss[-1] if past.d_loss else 0.0)
    g_loss = torch.tensor(past.g_loss[-1] if past.g_loss else 0.0)
    look = game.looker(watch, now)
    if not past.steps:
        look(0)
    for step in progress.bar(range(past.steps + 1, past.steps + steps + 1), **_bar(show_progress)):
        if schedule is not None:
            d_steps, g_steps = schedule(step, float(d_loss), float(g_loss))
        for _ in range(d_steps):
            d_loss = game.judge.update(discriminate())
            if constrain is not None:
                constrain(discriminator)
        for _ in range(g_steps):
            g_loss = game.forger.update(generate())
        losses += [d_loss, g_loss]
        if step % every == 0 or step == past.steps + steps:
            look(step)
    return game.finish(now, losses, steps)


def _bar(show: bool) -> dict[str, Any]:
    return {"disable": not show, "desc": "GAN"}


class _Game:
    """The two players, and where their examples come from."""

    forger: Player
    judge: Player

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        data: Tensor,
        latent: int,
        batch_size: int,
        pack: int,
        chance: torch.Generator | None,
    ) -> None:
        self.generator, self.discriminator, self.data = generator, discriminator, data
        self.latent, self.pack, self.rows = latent, pack, batch_size * pack
        self.chance = chance or torch.Generator().manual_seed(0)

    def prepare(
        self, rates: tuple[float, float], betas: tuple[float, float], resume: History | None
    ) -> None:
        """Optimisers, as they were if there is a history; both networks in training mode."""
        self.forger = Player(self.generator, rates[0], betas)
        self.judge = Player(self.discriminator, rates[1], betas)
        if resume is not None and resume.state:
            state = copy.deepcopy(resume.state)
            self.forger.resume(state["generator"])
            self.judge.resume(state["discriminator"])
            self.chance.set_state(state["chance"])
        for net in (self.generator, self.discriminator):
            net.train()

    def real(self) -> Tensor:
        rows = torch.randint(len(self.data), (self.rows,), generator=self.chance)
        return self.packed(self.data[rows.to(self.data.device)])

    def fake(self, *, grad: bool) -> Tensor:
        z = torch.randn(self.rows, self.latent, generator=self.chance).to(self.data)
        with torch.set_grad_enabled(grad):
            return self.packed(self.generator(z))

    def packed(self, x: Tensor) -> Tensor:
        if self.pack == 1:
            return x
        return x.reshape(len(x) // self.pack, self.pack * x.shape[1], *x.shape[2:])

    def looker(self, watch: Watch | None, history: History) -> Callable[[int], None]:
        def look(step: int) -> None:
            if watch is None or (history.seen and history.seen[-1][0] == step):
                return
            self.generator.eval()
            with torch.no_grad():
                history.seen.append((step, watch(self.generator, step)))
            self.generator.train()

        return look

    def finish(self, history: History, losses: list[Tensor], steps: int) -> History:
        """The history in numbers, the networks in evaluation mode and without gradients."""
        values = torch.stack(losses).tolist() if losses else []
        history.d_loss += values[::2]
        history.g_loss += values[1::2]
        history.steps += steps
        history.state = copy.deepcopy(
            {
                "generator": self.forger.state(),
                "discriminator": self.judge.state(),
                "chance": self.chance.get_state(),
            }
        )
        for net in (self.generator, self.discriminator):
            net.zero_grad(set_to_none=True)
            net.eval()
        return history
