"""AdaGAN: a mixture of GANs, each trained on what those before it left out."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.training import fit, predict


class Mixture(NamedTuple):
    """Generators, and how often each is asked."""

    generators: tuple[nn.Module, ...]
    weights: tuple[float, ...]
    latent: int

    @torch.no_grad()
    def sample(self, n: int, *, chance: torch.Generator) -> Tensor:
        """``n`` examples, shape (n, ...)."""
        shares = torch.tensor(self.weights)
        which = torch.multinomial(shares, n, replacement=True, generator=chance)
        counts = torch.bincount(which, minlength=len(self.weights)).tolist()
        parts = [
            generator(torch.randn(count, self.latent, generator=chance))
            for generator, count in zip(self.generators, counts, strict=True)
        ]
        return torch.cat(parts)


def adagan_weights(ratio: Tensor, *, beta: float) -> Tensor:
    r"""The weight of each real example for the next component.

    :math:`w_i=\tfrac1{n\beta}\bigl(\lambda-(1-\beta)\,r_i\bigr)_+` with :math:`r_i=p_g/p_d` at
    example i and the one :math:`\lambda` for which the weights sum to 1.

    Parameters
    ----------
    ratio : Tensor, shape (n,): density of the mixture so far over that of the data, at least 0
    beta : share of the next component in the new mixture, in (0, 1]

    Raises
    ------
    ValueError : for a negative ratio, no example, or a share outside (0, 1].

    References
    ----------
    Tolstikhin et al. (2017). Explained in :doc:`/book/security/gans-in-practice`.
    """
    if ratio.ndim != 1 or not len(ratio) or not bool((ratio >= 0).all() & ratio.isfinite().all()):
        raise ValueError("ratio: expected n finite numbers of at least 0, in shape (n,)")
    if not 0 < beta <= 1:
        raise ValueError(f"beta: expected a share in (0, 1], found {beta}")
    n, covered = len(ratio), (1 - beta) * ratio.double()
    lowest = covered.sort().values
    k = torch.arange(1, n + 1)
    levels = (n * beta + lowest.cumsum(0)) / k  # lambda, if exactly the k lowest have weight
    active = int((levels > lowest).sum())
    level = levels[active - 1]
    return ((level - covered).clamp(min=0) / (n * beta)).to(ratio.dtype)


def density_ratio(
    mixture: Tensor, data: Tensor, *, hidden: int = 64, epochs: int = 5, seed: int = 0
) -> Tensor:
    """Density of the mixture over that of the data, at each example of ``data``, shape (n,).

    A fresh discriminator of two hidden layers learns to tell the two apart; where it says "real"
    with probability D, the ratio is (1 - D) / D. No more than 20 is returned: such examples get
    no weight, and the estimate is poor there.
    """
    validate.finite_batch(mixture, "mixture")
    validate.finite_batch(data, "data")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        judge = nn.Sequential(
            nn.Linear(data.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        ).append(nn.Linear(hidden, 2))
    x = torch.cat([data, mixture])
    y = (torch.arange(len(x)) >= len(data)).long()
    chance = torch.Generator().manual_seed(seed)
    fit(judge, x, y, epochs=epochs, lr=3e-3, batch_size=256, generator=chance)
    logits = predict(judge, data)
    odds = (logits[:, 1] - logits[:, 0]).exp() * (len(data) / len(mixture))
    return odds.clamp(max=20)


def adagan(
    data: Tensor,
    train: Callable[[Tensor, int], nn.Module],
    *,
    rounds: int,
    latent: int,
    chance: torch.Generator,
) -> list[Mixture]:
    """The mixture after each round; in the t-th, the new component gets the share 1 / t.

    Parameters
    ----------
    data : Tensor, shape (n, d)
    train : of (examples drawn with the weights, round from 0), returns a generator
    rounds : how many components
    latent : numbers that each generator takes
    chance : of the resampling

    Raises
    ------
    ValueError : for bad data or counts below 1.

    References
    ----------
    Tolstikhin et al. (2017), with equal shares. Explained in
    :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(data, "data")
    validate.count(rounds, "rounds")
    validate.count(latent, "latent")
    found: list[Mixture] = []
    weights = torch.full((len(data),), 1 / len(data))
    parts: tuple[nn.Module, ...] = ()
    for t in range(rounds):
        if found:
            drawn = found[-1].sample(len(data), chance=chance)
            ratio = density_ratio(drawn, data, seed=t)
            weights = adagan_weights(ratio, beta=1 / (t + 1))
        rows = torch.multinomial(weights, len(data), replacement=True, generator=chance)
        parts = (*parts, train(data[rows], t))
        found.append(Mixture(parts, (1 / (t + 1),) * (t + 1), latent))
    return found
