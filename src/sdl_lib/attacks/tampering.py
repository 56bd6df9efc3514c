"""Tampering with scans: cut out a piece, and let a network paint what was wished for.

Shown so that the reader believes no scan merely because it looks right; see the ethical frame in
:doc:`/book/security/physical-audio-and-medical`. It works on drawn phantoms.
"""

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate
from sdl_lib.data.scans import HOLE, PATCH


def inject(
    painter: nn.Module,
    x: Tensor,
    centre: Tensor | None = None,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Paint a nodule into the middle of a patch, or at one place of each larger scan.

    As CT-GAN does: cut out a patch, blank its inner half, let the network complete it, paste
    that inner half back. The network never sees what it replaces, and no detector helps it.

    Parameters
    ----------
    painter : of (context, hole, wish, noise), such as ``load("painter")``, in evaluation mode
    x : Tensor, shape (n, 1, h, w) in [0, 1], h and w at least 32
    centre : LongTensor, shape (n, 2): row and column; default: the middle of each picture
    generator : the source of the noise; default: a new one with seed 0

    Returns
    -------
    Tensor as ``x``, equal to it outside a square of 16 pixels around the centre.

    Raises
    ------
    ValueError : if ``x`` is no such batch or a patch would leave it.

    References
    ----------
    Mirsky, Mahler, Shelef & Elovici (2019). Explained in
    :doc:`/book/security/physical-audio-and-medical`.
    """
    return _tamper(painter, x, centre, 1, generator)


def remove(
    painter: nn.Module,
    x: Tensor,
    centre: Tensor | None = None,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Paint healthy lung over the middle of a patch, or over one place of each larger scan.

    Parameters, result and errors are those of :func:`inject`; so are the references.
    """
    return _tamper(painter, x, centre, 0, generator)


@torch.no_grad()
def _tamper(
    painter: nn.Module,
    x: Tensor,
    centre: Tensor | None,
    wish: int,
    generator: torch.Generator | None,
) -> Tensor:
    validate.eval_mode(painter, "painter")
    rows, columns = _places(x, centre)
    result = x.detach().clone()
    if len(x) == 0:
        return result
    n = torch.arange(len(x), device=x.device).view(-1, 1, 1)
    patch = result[n, 0, rows, columns].unsqueeze(1)
    wishes = torch.full((len(x),), wish, device=x.device)
    source = generator or torch.Generator().manual_seed(0)
    painted = complete(painter, patch, wishes, generator=source)
    result[n, 0, rows, columns] = painted.squeeze(1)
    return result


def complete(
    painter: nn.Module, patch: Tensor, wish: Tensor, *, generator: torch.Generator
) -> Tensor:
    """Patches (n, 1, 32, 32) with their hole painted as wished, (n,); carries gradients."""
    hole = torch.zeros_like(patch)
    hole[..., HOLE, HOLE] = 1
    noise = torch.randn(patch.shape, generator=generator, device=generator.device).to(patch)
    painted: Tensor = painter(patch * (1 - hole), hole, wish, noise)
    return torch.where(hole > 0, painted, patch)


def fit_painter(
    painter: nn.Module,
    judge: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    batch_size: int = 32,
    lr: float = 1e-3,
    closeness: float = 50.0,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> list[float]:
    r"""Train a conditional GAN to complete patches; returns the mean L1 of each tenth of the way.

    The judge learns to tell real patches from completed ones, each shown with its label. The
    painter minimises its cross-entropy against the judge, plus ``closeness`` times the mean
    :math:`|x' - x|` in the hole. Both are trained in place and left in evaluation mode.

    Parameters
    ----------
    painter, judge : such as :class:`sdl_lib.models.Painter` and ``Judge``
    x, y : patches (n, 1, 32, 32) in [0, 1], and 1 where there is a nodule, else 0
    steps, batch_size, lr : as usual; Adam with :math:`\beta_1 = .5`
    closeness : the weight of the L1 term (100 in pix2pix)
    generator : the source of batches and noise; default: a new one with seed 0

    Raises
    ------
    ValueError : if ``x`` or ``y`` is no such batch or a setting is out of range.

    References
    ----------
    Isola et al. (2017); Mirsky et al. (2019). Explained in
    :doc:`/book/security/physical-audio-and-medical`.
    """
    _places(x, None)
    validate.labels(y, len(x), 2)
    validate.count(steps, "steps")
    validate.radius(closeness, "closeness")
    source = generator or torch.Generator().manual_seed(0)
    adam = [torch.optim.Adam(m.parameters(), lr=lr, betas=(0.5, 0.99)) for m in (painter, judge)]
    decay = [torch.optim.lr_scheduler.LinearLR(a, 1.0, 0.05, steps) for a in adam]
    history = []
    painter.train()
    judge.train()
    for _ in progress.bar(range(steps), disable=not show_progress, desc="painting"):
        rows = torch.randint(len(x), (batch_size,), generator=source)
        real, wish = x[rows], y[rows]
        fake = complete(painter, real, wish, generator=source)
        _descend(adam[1], _real(judge(real, wish)) + _fake(judge(fake.detach(), wish)))
        distance = (fake - real).abs()[..., HOLE, HOLE].mean()
        _descend(adam[0], _real(judge(fake, wish)) + closeness * distance)
        for schedule in decay:
            schedule.step()
        history.append(float(distance.detach()))
    painter.eval()
    judge.eval()
    tenth = -(-steps // 10)
    return [
        sum(part) / len(part) for i in range(0, steps, tenth) if (part := history[i : i + tenth])
    ]


def _real(logits: Tensor) -> Tensor:
    """Cross-entropy of the verdict "real"."""
    return nn.functional.softplus(-logits).mean()


def _fake(logits: Tensor) -> Tensor:
    return nn.functional.softplus(logits).mean()


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _places(x: Tensor, centre: Tensor | None) -> tuple[Tensor, Tensor]:
    """Rows (n, 32, 1) and columns (n, 1, 32) of the patch around each centre."""
    validate.images(x)
    if x.ndim != 4 or x.shape[1] != 1 or min(x.shape[2:]) < PATCH:
        raise ValueError(
            f"x: expected pictures of shape (n, 1, h, w), h and w at least {PATCH}, "
            f"found {tuple(x.shape)}"
        )
    size = torch.tensor(x.shape[2:], device=x.device)
    if centre is None:
        centre = (size // 2).expand(len(x), 2)
    if centre.shape != (len(x), 2) or centre.dtype != torch.int64:
        raise ValueError(
            f"centre: expected a row and a column for each of {len(x)} pictures, found "
            f"{centre.dtype}, {tuple(centre.shape)}"
        )
    corner = centre - PATCH // 2
    if len(x) and (int(corner.min()) < 0 or bool((corner + PATCH > size).any())):
        raise ValueError(f"centre: the patch of {PATCH} pixels around it leaves the picture")
    steps = torch.arange(PATCH, device=x.device)
    return (
        corner[:, 0].view(-1, 1, 1) + steps.view(1, -1, 1),
        corner[:, 1].view(-1, 1, 1) + steps.view(1, 1, -1),
    )
