"""A sanity check: does a map notice when the network's weights are thrown away?"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib.attribution.gradient import check_arguments
from sdl_lib.attribution.rank_correlation import rank_correlation

# model, x (n, ...), y (n,) -> a map shaped as x
Attribute = Callable[[nn.Module, Tensor, Tensor], Tensor]


class Cascade(NamedTuple):
    """What :func:`cascading_randomisation` found, from the whole network to the last layer.

    ``layers[i]`` is the part that was randomised in step i, on top of all before it; step 0 is the
    untouched network. ``signed`` and ``absolute`` are rank correlations with its maps, shape
    (steps, n), and ``maps`` the maps themselves, shape (steps, n, ...).
    """

    layers: tuple[str, ...]
    signed: Tensor
    absolute: Tensor
    maps: Tensor


def cascading_randomisation(
    model: nn.Module,
    attribute: Attribute,
    x: Tensor,
    y: Tensor,
    *,
    layers: Sequence[str] | None = None,
    generator: torch.Generator | None = None,
) -> Cascade:
    """Re-initialise a network layer by layer, from the top down, and compare its maps.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes), in evaluation mode; it is copied, not changed
    attribute : an attribution method, such as :func:`saliency`
    x, y : as for :func:`saliency`
    layers : names of parts of the model, the top one first; default: every module that has
        parameters of its own, in the reverse of their order in the model
    generator : the source of the new weights; default: a new one with seed 0

    Returns
    -------
    Cascade : one step more than ``layers``.

    Raises
    ------
    ValueError : as :func:`saliency`, and if a layer does not exist or cannot be re-initialised.

    References
    ----------
    Adebayo et al. (2018). Explained in :doc:`/book/explanation/trusting-explanations`.
    """
    check_arguments(model, x, y)
    broken = deepcopy(model)
    parts = dict(broken.named_modules())
    names = _top_down(broken) if layers is None else tuple(layers)
    if unknown := [name for name in names if name not in parts]:
        raise ValueError(f"layers: the model has no part {', '.join(map(repr, unknown))}")
    source = generator or torch.Generator().manual_seed(0)
    maps = [attribute(broken, x, y)]
    for name in names:
        _reinitialise(parts[name], name, source)
        maps.append(attribute(broken, x, y))
    signed = torch.stack([rank_correlation(maps[0], m) for m in maps])
    absolute = torch.stack([rank_correlation(maps[0], m, absolute=True) for m in maps])
    return Cascade(("none", *names), signed, absolute, torch.stack(maps))


def _top_down(model: nn.Module) -> tuple[str, ...]:
    own = [name for name, m in model.named_modules() if any(True for _ in m.parameters(False))]
    return tuple(reversed(own))


def _reinitialise(part: nn.Module, name: str, generator: torch.Generator) -> None:
    """New weights as each module draws them at birth; nothing of the global chance is used up."""
    owners = [m for m in part.modules() if any(True for _ in m.parameters(False))]
    for owner in owners:
        if not callable(getattr(owner, "reset_parameters", None)):
            kind = type(owner).__name__
            raise ValueError(f"layers: {name!r} holds a {kind}, which has no reset_parameters()")
    seed = int(torch.randint(2**31, (), generator=generator, device=generator.device))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.default_generator.manual_seed(seed)
        for owner in owners:
            owner.reset_parameters()  # type: ignore[operator]
