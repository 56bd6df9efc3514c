"""Toy models of superposition: more features than dimensions, if features are rare."""

from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate


class ToyModels(NamedTuple):
    """Several toy models: weights (r, hidden, features), biases (r, features), losses (r,)."""

    weight: Tensor
    bias: Tensor
    loss: Tensor

    @property
    def best(self) -> int:
        """The model with the lowest loss."""
        return int(self.loss.argmin())


def toy_inputs(features: int, *, sparsity: float, points: int = 256) -> tuple[Tensor, Tensor]:
    """Inputs whose features are zero with a probability, and otherwise uniform on [0, 1].

    Each of the 2 ** features patterns of zeros stands with its exact probability; within a
    pattern the values are a Sobol sequence. So there is no chance in it, and no rare pattern is
    missed.

    Parameters
    ----------
    features : 1 to 8
    sparsity : probability that a feature is zero, in [0, 1)
    points : values for the pattern without zeros; sparser patterns get fewer, at least 16

    Returns
    -------
    x : Tensor, shape (n, features), double
    weight : Tensor, shape (n,), double: probabilities, with the sum 1

    Raises
    ------
    ValueError : if a number is out of range.

    References
    ----------
    Elhage et al. (2022). Explained in :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    validate.count(features, "features")
    validate.count(points, "points", least=16)
    if features > 8:
        raise ValueError(f"features: expected at most 8, found {features}")
    if not 0 <= sparsity < 1:
        raise ValueError(f"sparsity: expected a number from 0 to below 1, found {sparsity}")
    parts, weights = [], []
    for pattern in product((0.0, 1.0), repeat=features):
        active = int(sum(pattern))
        n = points_of(active, features, points)
        chance = (1 - sparsity) ** active * sparsity ** (features - active)
        if chance > 0:
            # scrambled, with a seed of its own: the plain sequence begins with a corner
            sobol = torch.quasirandom.SobolEngine(features, scramble=True, seed=0)
            values = sobol.draw(n, dtype=torch.float64).round(decimals=4)  # short to write down
            parts.append(values * torch.tensor(pattern).double())
            weights.append(torch.full((n,), chance / n, dtype=torch.float64))
    return torch.cat(parts), torch.cat(weights)


def points_of(active: int, features: int, points: int = 256) -> int:
    """Points of :func:`toy_inputs` in a pattern with so many ``active`` features."""
    return max(16, points // 4 ** (features - active)) if active else 1


def toy_loss(
    weight: Tensor,
    bias: Tensor,
    x: Tensor,
    chance: Tensor,
    importance: Tensor,
    *,
    linear: bool = False,
) -> Tensor:
    r"""Weighted squared error of :math:`x'=\mathrm{ReLU}(W^\top Wx+b)`, shape (r,).

    ``weight`` (r, hidden, features) and ``bias`` (r, features) are r models side by side, ``x``
    (n, features) with probabilities ``chance`` (n,) their inputs, ``importance`` (features,)
    weighs the errors; ``linear`` leaves out the ReLU.
    """
    rebuilt = (x @ weight.mT) @ weight + bias[:, None]
    error = (rebuilt if linear else rebuilt.relu()) - x
    loss: Tensor = (error.square() @ importance) @ chance
    return loss


def train_toys(
    start: Tensor,
    *,
    sparsity: float,
    importance: Tensor,
    steps: int = 600,
    lr: float = 0.05,
    linear: bool = False,
) -> ToyModels:
    """Train one toy model from each start, with Adam; the last quarter slows down to a stop.

    Parameters
    ----------
    start : Tensor, shape (r, hidden, features): first weights of r models; biases start at 0
    sparsity : probability that a feature is zero
    importance : Tensor, shape (features,), positive: the weight of each feature's error
    steps, lr : steps of Adam and their size
    linear : without the ReLU

    Returns
    -------
    ToyModels : in double precision, with the loss over :func:`toy_inputs`.

    Raises
    ------
    ValueError : if a shape or number is out of range.

    References
    ----------
    Elhage et al. (2022). Explained in :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    if start.ndim != 3 or not start.is_floating_point() or start.numel() == 0:
        found = tuple(start.shape)
        raise ValueError(f"start: expected floats of shape (r, hidden, features), found {found}")
    features = start.shape[2]
    if importance.shape != (features,) or not bool((importance > 0).all()):
        raise ValueError(f"importance: expected {features} positive numbers, found {importance}")
    validate.count(steps, "steps")
    validate.radius(lr, "lr")
    x, chance = toy_inputs(features, sparsity=sparsity)
    importance = importance.double()
    weight = start.detach().clone().double().requires_grad_()
    bias = weight.new_zeros(len(start), features).requires_grad_()
    optimiser = torch.optim.Adam([weight, bias], lr=lr)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * min(1.0, 4 * (steps - step) / steps)
        loss = toy_loss(weight, bias, x, chance, importance, linear=linear)
        weight.grad, bias.grad = torch.autograd.grad(loss.sum(), [weight, bias])
        optimiser.step()
    weight, bias = weight.detach(), bias.detach()
    loss = toy_loss(weight, bias, x, chance, importance, linear=linear)
    return ToyModels(weight, bias, loss)


def kept(weight: Tensor, *, least: float = 0.5) -> Tensor:
    """How many features have a direction of length over ``least``, for (..., hidden, features)."""
    validate.radius(least, "least")
    count: Tensor = (weight.norm(dim=-2) > least).sum(-1)
    return count


def feature_dimensionality(weight: Tensor) -> Tensor:
    r"""The share of a dimension that each feature has to itself, shape (..., features).

    :math:`D_i=\lVert W_i\rVert^2/\sum_j(\hat W_i\cdot W_j)^2` with the unit vector
    :math:`\hat W_i`: 1 for a feature with a dimension of its own, 1/2 in an antipodal pair, 2/5
    in a pentagon, 0 for a feature without a direction.

    Parameters
    ----------
    weight : Tensor, shape (..., hidden, features), one column a feature

    References
    ----------
    Elhage et al. (2022). Explained in :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    gram = weight.mT @ weight
    square = gram.diagonal(dim1=-2, dim2=-1)
    shared = gram.square().sum(-1)
    return torch.where(shared > 0, square.square() / shared.clamp(min=1e-300), 0.0)
