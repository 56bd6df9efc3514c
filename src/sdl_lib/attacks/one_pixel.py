"""One pixel: its place and colour by differential evolution, a population at a time."""

import numpy as np
import torch
from scipy.optimize import differential_evolution
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.gradient import check_arguments, check_logits
from sdl_lib.attacks.square_attack import Asked
from sdl_lib.attacks.verdict import clearly_fooled, depth


def one_pixel(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    target: Tensor | None = None,
    pixels: int = 1,
    population: int = 80,
    generations: int = 20,
    generator: torch.Generator | None = None,
) -> Asked:
    """Evolve the place and the colour of one pixel (or a few) until the model errs.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`; ``x`` are pictures, no gradient is asked for
    pixels : so many are changed at once
    population : candidates a generation, rounded up to a multiple of their coordinates
    generations : at most so many after the first; an example that has fallen stops
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    x_adv : Tensor as ``x``; a row that failed is the row of ``x``, unchanged
    success : BoolTensor, shape (n,)
    queries : LongTensor, shape (n,): pictures that the model was shown, ``x`` included

    Raises
    ------
    ValueError : as :func:`fgsm`; if ``x`` are no pictures; for a bad setting.

    References
    ----------
    Su, Vargas & Sakurai (2019); Storn & Price (1997) for the evolution. Explained in
    :doc:`/book/security/black-box-and-sparse`.
    """
    check_arguments(model, x, y, None, target)
    validate.count(pixels, "pixels")
    validate.count(population, "population", least=5)
    validate.count(generations, "generations")
    if x.ndim != 4:
        raise ValueError(f"x: expected pictures (n, c, h, w), found shape {tuple(x.shape)}")
    x = x.detach()
    x_adv, queries = x.clone(), torch.ones(len(x), dtype=torch.int64, device=x.device)
    if len(x) == 0:
        return Asked(x_adv, queries.bool(), queries)
    source = generator or torch.Generator().manual_seed(0)
    success = clearly_fooled(check_logits(model, x, y, target), y, target)
    for i in (~success).nonzero().flatten().tolist():
        aim = None if target is None else target[i : i + 1]
        contest = _Contest(model, x[i : i + 1], y[i : i + 1], aim)
        seed = int(torch.randint(2**31 - 1, (1,), generator=source, device=source.device))
        _evolve(contest, pixels, population, generations, seed)
        queries[i] += contest.asked
        if contest.winner is not None:
            x_adv[i], success[i] = contest.winner, True
    return Asked(x_adv, success, queries)


def _evolve(
    contest: "_Contest", pixels: int, population: int, generations: int, seed: int
) -> None:
    """Differential evolution as in the paper: no crossover, weight one half."""
    channels, height, width = contest.x.shape[1:]
    just_below = 1 - 1e-9  # a place of exactly `height` would lie outside
    one = [(0, height * just_below), (0, width * just_below), *[(0, 1)] * channels]
    differential_evolution(
        contest.ask,
        one * pixels,
        strategy="rand1bin",
        maxiter=generations,
        popsize=-(-population // (len(one) * pixels)),
        mutation=0.5,
        recombination=1.0,
        tol=0.0,
        seed=np.random.default_rng(seed),
        polish=False,
        vectorized=True,
        updating="deferred",
        callback=contest.decided,
    )


class _Contest:
    """One example, what was asked about it, and the first candidate that fooled the model."""

    def __init__(self, model: nn.Module, x: Tensor, y: Tensor, target: Tensor | None) -> None:
        self.model, self.x, self.y, self.target = model, x, y, target
        self.asked = 0
        self.winner: Tensor | None = None

    def ask(self, genes: np.ndarray) -> np.ndarray:
        """Minus the depth beyond the boundary, for a column of genes a candidate."""
        pictures = self.draw(torch.from_numpy(np.ascontiguousarray(genes.T)))
        logits = training.predict(self.model, pictures)
        self.asked += len(pictures)
        y = self.y.expand(len(pictures))
        target = None if self.target is None else self.target.expand(len(pictures))
        score = depth(logits, y, target)
        best = int(score.argmax())
        if self.winner is None and bool(clearly_fooled(logits, y, target)[best]):
            self.winner = pictures[best]
        energy: np.ndarray = -score.double().cpu().numpy()
        return energy

    def draw(self, genes: Tensor) -> Tensor:
        """The picture once for each candidate, its pixels set."""
        _, channels, _, width = self.x.shape
        each = genes.view(len(genes), -1, 2 + channels)
        place = each[..., 0].long() * width + each[..., 1].long()
        colour = each[..., 2:].transpose(1, 2).to(self.x)
        at = place.unsqueeze(1).expand(-1, channels, -1).to(self.x.device)
        flat = self.x.flatten(2).expand(len(genes), -1, -1)
        return flat.scatter(2, at, colour).view(len(genes), *self.x.shape[1:])

    def decided(self, _: np.ndarray, convergence: float = 0.0) -> bool:
        """Stop the evolution once there is a winner."""
        return self.winner is not None
