"""Ways through a latent space: between two points, and along what a reader can name."""

import torch
from torch import Tensor

from sdl_lib import validate


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    r"""The point at a ``share`` of the way from ``a`` to ``b`` along the arc between them.

    With the angle :math:`\omega` between the two it is
    :math:`[\sin((1-s)\omega)\,a + \sin(s\omega)\,b]/\sin\omega`. Gaussian points in many
    dimensions all have nearly the same norm; a straight line passes through points far shorter
    than any that a generator was trained on, the arc does not.

    Parameters
    ----------
    a, b : Tensor, shape (n, latent), floats, not zero
    share : 0 gives ``a``, 1 gives ``b``

    Raises
    ------
    ValueError : if the shapes differ, a value is not finite, a row is zero, or two rows point
        in opposite directions, between which there is no one arc.

    References
    ----------
    White (2016). Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(a, "a")
    validate.finite_batch(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"b: expected shape {tuple(a.shape)} as of a, found {tuple(b.shape)}")
    if not 0 <= share <= 1:
        raise ValueError(f"share: expected a number from 0 to 1, found {share}")
    lengths = a.norm(dim=1, keepdim=True), b.norm(dim=1, keepdim=True)
    if bool((lengths[0] == 0).any()) or bool((lengths[1] == 0).any()):
        raise ValueError("a, b: expected points that are not zero")
    cosine = ((a / lengths[0]) * (b / lengths[1])).sum(1, keepdim=True).clamp(-1, 1)
    if bool((cosine < -1 + 1e-6).any()):
        raise ValueError("b: points opposite to a, and no one arc leads there")
    angle = torch.acos(cosine)
    sine = angle.sin()
    near = sine < 1e-4  # the arc is a line
    safe = torch.where(near, torch.ones_like(sine), sine)
    left = torch.where(near, 1 - share + 0 * sine, ((1 - share) * angle).sin() / safe)
    right = torch.where(near, share + 0 * sine, (share * angle).sin() / safe)
    return left * a + right * b


def latent_direction(z: Tensor, values: Tensor) -> Tensor:
    """The direction of a latent space in which a property of the pictures grows the fastest.

    It is the slope of the least-squares plane through ``values``, at length 1. Where the
    property is no linear function of the latent vector, other properties change along with it.

    Parameters
    ----------
    z : Tensor, shape (n, latent), with n larger than ``latent``
    values : Tensor, shape (n,), of a property that was measured on the n pictures

    Returns
    -------
    Tensor, shape (latent,)

    Raises
    ------
    ValueError : if there are too few rows or values, a value is not finite, or the property is
        the same for all.

    References
    ----------
    Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(z, "z")
    n, latent = z.shape
    if n <= latent:
        raise ValueError(f"z: expected more than {latent} rows, found {n}")
    if values.shape != (n,) or not bool(torch.isfinite(values).all()):
        raise ValueError(f"values: expected {n} finite numbers, found shape {tuple(values.shape)}")
    rows, targets = z.double(), values.double()
    rows, targets = rows - rows.mean(0), targets - targets.mean()
    slope: Tensor = torch.linalg.lstsq(rows, targets[:, None]).solution[:, 0]
    length = slope.norm()
    if float(length) == 0:
        raise ValueError("values: expected a property that differs between the pictures")
    unit: Tensor = slope / length
    return unit.to(z.dtype)
