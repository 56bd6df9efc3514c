"""Picture to picture: a conditional GAN beside a pixel-wise distance."""

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate
from sdl_lib.gan.losses import discriminator_loss, generator_loss


def fit_pix2pix(
    generator: nn.Module,
    discriminator: nn.Module | None,
    condition: Tensor,
    target: Tensor,
    *,
    steps: int,
    closeness: float = 100.0,
    power: int = 1,
    batch_size: int = 16,
    lr: float = 2e-3,
    chance: torch.Generator | None = None,
    show_progress: bool = False,
) -> list[float]:
    r"""Train a generator of pictures from pictures; returns the mean L1 of each tenth of the way.

    The generator minimises its adversarial loss plus ``closeness`` times the mean
    :math:`|G(x,z)-y|^p`. Both networks are trained in place and left in evaluation mode; the rates
    fall to zero over the second half.

    Parameters
    ----------
    generator : of (condition, noise), such as :class:`sdl_lib.models.UNet`
    discriminator : of (picture, condition), such as :class:`PatchDiscriminator`; None for no game
    condition, target : pictures (n, c, h, w) in [0, 1], pairs
    steps, batch_size, lr : as usual; Adam with :math:`\beta_1 = .5`
    closeness : weight of the distance; 0 for the game alone
    power : 1 for the absolute, 2 for the squared difference
    chance : of batches and noise; default: a new one with seed 0
    show_progress : show a bar

    Raises
    ------
    ValueError : for bad pictures or settings, or if nothing is left to minimise.

    References
    ----------
    Isola et al. (2017). Explained in :doc:`/book/security/conditional-gans`.
    """
    _check(condition, target, steps, batch_size, closeness, power)
    if discriminator is None and not closeness:
        raise ValueError("closeness: without a discriminator it must be positive, found 0")
    source = chance or torch.Generator().manual_seed(0)
    players = [m for m in (generator, discriminator) if m is not None]
    adam = [torch.optim.Adam(m.parameters(), lr=lr, betas=(0.5, 0.99)) for m in players]
    history = []
    for player in players:
        player.train()
    for step in progress.bar(range(steps), disable=not show_progress, desc="pix2pix"):
        for optimiser in adam:
            optimiser.param_groups[0]["lr"] = lr * min(1.0, 2 * (1 - step / steps))
        rows = torch.randint(len(target), (batch_size,), generator=source)
        seen, wanted = condition[rows], target[rows]
        drawn = generator(seen, torch.randn(wanted[:, :1].shape, generator=source).to(seen))
        loss = closeness * (drawn - wanted).abs().pow(power).mean()
        if discriminator is not None:
            verdicts = (discriminator(v, seen).flatten() for v in (wanted, drawn.detach()))
            _descend(adam[1], discriminator_loss(*verdicts, kind="hinge"))
            discriminator.requires_grad_(False)
            loss = loss + generator_loss(discriminator(drawn, seen).flatten(), kind="hinge")
            discriminator.requires_grad_(True)
        _descend(adam[0], loss)
        history.append(float((drawn.detach() - wanted).abs().mean()))
    for player in players:
        player.eval().zero_grad(set_to_none=True)
    tenth = -(-steps // 10)
    return [sum(p) / len(p) for i in range(0, steps, tenth) if (p := history[i : i + tenth])]


def _check(
    condition: Tensor, target: Tensor, steps: int, batch_size: int, closeness: float, power: int
) -> None:
    for value, name in ((condition, "condition"), (target, "target")):
        validate.images(value, name)
        if value.ndim != 4 or not len(value):
            raise ValueError(f"{name}: expected shape (n, c, h, w), found {tuple(value.shape)}")
    if len(condition) != len(target) or condition.shape[2:] != target.shape[2:]:
        raise ValueError(
            f"target: expected one for each condition, of its size, found {tuple(target.shape)}"
        )
    validate.count(steps, "steps")
    validate.count(batch_size, "batch_size")
    validate.radius(closeness, "closeness")
    if power not in (1, 2):
        raise ValueError(f"power: expected 1 or 2, found {power}")


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
