"""Hide a biased model from explanations that ask it about inputs nobody would send."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import Tensor

from sdl_lib import validate

Predict = Callable[[Tensor], Tensor]  # (n, d) -> (n,)
Explain = Callable[[Predict, Tensor], Tensor]  # the model to explain, one row (d,) -> weights


@dataclass(frozen=True)
class Scaffold:
    """A model with two faces; made by :func:`fool_lime_shap`, called like any model.

    ``biased`` answers for inputs that look like a person, ``innocuous`` for all others, and
    ``detector`` tells the one from the other.
    """

    biased: Predict
    innocuous: Predict
    detector: RandomForestClassifier

    def looks_real(self, x: Tensor) -> Tensor:
        """Which rows of ``x`` (n, d) the detector takes for a person: BoolTensor, shape (n,)."""
        if len(x) == 0:
            return torch.zeros(0, dtype=torch.bool)
        return torch.from_numpy(self.detector.predict(x.detach().cpu().double().numpy()) == 1)

    def __call__(self, x: Tensor) -> Tensor:
        """The answers, shape (n,), for ``x`` of shape (n, d)."""
        return torch.where(self.looks_real(x).to(x.device), self.biased(x), self.innocuous(x))


def fool_lime_shap(
    biased: Predict,
    innocuous: Predict,
    data: Tensor,
    explainers: Sequence[Explain],
    *,
    rows: int = 50,
    trees: int = 30,
    generator: torch.Generator | None = None,
) -> Scaffold:
    """Learn which inputs are an explainer's questions, and answer those innocently.

    The attacker runs the explainers on ``rows`` rows of own data, writes down what they ask, and
    trains a random forest to tell these inputs from real ones.

    Parameters
    ----------
    biased, innocuous : the model to hide and the one to show, each (n, d) to (n,)
    data : Tensor, shape (n, d): real inputs
    explainers : each explains a model at one row, as ``lambda predict, x: lime(predict, x, ...)``
    rows, trees : how many rows to explain; size of the forest
    generator : the source of rows and forest; default: a new one with seed 0

    Returns
    -------
    Scaffold : call it as a model.

    Raises
    ------
    ValueError : if ``data`` is not a finite table, or there are no explainers, or no questions.

    References
    ----------
    Slack et al. (2020). Explained in :doc:`/book/explanation/trusting-explanations`.
    """
    validate.finite_batch(data, "data")
    validate.count(rows, "rows")
    validate.count(trees, "trees")
    if data.ndim != 2 or len(data) == 0:
        raise ValueError(f"data: expected a table of shape (n, d), found {tuple(data.shape)}")
    source = generator or torch.Generator().manual_seed(0)
    data = data.detach()
    chosen = data[torch.randperm(len(data), generator=source)[:rows]]
    asked = [questions(explain, biased, row) for explain in explainers for row in chosen]
    fakes = _unlike(torch.cat(asked) if asked else data[:0], data)
    if len(fakes) == 0:
        raise ValueError("explainers: they ask about nothing but rows of the data")
    fakes = fakes[torch.randperm(len(fakes), generator=source)[: 2 * len(data)]]
    x = torch.cat([data, fakes]).cpu().double().numpy()
    real = np.repeat([1, 0], [len(data), len(fakes)])
    seed = int(torch.randint(2**31, (), generator=source))
    forest = RandomForestClassifier(
        trees, random_state=seed, class_weight="balanced", min_samples_leaf=2
    )
    return Scaffold(biased, innocuous, forest.fit(x, real))


def questions(explain: Explain, predict: Predict, x: Tensor) -> Tensor:
    """Every input, shape (m, d), that ``explain`` shows to ``predict`` to explain the row ``x``."""
    seen: list[Tensor] = []

    def listening(inputs: Tensor) -> Tensor:
        seen.append(inputs.detach().clone())
        return predict(inputs)

    explain(listening, x)
    return torch.cat(seen) if seen else x.new_zeros(0, len(x))


def _unlike(asked: Tensor, data: Tensor) -> Tensor:
    """Those of the questions that are no row of the data, each once."""
    known = {row.tobytes() for row in data.cpu().numpy()}
    unique = torch.unique(asked.cpu(), dim=0) if len(asked) else asked.cpu()
    fresh = [row.tobytes() not in known for row in unique.numpy()]
    return unique[torch.tensor(fresh, dtype=torch.bool)].to(data)
