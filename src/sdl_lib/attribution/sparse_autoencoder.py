"""A sparse autoencoder: many directions, few of them active at a time."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.representations import _finite_rows


@dataclass(frozen=True)
class SparseAutoencoder:
    """An encoder and a dictionary of directions; made by :func:`fit_sparse_autoencoder`.

    Attributes
    ----------
    dictionary : Tensor, shape (width, d): a direction of length 1 for each feature
    encoder, threshold : Tensors, shapes (width, d) and (width,)
    centre : Tensor, shape (d,)
    """

    dictionary: Tensor
    encoder: Tensor
    threshold: Tensor
    centre: Tensor

    def encode(self, h: Tensor) -> Tensor:
        """How strongly each feature is active, shape (n, width), never below zero."""
        _finite_rows(h, "h")
        if h.shape[1] != len(self.centre):
            raise ValueError(f"h: expected {len(self.centre)} columns, found {h.shape[1]}")
        return ((h - self.centre) @ self.encoder.T + self.threshold).relu()

    def decode(self, features: Tensor) -> Tensor:
        """The sum of the directions, each times its activity, and the centre: shape (n, d)."""
        return features @ self.dictionary + self.centre


def fit_sparse_autoencoder(
    h: Tensor,
    *,
    width: int,
    penalty: float,
    steps: int = 1500,
    batch_size: int = 256,
    lr: float = 3e-3,
    generator: torch.Generator,
) -> SparseAutoencoder:
    r"""Minimise :math:`\lVert h-\hat h\rVert_2^2+\lambda\lVert a\rVert_1` with Adam.

    :math:`a=\mathrm{ReLU}(E(h-c)+t)` are the features' activities and
    :math:`\hat h=D^\top a+c`; after each step the directions in :math:`D` are put back to length
    1, or the penalty could be escaped by long directions and small activities.

    Parameters
    ----------
    h : Tensor, shape (n, d), finite: activations, best scaled to a mean square length near 1
    width : features to look for, usually more than d
    penalty : :math:`\lambda`: higher means fewer features at a time, and a poorer copy
    steps, batch_size, lr : of the training; the rate falls to zero over the last fifth
    generator : the source of the first directions and of the batches

    Returns
    -------
    SparseAutoencoder : detached.

    Raises
    ------
    ValueError : if a shape or number is out of range, or ``h`` is not finite.

    References
    ----------
    Bricken et al. (2023); Cunningham et al. (2024). Explained in
    :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    _finite_rows(h, "h")
    validate.radius(penalty, "penalty")
    for number, name in ((width, "width"), (steps, "steps"), (batch_size, "batch_size")):
        validate.count(number, name)
    first = torch.randn(width, h.shape[1], generator=generator, dtype=h.dtype)
    dictionary = nn.functional.normalize(first).requires_grad_()
    encoder = dictionary.detach().clone().requires_grad_()
    threshold = h.new_zeros(width).requires_grad_()
    centre = h.detach().mean(0).requires_grad_()
    parts = [dictionary, encoder, threshold, centre]
    optimiser = torch.optim.Adam(parts, lr=lr)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * min(1.0, 5 * (steps - step) / steps)
        batch = h.detach()[torch.randint(len(h), (batch_size,), generator=generator)]
        active = ((batch - centre) @ encoder.T + threshold).relu()
        error = active @ dictionary + centre - batch
        loss = error.square().sum(1).mean() + penalty * active.sum(1).mean()
        for part, gradient in zip(parts, torch.autograd.grad(loss, parts), strict=True):
            part.grad = gradient
        optimiser.step()
        with torch.no_grad():
            dictionary /= dictionary.norm(dim=1, keepdim=True)
    return SparseAutoencoder(*(part.detach() for part in parts))
