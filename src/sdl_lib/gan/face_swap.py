"""Face swap: two decoders learn to draw two people from what one encoder reads of both."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.models.face_swap import FaceSwap


def warp_faces(
    x: Tensor, *, strength: float = 0.7, generator: torch.Generator | None = None
) -> Tensor:
    """Pull each picture smoothly out of shape, as if it were drawn on rubber.

    Sixteen points of a coarse grid move by random amounts, and what lies between them along.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w)
    strength : standard deviation of the points' moves, in pixels
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    Tensor, same shape; values in the range of ``x``

    Raises
    ------
    ValueError : if ``x`` is no batch of finite pictures, or the strength is negative.

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    _pictures(x)
    validate.radius(strength, "strength")
    source = generator or torch.Generator().manual_seed(0)
    n, _, height, width = x.shape
    moves = strength * torch.randn(n, 2, 4, 4, generator=source)
    smooth = nn.functional.interpolate(
        moves, (height, width), mode="bicubic", align_corners=True
    ).permute(0, 2, 3, 1)
    still = nn.functional.affine_grid(
        torch.eye(2, 3).expand(n, 2, 3), [n, 1, height, width], align_corners=False
    )
    grid = still + 2 * smooth / torch.tensor([width, height])
    warped: Tensor = nn.functional.grid_sample(
        x, grid.to(x), padding_mode="border", align_corners=False
    )
    return warped


def fit_face_swap(
    model: FaceSwap,
    faces: tuple[Tensor, Tensor],
    *,
    steps: int,
    batch: int = 32,
    lr: float = 3e-3,
    warp: float = 0.7,
    generator: torch.Generator | None = None,
) -> list[float]:
    """Train each decoder to redraw its own face from a warped picture of it, and nothing else.

    No pair of pictures, no pose and no swap is ever shown: that a code means the same to both
    decoders is a hope, which a shared encoder makes likely.

    Parameters
    ----------
    model : is trained; left in evaluation mode
    faces : pictures of the one and of the other, shapes (n, 3, 32, 32) and (m, 3, 32, 32)
    steps, batch : of Adam, and pictures of each face in one
    lr : its largest rate; it rises over the first tenth of the steps and falls to zero
    warp : strength of :func:`warp_faces`
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    list of float : the loss of each step: mean squared errors of both reconstructions, summed

    Raises
    ------
    ValueError : if a batch of pictures is empty or leaves [0, 1], or a number is out of range.

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    for name, x in zip(("faces[0]", "faces[1]"), faces, strict=True):
        _pictures(x, name)
        validate.images(x, name)
        if len(x) == 0:
            raise ValueError(f"{name}: expected at least one picture, found none")
    validate.count(steps, "steps")
    validate.count(batch, "batch")
    source = generator or torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=steps + 1, pct_start=0.1)
    losses = []
    model.train()
    for _ in range(steps):
        loss = torch.zeros(())
        for who, x in enumerate(faces):
            some = x[torch.randint(len(x), (batch,), generator=source)]
            pulled = warp_faces(some, strength=warp, generator=source)
            redrawn = model(pulled, seen=who, drawn=who)
            loss = loss + nn.functional.mse_loss(redrawn, some)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
        losses.append(float(loss.detach()))
    model.eval()
    return losses


def _pictures(x: Tensor, name: str = "x") -> None:
    validate.finite_batch(x, name)
    if x.ndim != 4:
        raise ValueError(f"{name}: expected pictures (n, c, h, w), found shape {tuple(x.shape)}")
