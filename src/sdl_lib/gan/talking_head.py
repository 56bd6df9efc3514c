"""Teach a talking head: embed a few pictures of a person, draw that person in another pose."""

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate
from sdl_lib.gan.losses import discriminator_loss, generator_loss

SHOTS = (1, 2, 4, 8)


def fit_talking_head(
    model: nn.Module,
    discriminator: nn.Module | None,
    seen: tuple[Tensor, Tensor],
    wanted: tuple[Tensor, Tensor],
    *,
    steps: int,
    closeness: float = 30.0,
    batch_size: int = 16,
    lr: float = 2e-3,
    chance: torch.Generator | None = None,
    show_progress: bool = False,
) -> list[float]:
    r"""Train over many people; returns the mean L1 error of each tenth of the way.

    Each step draws people, the number of their pictures (1, 2, 4 or 8) and one wanted picture of
    each. The generator minimises its adversarial loss plus ``closeness`` times the mean
    :math:`|G(s,e)-y|`, and the embedder with it. Both networks are trained in place and left in
    evaluation mode; the rates fall to zero over the second half.

    Parameters
    ----------
    model : such as :class:`sdl_lib.models.TalkingHead`
    discriminator : of (picture, landmarks), such as :class:`PatchDiscriminator`; None for no game
    seen : pictures (people, at least 8, 3, h, w) and the sketches of their landmarks
    wanted : pictures (people, m, 3, h, w) to be drawn, and the sketches
    steps, closeness, batch_size, lr, chance, show_progress : as in :func:`fit_pix2pix`

    Raises
    ------
    ValueError : for pictures or settings that do not fit.

    References
    ----------
    Zakharov et al. (2019). Explained in :doc:`/book/security/conditional-gans`.
    """
    _check(seen, wanted)
    validate.count(steps, "steps")
    validate.count(batch_size, "batch_size")
    validate.radius(closeness, "closeness")
    source = chance or torch.Generator().manual_seed(0)
    players = [m for m in (model, discriminator) if m is not None]
    adam = [torch.optim.Adam(m.parameters(), lr=lr, betas=(0.5, 0.99)) for m in players]
    history = []
    for player in players:
        player.train()
    for step in progress.bar(range(steps), disable=not show_progress, desc="talking head"):
        for optimiser in adam:
            optimiser.param_groups[0]["lr"] = lr * min(1.0, 2 * (1 - step / steps))
        x, s, y, t = _batch(seen, wanted, batch_size, source)
        drawn = model(t, model.embed(x, s))  # type: ignore[operator]
        error = (drawn - y).abs().mean()
        loss = closeness * error
        if discriminator is not None:
            verdicts = (discriminator(v, t).flatten() for v in (y, drawn.detach()))
            _descend(adam[1], discriminator_loss(*verdicts, kind="hinge"))
            discriminator.requires_grad_(False)
            loss = loss + generator_loss(discriminator(drawn, t).flatten(), kind="hinge")
            discriminator.requires_grad_(True)
        _descend(adam[0], loss)
        history.append(float(error.detach()))
    for player in players:
        player.eval().zero_grad(set_to_none=True)
    tenth = -(-steps // 10)
    return [sum(p) / len(p) for i in range(0, steps, tenth) if (p := history[i : i + tenth])]


def _batch(
    seen: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor], n: int, source: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of n people: k pictures and sketches each, one wanted picture and its sketch."""
    shots = SHOTS[int(torch.randint(len(SHOTS), (1,), generator=source))]
    people = torch.randint(len(seen[0]), (n,), generator=source)
    picks = torch.rand(n, seen[0].shape[1], generator=source).argsort(1)[:, :shots]
    which = torch.randint(wanted[0].shape[1], (n,), generator=source)
    x, s = (v[people[:, None], picks] for v in seen)
    y, t = (v[people, which] for v in wanted)
    return x, s, y, t


def _check(seen: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> None:
    for name, pair, least in (("seen", seen, SHOTS[-1]), ("wanted", wanted, 1)):
        for value in pair:
            validate.images(value, name)
            if value.ndim != 5 or value.shape[1] < least or value.shape != pair[0].shape:
                raise ValueError(
                    f"{name}: expected two tensors of one shape (people, at least {least}, "
                    f"3, h, w), found {tuple(value.shape)}"
                )
    if len(seen[0]) != len(wanted[0]) or not len(seen[0]):
        raise ValueError(
            f"wanted: expected {len(seen[0])} people as in seen, found {len(wanted[0])}"
        )


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
