"""Minibatch discrimination: the discriminator is told how alike the examples of a batch are."""

import torch
from torch import Tensor, nn

from sdl_lib import validate


def batch_similarity(projected: Tensor) -> Tensor:
    r""":math:`o_b(x_i)=\sum_{j\ne i}\exp(-\lVert M_{ib}-M_{jb}\rVert_1)`: company in the batch.

    Parameters
    ----------
    projected : Tensor, shape (n, b, c): for each example b rows of c numbers, the matrix M

    Returns
    -------
    Tensor, shape (n, b), from 0 (alone) to n - 1 (all examples are the same).

    Raises
    ------
    ValueError : for another shape, or values that are not finite.

    References
    ----------
    Salimans et al. (2016), whose sum also counts i itself. Explained in
    :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(projected, "projected")
    if projected.ndim != 3:
        raise ValueError(f"projected: expected shape (n, b, c), found {tuple(projected.shape)}")
    rows = projected.transpose(0, 1)
    return torch.exp(-torch.cdist(rows, rows, p=1)).sum(dim=2).T - 1


class MinibatchDiscrimination(nn.Module):
    """Features (n, f) to (n, f + rows): each example's features, and its company in the batch.

    Give it real and generated examples in separate batches. The first weights are drawn from
    torch's global source, as those of every layer. Explained in
    :doc:`/book/security/gans-in-practice`.
    """

    def __init__(self, features: int, *, rows: int = 8, columns: int = 4) -> None:
        for name, value in (("features", features), ("rows", rows), ("columns", columns)):
            validate.count(value, name)
        super().__init__()
        self.shape = (rows, columns)
        self.project = nn.Linear(features, rows * columns, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        company = batch_similarity(self.project(x).unflatten(1, self.shape))
        return torch.cat([x, company], dim=1)
