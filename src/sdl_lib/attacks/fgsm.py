"""The fast gradient sign method: one step."""

from torch import Tensor, nn

from sdl_lib.attacks.gradient import ascent_direction, check_arguments


def fgsm(
    model: nn.Module, x: Tensor, y: Tensor, *, eps: float, target: Tensor | None = None
) -> Tensor:
    r"""One signed-gradient step: :math:`x' = \Pi_{[0,1]}(x + \epsilon\,\mathrm{sign}\,\nabla_x L)`.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes), in evaluation mode
    x : Tensor, shape (n, c, h, w) or (n, d), values in [0, 1]
    y : LongTensor, shape (n,): the labels whose cross-entropy :math:`L` rises
    eps : radius of the max-norm ball, in units of pixel value
    target : LongTensor, shape (n,): go down on the loss of these labels instead

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``: inside the ball (up to one rounding) and
    inside [0, 1].

    Raises
    ------
    ValueError : if ``x`` leaves [0, 1], batch sizes differ, a label is no class of the model,
        ``eps`` is negative, the model is in training mode, or its logits are not finite.

    References
    ----------
    Goodfellow, Shlens & Szegedy (2015). Explained in :doc:`/book/security/adversarial-examples`.
    """
    check_arguments(model, x, y, eps, target)
    if len(x) == 0:
        return x.detach().clone()
    direction, _ = ascent_direction(model, x, y, target)
    return (x.detach() + eps * direction.sign()).clamp(0, 1)
