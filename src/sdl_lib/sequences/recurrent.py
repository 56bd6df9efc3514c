"""Recurrent cells, one step each, by hand: the plain one, the GRU and the LSTM.

The weights have the names and shapes of torch's cells, so that
``gru_cell(x, h, **dict(cell.named_parameters()))`` is ``cell(x, h)``.
"""

import torch
from torch import Tensor


def rnn_cell(
    x: Tensor, h: Tensor, *, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor
) -> Tensor:
    r"""One step of a plain recurrent network: :math:`h' = \tanh(W x + b + U h + c)`.

    Parameters
    ----------
    x : Tensor, shape (n, inputs): what is read now
    h : Tensor, shape (n, hidden): the state so far
    weight_ih, weight_hh : :math:`W` (hidden, inputs) and :math:`U` (hidden, hidden)
    bias_ih, bias_hh : :math:`b` and :math:`c`, shape (hidden,)

    Returns
    -------
    Tensor, shape (n, hidden): the new state.

    Raises
    ------
    ValueError : if the shapes do not fit.

    References
    ----------
    Elman (1990). Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    _fit(x, h, weight_ih, weight_hh, gates=1)
    return torch.tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh)


def gru_cell(
    x: Tensor, h: Tensor, *, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor
) -> Tensor:
    r"""One step of a gated recurrent unit: :math:`h' = (1 - z)\,n + z\,h`.

    With the reset gate :math:`r`, the update gate :math:`z`, both sigmoids of :math:`x` and
    :math:`h`, and the candidate :math:`n = \tanh(W_n x + b_n + r\,(U_n h + c_n))`.

    Parameters
    ----------
    x, h : as in :func:`rnn_cell`
    weight_ih, weight_hh, bias_ih, bias_hh : three blocks of rows each, for r, z and n

    Returns
    -------
    Tensor, shape (n, hidden): the new state.

    Raises
    ------
    ValueError : if the shapes do not fit.

    References
    ----------
    Cho et al. (2014); the reset gate is applied after the product with :math:`U_n`, as in torch.
    Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    _fit(x, h, weight_ih, weight_hh, gates=3)
    x_r, x_z, x_n = (x @ weight_ih.T + bias_ih).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ weight_hh.T + bias_hh).chunk(3, dim=-1)
    r = torch.sigmoid(x_r + h_r)
    z = torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    return (1 - z) * n + z * h


def lstm_cell(
    x: Tensor,
    state: tuple[Tensor, Tensor],
    *,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
) -> tuple[Tensor, Tensor]:
    r"""One step of long short-term memory: :math:`c' = f\,c + i\,g`, :math:`h' = o \tanh c'`.

    Parameters
    ----------
    x : Tensor, shape (n, inputs)
    state : (h, c), each of shape (n, hidden): what is shown, and what is kept
    weight_ih, weight_hh, bias_ih, bias_hh : four blocks of rows each, for the gates i and f, the
        candidate g and the gate o

    Returns
    -------
    (h', c') : the new state.

    Raises
    ------
    ValueError : if the shapes do not fit.

    References
    ----------
    Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000). Explained in
    :doc:`/book/fundamentals/sequences-and-attention`.
    """
    h, c = state
    _fit(x, h, weight_ih, weight_hh, gates=4)
    if c.shape != h.shape:
        raise ValueError(
            f"state: expected two of one shape, found {tuple(h.shape)} and {tuple(c.shape)}"
        )
    i, f, g, o = (x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh).chunk(4, dim=-1)
    kept = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(kept), kept


def _fit(x: Tensor, h: Tensor, weight_ih: Tensor, weight_hh: Tensor, *, gates: int) -> None:
    if x.ndim == 0 or h.ndim == 0 or x.shape[:-1] != h.shape[:-1]:
        raise ValueError(
            f"h: expected one state for each x, found {tuple(h.shape)} and {tuple(x.shape)}"
        )
    rows = gates * h.shape[-1]
    if weight_ih.shape != (rows, x.shape[-1]):
        raise ValueError(
            f"weight_ih: expected shape {(rows, x.shape[-1])}, found {tuple(weight_ih.shape)}"
        )
    if weight_hh.shape != (rows, h.shape[-1]):
        raise ValueError(
            f"weight_hh: expected shape {(rows, h.shape[-1])}, found {tuple(weight_hh.shape)}"
        )
