"""Change what a derivative is while a model runs, without touching the model."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_F = nn.functional
_RELUS = {_F.relu, _F.relu6, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_}


class Interception(TorchFunctionMode):
    """Sees every function of torch that is called inside, from a module or not.

    Hooks on modules would stay on the user's model if something broke, and would miss a
    functional ReLU.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        return self.call(func, *args, **(kwargs or {}))

    def call(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What to return in place of ``func(*args, **kwargs)``."""
        raise NotImplementedError  # abstract: each rule of propagation says what it does instead


def is_relu(func: Callable[..., Any], kwargs: dict[str, Any]) -> bool:
    """Whether the call rectifies: ReLU, or ReLU6, which torch writes as a clamp to [0, 6]."""
    return func in _RELUS or (func is _F.hardtanh and kwargs.get("min_val") == 0)
