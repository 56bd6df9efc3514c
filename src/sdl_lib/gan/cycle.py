"""CycleGAN: two translators between two unpaired domains, each the other's way back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate
from sdl_lib.gan.losses import KINDS, discriminator_loss, generator_loss
from sdl_lib.models.cycle import PatchJudge, TranslatorPair

Map = Callable[[Tensor], Tensor]
Watch = Callable[[nn.Module, nn.Module, int], Any]


class CycleTerms(NamedTuple):
    """The parts of what the two translators minimise, before they are weighted."""

    adversarial: Tensor
    """what the two judges say of the translations"""
    cycle: Tensor
    """how far there-and-back ends from the start, in both directions"""
    identity: Tensor
    """how much a translator changes what is already in its target domain"""


@dataclass
class CycleHistory:
    """What :func:`train_cycle` did."""

    judged: list[float] = field(default_factory=list)
    """loss of the two judges after each step"""
    adversarial: list[float] = field(default_factory=list)
    cycle: list[float] = field(default_factory=list)
    seen: list[tuple[int, Any]] = field(default_factory=list)
    """the step, and what ``watch`` returned there"""


def cycle_networks(
    *, seed: int, channels: int = 1, width: int = 12
) -> tuple[TranslatorPair, PatchJudge, PatchJudge]:
    """Fresh translators ``there`` and ``back``, a judge of x and one of y.

    The global random state stays as it was. Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (
            TranslatorPair(channels, width),
            PatchJudge(channels),
            PatchJudge(channels),
        )


def cycle_error(forward: Map, backward: Map, x: Tensor) -> Tensor:
    r"""Mean absolute difference :math:`|F(G(x))-x|`: what the way there and back costs.

    Parameters
    ----------
    forward, backward : :math:`G`, from the domain of ``x`` to the other, and :math:`F`, back
    x : Tensor, shape (n, ...)

    Raises
    ------
    ValueError : if ``x`` is no batch of floats, or comes back in another shape.

    References
    ----------
    Zhu et al. (2017). Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.finite_batch(x)
    return _difference(backward(forward(x)), x, "backward(forward(x))")


def pairing_error(forward: Map, x: Tensor, y: Tensor) -> Tensor:
    r"""Mean absolute difference :math:`|G(x)-y|` to the true partners, which no training saw.

    Parameters
    ----------
    forward : :math:`G`
    x, y : Tensor, shapes (n, ...): ``y[i]`` is the true translation of ``x[i]``

    Raises
    ------
    ValueError : if the arguments are no batches of floats, or G(x) has not the shape of ``y``.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.finite_batch(x)
    validate.finite_batch(y, "y")
    return _difference(forward(x), y, "forward(x)")


