"""The names of ImageNet's one thousand classes."""

from functools import cache
from pathlib import Path

from sdl_lib.data import passports


@cache
def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 class names of ILSVRC-2012, in the order of the networks' outputs.

    Each is the first name of its WordNet synset, so a few occur twice (two sorts of crane).

    References
    ----------
    Russakovsky et al. (2015). Passport: :doc:`/book/appendix/data-and-models`.
    """
    content = passports.shipped(Path(__file__).with_suffix(".txt"))
    return tuple(content.decode("utf-8").splitlines())
