"""One change for all pictures: sum up DeepFool's steps and keep the sum in a ball."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.deepfool import cross_boundary
from sdl_lib.attacks.geometry import Norm, length
from sdl_lib.attacks.gradient import check_logits


class Universal(NamedTuple):
    """A change (c, h, w), and the share of pictures that it fooled after each pass."""

    change: Tensor
    rates: list[float]


def universal_perturbation(
    model: nn.Module,
    x: Tensor,
    *,
    eps: float,
    norm: Norm = "linf",
    passes: int = 5,
    enough: float = 0.9,
    candidates: int = 3,
    generator: torch.Generator | None = None,
) -> Universal:
    r"""For each x not yet fooled: :math:`v \leftarrow \Pi_\epsilon(v + \mathrm{DeepFool}(x+v))`.

    A picture is *fooled* when the model's answer to :math:`x+v`, clipped to [0, 1], is not its
    answer to :math:`x`; no labels are needed.

    Parameters
    ----------
    model : maps pictures to logits (n, classes), in evaluation mode
    x : Tensor, shape (n, c, h, w), in [0, 1]: the pictures to learn the change from
    eps, norm : radius and norm of the ball, ``"linf"`` or ``"l2"``
    passes : at most so many times over all pictures, each in a new order
    enough : stop when this share of ``x`` is fooled
    candidates : boundaries that DeepFool compares; the nearest is nearly always a likely one
    generator : the source of the order; default: a new one with seed 0

    Returns
    -------
    change : Tensor, shape (c, h, w), in the ball
    rates : list of float, one a pass: the share of ``x`` that is fooled after it

    Raises
    ------
    ValueError : as :func:`fgsm`; if there is no picture; for a bad setting.

    References
    ----------
    Moosavi-Dezfooli, Fawzi, Fawzi & Frossard (2017). Explained in
    :doc:`/book/security/black-box-and-sparse`.
    """
    validate.eval_mode(model)
    validate.images(x)
    validate.radius(eps)
    validate.choice(norm, ("linf", "l2"), "norm")
    validate.count(passes, "passes")
    validate.count(candidates, "candidates")
    if len(x) == 0:
        raise ValueError("x: expected at least one picture, found none")
    if not 0 < enough <= 1:
        raise ValueError(f"enough: expected a share above 0 and at most 1, found {enough}")
    x, source = x.detach(), generator or torch.Generator().manual_seed(0)
    y = check_logits(model, x, torch.zeros(len(x)).long().to(x.device), None).argmax(1)
    change = torch.zeros_like(x[:1])
    rates: list[float] = []
    for _ in range(passes):
        for i in torch.randperm(len(x), generator=source, device=source.device).tolist():
            here = (x[i : i + 1] + change).clamp(0, 1)
            if int(training.predict(model, here).argmax()) == int(y[i]):
                change = _more(model, here, y[i : i + 1], change, eps, norm, candidates)
        there = (x + change).clamp(0, 1)
        rates.append(float((training.predict(model, there).argmax(1) != y).double().mean()))
        if rates[-1] >= enough:
            break
    return Universal(change[0], rates)


def _more(
    model: nn.Module, here: Tensor, y: Tensor, change: Tensor, eps: float, norm: Norm, likely: int
) -> Tensor:
    """The change plus what carries this picture across its nearest boundary, back in the ball."""
    across = cross_boundary(
        model, here, y, None, likely, norm="l2", steps=10, overshoot=0.1, box=True
    )
    moved = change + across - here
    if norm == "linf":
        return moved.clamp(-eps, eps)
    return moved * (eps / length(moved).clamp_min(max(eps, torch.finfo(moved.dtype).tiny)))
