"""A network cut in two: what a part of it computes, and what the rest makes of that."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import torch
from torch import Tensor, nn

from sdl_lib import validate

INPUT: Final = "<input>"  # the slice before the first layer
Heard = Callable[[Tensor], Tensor | None]


@contextmanager
def listen(model: nn.Module, heard: Mapping[str, Heard], *, name: str = "at") -> Iterator[None]:
    """Within it, each named part of ``model`` shows its output to a function.

    Parameters
    ----------
    model : not changed: the hooks are taken off at the end, also after an error
    heard : from a name, as in ``model.named_modules()``, to a function of the output; what it
        returns, if not ``None``, takes the place of the output
    name : of the argument that an error names

    Raises
    ------
    ValueError : if a part is unknown or returns no tensor.

    References
    ----------
    Explained in :doc:`/book/explanation/internal-influence`.
    """
    parts = dict(model.named_modules())
    hooks = []
    try:
        for at, function in heard.items():
            if at not in parts:
                raise ValueError(f"{name}: {at!r} is no part of {type(model).__name__}")
            hooks.append(parts[at].register_forward_hook(_hook(at, function, name)))
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _hook(at: str, function: Heard, name: str) -> Callable[..., Tensor | None]:
    def hook(_module: nn.Module, _inputs: object, output: object) -> Tensor | None:
        if not isinstance(output, Tensor):
            raise ValueError(f"{name}: {at!r} returns {type(output).__name__}, not a tensor")
        return function(output)

    return hook


class _After(nn.Module):
    """g of f = g after h: takes what h computes, and returns what f would return."""

    def __init__(self, model: nn.Module, at: str, x: Tensor) -> None:
        super().__init__()
        self.model, self.at = model, at
        self.register_buffer("x", x[:1].detach().clone(), persistent=False)
        self.train(model.training)

    def forward(self, z: Tensor) -> Tensor:
        """The output of the whole model where its part ``at`` has computed ``z``."""
        with listen(self.model, {self.at: lambda _output: z}):
            result: Tensor = self.model(self.get_buffer("x"))  # one example: it is not looked at
        return result


def after(model: nn.Module, at: str, x: Tensor) -> nn.Module:
    r"""The rest of a network after a cut: :math:`g` of :math:`f = g \circ h`.

    All that the output depends on must pass through the part: a cut inside a residual block
    leaves a way around it, on which ``x`` would be seen.

    Parameters
    ----------
    model : in evaluation mode; shared, not copied
    at : the last part of :math:`h`, as in ``model.named_modules()``
    x : Tensor, shape (n, ...), n > 0: any valid input, which the parts before the cut get

    Returns
    -------
    Module that maps :math:`z = h(x)`, shape (n, ...), to the output of ``model``.

    Raises
    ------
    ValueError : if the part is unknown, ``x`` is empty, the model is in training mode, or there
        is a way around the part.

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.eval_mode(model)
    if at not in dict(model.named_modules()):
        raise ValueError(f"at: {at!r} is no part of {type(model).__name__}")
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    _no_way_around(model, at, x[:1].detach())
    return _After(model, at, x)


def _no_way_around(model: nn.Module, at: str, x: Tensor) -> None:
    """Raise where the output still depends on ``x`` once the part's output is held fixed."""
    x = x.clone().requires_grad_()
    with torch.enable_grad(), listen(model, {at: lambda output: output.detach()}):
        output = model(x)
        if output.requires_grad:
            (slope,) = torch.autograd.grad(output.sum(), x, allow_unused=True)
            if slope is not None:
                raise ValueError(f"at: there is a way from x to the output around {at!r}")
