"""Guided backpropagation: a gradient from which each ReLU drops what is negative."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from sdl_lib.attribution.gradient import check_arguments, input_gradient
from sdl_lib.attribution.interception import Interception, is_relu


def guided_backprop(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    r"""The gradient of the logit, with negative parts set to zero on the way back at each ReLU.

    Every ReLU and ReLU6 is guided, whether the model calls a module or a function.

    Parameters
    ----------
    model, x, y : as for :func:`saliency`

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``, signed.

    Raises
    ------
    ValueError : as :func:`saliency`, and if the model has no ReLU: there is nothing to guide.

    References
    ----------
    Springenberg et al. (2015). Explained in :doc:`/book/explanation/gradient-attribution`.
    """
    check_arguments(model, x, y)
    return input_gradient(model, x, y, inside=_Guided) if len(x) else x.detach().clone()


class _Guided(Interception):
    def __init__(self) -> None:
        super().__init__()
        self.met = False

    def call(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        output = func(*args, **kwargs)
        if is_relu(func, kwargs) and output.requires_grad:
            self.met = True
            output.register_hook(lambda gradient: gradient.clamp(min=0))
        return output

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        if kind is None and not self.met:
            raise ValueError("model: has no ReLU that guided backpropagation could guide")
