"""Adversarial debiasing: a predictor that an adversary cannot read the group from."""

import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as logistic_loss

from sdl_lib import validate
from sdl_lib.fairness.attributes import binary
from sdl_lib.fairness.logistic import LinearScore
from sdl_lib.training import batches


def adversarial_debiasing(
    x: Tensor,
    y: ArrayLike | Tensor,
    group: ArrayLike | Tensor,
    *,
    criterion: str = "demographic parity",
    alpha: float = 1.0,
    epochs: int = 10,
    batch_size: int = 256,
    lr: float = 0.1,
    start: LinearScore | None = None,
    generator: torch.Generator,
) -> LinearScore:
    """Train a linear predictor against an adversary that guesses the group from its answer.

    The adversary sees the predictor's probability, for equalised odds the true label too. The
    predictor follows its own gradient, less its projection on the adversary's, less ``alpha``
    times the adversary's: it never helps the adversary, and a little it hurts it.

    Parameters
    ----------
    x : Tensor, shape (n, d), float
    y : the truth, shape (n,), 0 and 1 or booleans
    group : shape (n,), 0 and 1 or booleans: this method compares two groups
    criterion : "demographic parity" or "equalised odds"
    alpha : at least 0: how hard the adversary is fought
    epochs, batch_size : as usual
    lr : of both; it falls as one over the square root of the epoch
    start : a predictor to begin with, default: zero
    generator : the source of the shuffling

    Returns
    -------
    LinearScore : its sign decides; no group is asked

    Raises
    ------
    ValueError : if a shape or a value is wrong.

    References
    ----------
    Zhang, Lemoine & Mitchell (2018). Explained in :doc:`/book/fairness/mitigation`.
    """
    validate.finite_batch(x)
    validate.choice(criterion, ("demographic parity", "equalised odds"), "criterion")
    validate.radius(alpha, "alpha")
    validate.count(epochs, "epochs")
    validate.count(batch_size, "batch_size")
    truth = binary(y, "y", n=len(x)).double()
    whose = binary(group, "group", n=len(x)).double()
    rows = torch.cat([x.detach().double(), torch.ones(len(x), 1, dtype=torch.float64)], 1)
    theta = torch.zeros(rows.shape[1], dtype=torch.float64)
    theta = theta if start is None else torch.cat([start.weight, start.bias.view(1)])
    adversary = torch.zeros(3 if criterion == "equalised odds" else 2, dtype=torch.float64)
    for epoch in range(epochs):
        rate = lr / (1 + epoch) ** 0.5
        for chosen in batches(len(x), batch_size, generator=generator):
            own = theta.requires_grad_()
            guess = adversary.requires_grad_()
            answer = rows[chosen] @ own
            seen = [answer.sigmoid() - 0.5, torch.ones_like(answer), truth[chosen]]
            fault = logistic_loss(torch.stack(seen[: len(guess)], 1) @ guess, whose[chosen])
            loss = logistic_loss(answer, truth[chosen])
            (mine,) = torch.autograd.grad(loss, own, retain_graph=True)
            theirs, learn = torch.autograd.grad(fault, (own, guess))
            theta = (own - rate * projected(mine, theirs, alpha)).detach()
            adversary = (guess - rate * learn).detach()
    return LinearScore(theta[:-1], theta[-1])


def projected(own: Tensor, adversary: Tensor, alpha: float) -> Tensor:
    """The predictor's gradient (d,) without its part along the adversary's, less ``alpha`` of it.

    Equation 1 of Zhang et al. (2018).
    """
    square = float(adversary @ adversary)
    along = (own @ adversary) / square if square > 0 else 0.0
    return own - (along + alpha) * adversary
