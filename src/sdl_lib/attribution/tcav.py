"""Testing with concept activation vectors: what an idea given by examples does to a class."""

from dataclasses import dataclass

import torch
from scipy.stats import ttest_ind
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.representations import _finite_rows, _parts, activations, linear_probe, pooled


def concept_direction(concept: Tensor, counter: Tensor, *, penalty: float = 0.1) -> Tensor:
    """The unit normal of a linear classifier, from the counterexamples towards the concept.

    Parameters
    ----------
    concept, counter : Tensors, shapes (m, d) and (r, d): activations of the examples of the
        concept and of the random examples that it is told from
    penalty : of :func:`sdl_lib.representations.linear_probe`, which is the classifier

    Returns
    -------
    Tensor, shape (d,), double, of length 1: the concept activation vector.

    Raises
    ------
    ValueError : if shapes differ, a number is not finite, or nothing tells the two sets apart.

    References
    ----------
    Kim et al. (2018). Explained in :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    _finite_rows(concept, "concept")
    _finite_rows(counter, "counter")
    if concept.shape[1] != counter.shape[1]:
        raise ValueError(
            f"counter: expected {concept.shape[1]} columns as in concept, found {counter.shape[1]}"
        )
    is_concept = torch.cat([torch.zeros(len(counter)), torch.ones(len(concept))]).long()
    probe = linear_probe(torch.cat([counter, concept]), is_concept, penalty=penalty)
    direction: Tensor = (probe.weight[:, 1] - probe.weight[:, 0]) / probe.scale
    length = float(direction.norm())
    if length == 0:
        raise ValueError("concept: its activations have the same mean as those of counter")
    return direction / length


def layer_gradient(
    model: nn.Module, x: Tensor, y: Tensor, *, layer: str, batch_size: int = 32
) -> Tensor:
    r"""How the logit of ``y`` changes with each channel of a layer, raised everywhere at once.

    :math:`\sum_p\partial f_y/\partial h_{cp}`, the sum over positions p; for a layer without
    positions it is the gradient itself.

    Parameters
    ----------
    model : in evaluation mode, returning logits (n, K)
    x : Tensor, shape (n, ...)
    y : LongTensor, shape (n,)
    layer : name of a part of the model with outputs (n, c) or (n, c, h, w)
    batch_size : examples at a time

    Returns
    -------
    Tensor, shape (n, c), detached.

    Raises
    ------
    ValueError : if a name, shape or label is wrong, ``x`` is empty, the logits do not depend on
        the layer, or the model is in training mode.

    References
    ----------
    Kim et al. (2018). Explained in :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    validate.eval_mode(model)
    validate.count(batch_size, "batch_size")
    part = _parts(model, [layer])[layer]
    validate.labels(y, len(x))
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    chunks = zip(x.detach().split(batch_size), y.split(batch_size), strict=True)
    return torch.cat([_chunk_gradient(model, part, *chunk) for chunk in chunks])


