"""Scaled dot-product attention, with a causal mask and with several heads, by hand."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate


class Attended(NamedTuple):
    """What attention returns, and the weights with which it was mixed."""

    output: Tensor
    weights: Tensor


def causal_mask(length: int) -> Tensor:
    """True where place ``row`` may look at place ``column``: at itself and at what is before it."""
    validate.count(length, "length")
    return torch.ones(length, length, dtype=torch.bool).tril()


def attention(query: Tensor, key: Tensor, value: Tensor, *, causal: bool = False) -> Attended:
    r"""A soft look-up: :math:`A V` with :math:`A = \mathrm{softmax}(Q K^\top / \sqrt{d})`.

    Parameters
    ----------
    query : Tensor, shape (..., T, d)
    key : Tensor, shape (..., S, d)
    value : Tensor, shape (..., S, e)
    causal : place t looks at places up to t alone; needs T = S

    Returns
    -------
    output : Tensor, shape (..., T, e)
    weights : Tensor, shape (..., T, S): each row is not negative and sums to 1

    Raises
    ------
    ValueError : if the shapes do not fit.

    References
    ----------
    Vaswani et al. (2017). Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    _fit(query, key, value, causal)
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    if causal:
        mask = causal_mask(scores.shape[-1]).to(scores.device)
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(-1)
    return Attended(weights @ value, weights)


def multi_head_attention(
    x: Tensor,
    *,
    heads: int,
    in_proj_weight: Tensor,
    in_proj_bias: Tensor,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor,
    causal: bool = True,
) -> Attended:
    """Self-attention with several heads, each on its own part of the width.

    Parameters
    ----------
    x : Tensor, shape (n, T, width)
    heads : how many; must divide the width
    in_proj_weight, in_proj_bias : (3 width, width) and (3 width,): query, key, value, as in torch
    out_proj_weight, out_proj_bias : (width, width) and (width,): mixes what the heads found
    causal : as in :func:`attention`

    Returns
    -------
    output : Tensor, shape (n, T, width)
    weights : Tensor, shape (n, heads, T, T)

    Raises
    ------
    ValueError : if the shapes do not fit.

    References
    ----------
    Vaswani et al. (2017). Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    validate.count(heads, "heads")
    if x.ndim != 3 or x.shape[-1] % heads:
        raise ValueError(
            f"x: expected (n, T, width), the width a multiple of {heads}; found {tuple(x.shape)}"
        )
    width = x.shape[-1]
    if in_proj_weight.shape != (3 * width, width):
        raise ValueError(
            f"in_proj_weight: expected shape {(3 * width, width)}, "
            f"found {tuple(in_proj_weight.shape)}"
        )
    parts = (x @ in_proj_weight.T + in_proj_bias).chunk(3, dim=-1)
    query, key, value = (p.unflatten(-1, (heads, -1)).transpose(1, 2) for p in parts)
    found = attention(query, key, value, causal=causal)
    joined = found.output.transpose(1, 2).flatten(2)
    return Attended(joined @ out_proj_weight.T + out_proj_bias, found.weights)


def _fit(query: Tensor, key: Tensor, value: Tensor, causal: bool) -> None:
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise ValueError("query, key, value: expected shapes (..., length, width)")
    if key.shape[-1] != query.shape[-1]:
        raise ValueError(
            f"key: expected width {query.shape[-1]}, as the query has, found {key.shape[-1]}"
        )
    if value.shape[-2] != key.shape[-2]:
        raise ValueError(
            f"value: expected {key.shape[-2]} places, as the key has, found {value.shape[-2]}"
        )
    if causal and query.shape[-2] != key.shape[-2]:
        raise ValueError(
            f"causal: expected as many queries as keys, found {query.shape[-2]} and {key.shape[-2]}"
        )
