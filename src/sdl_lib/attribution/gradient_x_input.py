"""Gradient times input: what each input contributes to a linear model."""

from torch import Tensor, nn

from sdl_lib.attribution.saliency import saliency


def gradient_x_input(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    r"""The products :math:`x_i\,\partial f_y/\partial x_i`.

    For a linear model they sum to the logit less its bias; for others, to nothing in particular.

    Parameters
    ----------
    model, x, y : as for :func:`saliency`

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``, signed, in units of the logit.

    Raises
    ------
    ValueError : as :func:`saliency`.

    References
    ----------
    Shrikumar, Greenside & Kundaje (2017), section 2. Explained in
    :doc:`/book/explanation/gradient-attribution`.
    """
    return x.detach() * saliency(model, x, y)
