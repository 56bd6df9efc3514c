"""Saliency: the gradient itself."""

from torch import Tensor, nn

from sdl_lib.attribution.gradient import check_arguments, input_gradient


def saliency(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    r"""How fast the logit of ``y`` rises with each input: :math:`\nabla_x f_y(x)`, signed.

    The paper shows the absolute value, the largest of the colour channels:
    ``saliency(...).abs().amax(1)``.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes), in evaluation mode
    x : Tensor of floats, shape (n, ...)
    y : LongTensor, shape (n,): the classes whose logits are explained

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``; logits per unit of ``x``.

    Raises
    ------
    ValueError : if ``x`` is not finite, batch sizes differ, a label is no class of the model,
        the model is in training mode, or its logits are not finite.

    References
    ----------
    Simonyan, Vedaldi & Zisserman (2014). Explained in
    :doc:`/book/explanation/gradient-attribution`.
    """
    check_arguments(model, x, y)
    return input_gradient(model, x, y) if len(x) else x.detach().clone()
