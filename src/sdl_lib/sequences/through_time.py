"""How much of a gradient is left after it has travelled back through time."""

from collections.abc import Callable

import torch
from torch import Tensor

Step = Callable[[Tensor, Tensor], Tensor]


def gradient_norms(step: Step, x: Tensor, h: Tensor) -> Tensor:
    r"""Spectral norms of :math:`\partial h_T / \partial h_{T-k}` for the lags k = 0, ..., T.

    Parameters
    ----------
    step : maps (x_t, h) of shapes (inputs,) and (hidden,) to the next state (hidden,)
    x : Tensor, shape (T, inputs): one sequence
    h : Tensor, shape (hidden,): the state before it

    Returns
    -------
    Tensor, shape (T + 1,): the greatest factor by which a small change of the state, k steps ago,
    reaches the last one. The first entry is 1.

    Raises
    ------
    ValueError : if ``x`` is not one sequence or ``h`` not one state.

    References
    ----------
    Bengio, Simard & Frasconi (1994). Explained in
    :doc:`/book/fundamentals/sequences-and-attention`.
    """
    if x.ndim != 2:
        raise ValueError(f"x: expected one sequence (T, inputs), found shape {tuple(x.shape)}")
    if h.ndim != 1:
        raise ValueError(f"h: expected one state (hidden,), found shape {tuple(h.shape)}")
    slopes = []
    slope_of = torch.func.jacrev(step, argnums=1)
    with torch.no_grad():
        for x_t in x:
            slopes.append(slope_of(x_t, h))
            h = step(x_t, h)
        product = torch.eye(len(h), dtype=h.dtype, device=h.device)
        norms = [torch.linalg.matrix_norm(product, 2)]
        for slope in reversed(slopes):
            product = product @ slope
            norms.append(torch.linalg.matrix_norm(product, 2))
    return torch.stack(norms)