def cycle_terms(
    forward: Map,
    backward: Map,
    judge_x: Map,
    judge_y: Map,
    x: Tensor,
    y: Tensor,
    *,
    loss: str = "hinge",
    identity: bool = True,
) -> CycleTerms:
    r"""The three terms of CycleGAN for one batch of each domain, which need not be paired.

    Adversarial: the generator's loss of :math:`D_Y(G(x))` and :math:`D_X(F(y))`. Cycle:
    :math:`|F(G(x))-x|+|G(F(y))-y|`. Identity: :math:`|F(x)-x|+|G(y)-y|`. Each is a mean over
    examples and pixels.

    Parameters
    ----------
    forward, backward : G from x to y, and F from y to x
    judge_x, judge_y : to logits, one for an example or one for each of its patches
    x, y : Tensor, shapes (n, ...) and (m, ...)
    loss : as in :func:`sdl_lib.gan.generator_loss`
    identity : compute the last term; otherwise it is 0. It needs domains of the same shape

    References
    ----------
    Zhu et al. (2017). Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    validate.choice(loss, KINDS, "loss")
    there, back = forward(x), backward(y)
    adversarial = generator_loss(judge_y(there).flatten(), kind=loss) + generator_loss(
        judge_x(back).flatten(), kind=loss
    )
    cycle = _difference(backward(there), x, "backward(forward(x))") + _difference(
        forward(back), y, "forward(backward(y))"
    )
    same = torch.zeros((), dtype=x.dtype, device=x.device)
    if identity:
        same = _difference(backward(x), x, "backward(x)") + _difference(forward(y), y, "forward(y)")
    return CycleTerms(adversarial, cycle, same)


def train_cycle(
    forward: nn.Module,
    backward: nn.Module,
    judge_x: nn.Module,
    judge_y: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    cycle_weight: float = 10.0,
    identity_weight: float = 0.0,
    pairs: tuple[Tensor, Tensor] | None = None,
    pair_weight: float = 10.0,
    batch_size: int = 32,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.5, 0.99),
    loss: str = "hinge",
    chance: torch.Generator | None = None,
    watch: Watch | None = None,
    every: int = 100,
    show_progress: bool = False,
) -> CycleHistory:
    r"""Train all four networks in place, with Adam, and leave them in evaluation mode.

    In each step the judges learn once, then the translators minimise the adversarial term,
    plus ``cycle_weight`` times the cycle term, plus ``identity_weight`` times the identity term,
    plus ``pair_weight`` times :math:`|G(x)-y|+|F(y)-x|` on the ``pairs``. The rate falls to zero
    over the second half. With ``cycle_weight`` 0 it is an unpaired GAN in each direction.

    Parameters
    ----------
    forward, backward : translate x to y, and y to x
    judge_x, judge_y : to logits, of any shape (n, ...)
    x, y : Tensor, shapes (n, ...) and (m, ...): the two domains; row numbers mean nothing
    pairs : the few examples whose partners are known; all of them are used in each step
    loss : as in :func:`sdl_lib.gan.discriminator_loss`
    chance : of the batches; default: a new one with seed 0
    watch, every : called with both translators, in evaluation mode, and the step

    Raises
    ------
    ValueError : for bad data, an unknown loss, or a setting out of range.

    References
    ----------
    Zhu et al. (2017), with the hinge loss instead of least squares and without their buffer of
    past translations. Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    _check(x, y, pairs, steps=steps, batch_size=batch_size, every=every)
    validate.choice(loss, KINDS, "loss")
    weights = {"cycle": cycle_weight, "identity": identity_weight, "pair": pair_weight}
    for name, weight in weights.items():
        validate.radius(weight, f"{name}_weight")
    validate.radius(lr, "lr")
    chance = chance or torch.Generator().manual_seed(0)
    drawers, judges = nn.ModuleList([forward, backward]), nn.ModuleList([judge_x, judge_y])
    players = [
        torch.optim.Adam(net.parameters(), lr=lr, betas=betas, fused=True)
        for net in (drawers, judges)
    ]
    history, kept = CycleHistory(), []
    drawers.train()
    judges.train()
    for step in progress.bar(range(1, steps + 1), disable=not show_progress, desc="CycleGAN"):
        for player in players:
            player.param_groups[0]["lr"] = lr * min(1.0, 2 * (1 - (step - 1) / steps))
        real = _batch(x, batch_size, chance), _batch(y, batch_size, chance)
        judged = _judges_loss(forward, backward, judge_x, judge_y, *real, loss=loss)
        _descend(judged, judges, players[1])
        terms = cycle_terms(
            forward, backward, judge_x, judge_y, *real, loss=loss, identity=identity_weight > 0
        )
        total = terms.adversarial + cycle_weight * terms.cycle + identity_weight * terms.identity
        if pairs is not None:
            there, back = pairing_error(forward, *pairs), pairing_error(backward, *pairs[::-1])
            total = total + pair_weight * (there + back)
        _descend(total, drawers, players[0])
        kept.append(torch.stack([judged, terms.adversarial, terms.cycle]).detach())
        if watch is not None and (step % every == 0 or step == steps):
            drawers.eval()
            with torch.no_grad():
                history.seen.append((step, watch(forward, backward, step)))
            drawers.train()
    for net in (drawers, judges):
        net.zero_grad(set_to_none=True)
        net.eval()
    if kept:
        history.judged, history.adversarial, history.cycle = torch.stack(kept).T.tolist()
    return history


def _batch(data: Tensor, size: int, chance: torch.Generator) -> Tensor:
    return data[torch.randint(len(data), (size,), generator=chance).to(data.device)]


def _judges_loss(
    forward: Map, backward: Map, judge_x: Map, judge_y: Map, x: Tensor, y: Tensor, *, loss: str
) -> Tensor:
    """What the two judges minimise: each compares its heap with what is translated into it."""
    with torch.no_grad():
        fake_x, fake_y = backward(y), forward(x)
    return discriminator_loss(
        judge_x(x).flatten(), judge_x(fake_x).flatten(), kind=loss
    ) + discriminator_loss(judge_y(y).flatten(), judge_y(fake_y).flatten(), kind=loss)


def _descend(value: Tensor, nets: nn.Module, adam: torch.optim.Optimizer) -> None:
    """One step of one player: the other's weights get no gradient."""
    weights = [weight for weight in nets.parameters() if weight.requires_grad]
    slopes = torch.autograd.grad(value, weights, allow_unused=True)
    for weight, slope in zip(weights, slopes, strict=True):
        weight.grad = slope
    adam.step()


def _difference(found: Tensor, wanted: Tensor, name: str) -> Tensor:
    if found.shape != wanted.shape:
        raise ValueError(
            f"{name}: expected shape {tuple(wanted.shape)}, found {tuple(found.shape)}"
        )
    return (found - wanted).abs().mean()


def _check(x: Tensor, y: Tensor, pairs: tuple[Tensor, Tensor] | None, **counts: int) -> None:
    for name, data in (("x", x), ("y", y)):
        validate.finite_batch(data, name)
        validate.count(len(data), f"len({name})")
    if pairs is not None and len(pairs[0]) != len(pairs[1]):
        raise ValueError(
            f"pairs: expected as many x as y, found {len(pairs[0])} and {len(pairs[1])}"
        )
    for name, value in counts.items():
        validate.count(value, name, least=0 if name == "steps" else 1)