def _chunk_gradient(model: nn.Module, part: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    cuts: list[Tensor] = []

    def cut(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        # what comes before the layer needs no gradient: half the work of a backward pass
        cuts.append(output.detach().requires_grad_())
        return cuts[-1].clone()  # a later part may work in place

    hook = part.register_forward_hook(cut)
    try:
        with torch.enable_grad():
            logits = model(x)
    finally:
        hook.remove()
    validate.logits(logits, len(x))
    validate.labels(y, len(x), logits.shape[1])
    chosen = logits.gather(1, y[:, None]).sum()
    (gradient,) = torch.autograd.grad(chosen, cuts[0], allow_unused=True)
    if gradient is None:
        raise ValueError("layer: the logits do not depend on it")
    return gradient.flatten(2).sum(2) if gradient.ndim > 2 else gradient


def conceptual_sensitivity(gradient: Tensor, direction: Tensor) -> Tensor:
    """Directional derivatives, shape (n,): each row of ``gradient`` (n, c) times ``direction``."""
    _finite_rows(gradient, "gradient")
    if direction.shape != gradient.shape[1:]:
        raise ValueError(
            f"direction: expected shape ({gradient.shape[1]},), found {tuple(direction.shape)}"
        )
    return gradient.double() @ direction.double()


def tcav_score(sensitivities: Tensor) -> float:
    """The share of inputs, shape (n,), whose directional derivative is above zero."""
    if sensitivities.ndim != 1 or len(sensitivities) == 0:
        found = tuple(sensitivities.shape)
        raise ValueError(f"sensitivities: expected shape (n,), n at least 1, found {found}")
    return float((sensitivities > 0).double().mean())


@dataclass(frozen=True)
class Tcav:
    """Scores of a concept over draws of counterexamples, and of random sets in its place.

    Attributes
    ----------
    scores : Tensor, shape (draws,), of the concept
    null : Tensor, shape (concepts, draws), of random sets that are treated as concepts
    """

    scores: Tensor
    null: Tensor

    @property
    def score(self) -> float:
        """The mean over the draws."""
        return float(self.scores.mean())

    @property
    def p_value(self) -> float:
        """Share of random concepts whose mean score is as far from their average, or farther."""
        means = self.null.mean(1)
        centre = means.mean()
        farther = (means - centre).abs() >= (self.scores.mean() - centre).abs()
        return (1 + int(farther.sum())) / (1 + len(means))

    @property
    def t_test(self) -> float:
        """The published test: Welch's t between the scores and one score a random concept."""
        return float(ttest_ind(self.scores, self.null[:, 0], equal_var=False).pvalue)


def concept_directions(
    concept: Tensor,
    random: Tensor,
    *,
    draws: int = 10,
    penalty: float = 0.1,
    generator: torch.Generator,
) -> Tensor:
    """The concept's direction, each time told from another random sample of its own size.

    Parameters
    ----------
    concept : Tensor, shape (m, c): pooled activations of the concept's examples
    random : Tensor, shape (r, c), r at least m: pooled activations of random examples
    draws : samples of counterexamples
    penalty : see :func:`concept_direction`
    generator : the source of the samples

    Returns
    -------
    Tensor, shape (draws, c), double.

    Raises
    ------
    ValueError : if a shape or number is out of range, or ``random`` is too small.
    """
    validate.count(draws, "draws")
    size = len(concept)
    if len(random) < size:
        raise ValueError(f"random: expected at least {size} examples, found {len(random)}")
    found = []
    for _ in range(draws):
        chosen = torch.randperm(len(random), generator=generator)[:size]
        found.append(concept_direction(concept, random[chosen], penalty=penalty))
    return torch.stack(found)


def random_directions(
    random: Tensor,
    *,
    size: int,
    concepts: int = 99,
    draws: int = 10,
    penalty: float = 0.1,
    generator: torch.Generator,
) -> Tensor:
    """What chance does: random samples in the place of a concept, treated just like one.

    Parameters
    ----------
    random : Tensor, shape (r, c), r at least twice ``size``
    size : examples of the concept that these are to be compared with
    concepts, draws, penalty, generator : see :func:`concept_directions`

    Returns
    -------
    Tensor, shape (concepts, draws, c), double.

    Raises
    ------
    ValueError : if a shape or number is out of range, or ``random`` is too small.
    """
    validate.count(concepts, "concepts", least=2)
    validate.count(size, "size")
    if len(random) < 2 * size:
        raise ValueError(f"random: expected at least {2 * size} examples, found {len(random)}")
    found = []
    for _ in range(concepts):
        order = torch.randperm(len(random), generator=generator)
        found.append(
            concept_directions(
                random[order[:size]],
                random[order[size:]],
                draws=draws,
                penalty=penalty,
                generator=generator,
            )
        )
    return torch.stack(found)


def tcav(gradient: Tensor, directions: Tensor, null: Tensor) -> Tcav:
    """Score a concept, and the random sets that show what chance does.

    Parameters
    ----------
    gradient : Tensor, shape (n, c), of :func:`layer_gradient` for the inputs in question
    directions : Tensor, shape (draws, c), of :func:`concept_directions`
    null : Tensor, shape (concepts, draws, c), of :func:`random_directions`

    Returns
    -------
    Tcav : its ``p_value`` compares like with like; ``t_test`` is the published test.

    Raises
    ------
    ValueError : if the shapes do not agree.

    References
    ----------
    Kim et al. (2018). Explained in :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    _finite_rows(gradient, "gradient")
    if directions.ndim != 2 or directions.shape[1] != gradient.shape[1]:
        found = tuple(directions.shape)
        raise ValueError(f"directions: expected shape (draws, {gradient.shape[1]}), found {found}")
    if null.ndim != 3 or null.shape[1:] != directions.shape:
        raise ValueError(
            f"null: expected shape (concepts, {directions.shape[0]}, {directions.shape[1]}), "
            f"found {tuple(null.shape)}"
        )
    rises = gradient.double()
    scores = ((rises @ directions.mT) > 0).double().mean(0)
    return Tcav(scores, ((rises @ null.mT) > 0).double().mean(1))


def pooled_activations(model: nn.Module, x: Tensor, *, layer: str) -> Tensor:
    """Means over the positions of a layer, shape (n, c): what concepts are told apart by."""
    return activations(model, x, at=[layer], reduce=pooled)[layer]
