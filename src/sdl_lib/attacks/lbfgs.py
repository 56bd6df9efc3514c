"""The first attack: the closest image that the model takes for a chosen class, by L-BFGS."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.verdict import Disguise

Vector = NDArray[np.float64]

# The line search gives up beyond these weights of the distance
_WEIGHTS = (1e-6, 1e6)


def lbfgs_attack(
    model: nn.Module, x: Tensor, target: Tensor, *, searches: int = 6, steps: int = 20
) -> Disguise:
    r"""Minimise :math:`c\,\|r\|_2^2 + L(x + r, t)` over :math:`x + r \in [0, 1]^d`.

    The larger the weight :math:`c`, the shorter :math:`r`: a search finds the largest one at
    which the model still answers :math:`t`. The paper writes :math:`c\,|r|` and "minimum c". We
    take the square, which is smooth at :math:`r = 0` and has the same stationary points at
    another c, and read "minimum" as "minimum distance". One example after the other: a digit
    takes about 200 gradients.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes), in evaluation mode
    x : Tensor, shape (n, c, h, w) or (n, d), values in [0, 1]
    target : LongTensor, shape (n,): the class that each example shall be taken for
    searches : halvings of the bracket around c, on a logarithmic scale
    steps : iterations of L-BFGS-B for each c

    Returns
    -------
    x_adv : Tensor as ``x``, inside [0, 1]; a row that failed is the row of ``x``, unchanged
    success : BoolTensor, shape (n,): where the model answers ``target`` at ``x_adv``

    Raises
    ------
    ValueError : if ``x`` leaves [0, 1], batch sizes differ, a target is no class of the model,
        the model is in training mode, or its logits are not finite.

    References
    ----------
    Szegedy et al. (2014). Explained in :doc:`/book/security/adversarial-examples`.
    """
    validate.eval_mode(model)
    validate.images(x)
    validate.labels(target, len(x), name="target")
    validate.count(searches, "searches")
    validate.count(steps, "steps")
    x_adv = x.detach().clone()
    if len(x) == 0:
        return Disguise(x_adv, torch.zeros(0, dtype=torch.bool, device=x.device))
    for image, label in zip(x_adv.split(1), target.split(1), strict=True):
        image.copy_(_closest(model, image.clone(), label, searches, steps))
    # asked again as a batch, since rounding may decide for an image close to the boundary
    success = training.predict(model, x_adv).argmax(1) == target
    x_adv[~success] = x.detach()[~success]
    return Disguise(x_adv, success)


def _closest(model: nn.Module, x: Tensor, target: Tensor, searches: int, steps: int) -> Tensor:
    """The nearest image found that is taken for the target, or ``x`` where none was."""
    if _answers(model, x, target):
        return x
    best, distance = x, math.inf
    low, high, c = 0.0, math.inf, 1.0  # success at low, failure at high
    while searches > 0 and _WEIGHTS[0] <= c <= _WEIGHTS[1]:
        # from the nearest success so far: as good in half the iterations as from x
        candidate = _minimise(model, x, target, c, start=best, steps=steps)
        if _answers(model, candidate, target):
            low = c
            if (length := float((candidate - x).norm())) < distance:
                best, distance = candidate, length
        else:
            high = c
        if low > 0 and high < math.inf:
            c = math.sqrt(low * high)
            searches -= 1
        else:
            c = 10 * c if low > 0 else c / 10
    return best


def _minimise(
    model: nn.Module, x: Tensor, target: Tensor, c: float, *, start: Tensor, steps: int
) -> Tensor:
    found = minimize(
        _objective(model, x, target, c),
        _vector(start),
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(0, 1),
        options={"maxiter": steps},
    )
    return _image(found.x, x)


def _objective(
    model: nn.Module, x: Tensor, target: Tensor, c: float
) -> Callable[[Vector], tuple[float, Vector]]:
    """The weighed sum of squared distance and loss, with its gradient, as SciPy wants it."""
    origin = _vector(x)

    def value_and_gradient(point: Vector) -> tuple[float, Vector]:
        inputs = _image(point, x).requires_grad_()
        with torch.enable_grad():
            loss = nn.functional.cross_entropy(model(inputs), target)
        (gradient,) = torch.autograd.grad(loss, inputs)
        r = point - origin
        return float(loss.detach()) + c * float(r @ r), _vector(gradient) + 2 * c * r

    return value_and_gradient


def _answers(model: nn.Module, x: Tensor, target: Tensor) -> bool:
    """Whether the model takes the one image for its target."""
    logits = training.predict(model, x)
    validate.logits(logits, 1)
    validate.labels(target, 1, logits.shape[1], "target")
    return bool(logits.argmax(1) == target)


def _vector(x: Tensor) -> Vector:
    vector: Vector = x.detach().flatten().double().cpu().numpy()
    return vector


def _image(vector: Vector, like: Tensor) -> Tensor:
    return torch.from_numpy(vector).to(like).view_as(like)
