"""All networks that the library ships, by name."""

from collections.abc import Sequence

from experiments.weights import (
    captions,
    census,
    cycle,
    dcgan,
    defences,
    digits,
    hatch,
    heads,
    letters,
    scans,
    signs,
    speech,
    swap,
)
from experiments.weights.recipe import Recipe

FAMILIES = (
    digits, letters, census, speech, signs, scans, defences,
    dcgan, cycle, captions, hatch, heads, swap,
)  # fmt: skip
RECIPES: dict[str, Recipe] = {
    name: recipe for family in FAMILIES for name, recipe in family.RECIPES.items()
}


def waves(names: Sequence[str]) -> list[list[str]]:
    """First those that others among ``names`` need, so that these meet them as shipped."""
    needed = {need for name in names for need in RECIPES[name].needs}
    first = [name for name in names if name in needed]
    return [wave for wave in (first, [name for name in names if name not in needed]) if wave]
