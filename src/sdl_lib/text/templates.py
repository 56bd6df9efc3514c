"""Sentences from a template, in which each job meets each pronoun in a known share."""

import itertools
from collections.abc import Mapping, Sequence

from sdl_lib import validate


def fill_slots(
    shares: Mapping[str, float],
    *,
    repeats: int,
    pronouns: tuple[str, str] = ("she", "he"),
    **slots: Sequence[str],
) -> list[dict[str, str]]:
    """Each job with each combination of the other words, its pronouns in the share asked for.

    The design is complete: within every combination of the other slots exactly ``share * repeats``
    of ``repeats`` fillings have the first pronoun. So the pronoun depends on the job alone, and
    what a perfect model would learn is known without training one.

    Parameters
    ----------
    shares : job -> share of the first pronoun, in [0, 1]
    repeats : fillings for each job and combination; ``share * repeats`` must be whole
    pronouns : the two
    **slots : name of a slot -> the words that it takes

    Returns
    -------
    list of dict : ``job``, ``pronoun`` and each slot, ready for ``template.format(**filling)``

    Raises
    ------
    ValueError : if there is no job, a slot is empty or named as one of ours, or a share is out of
        range or cannot be had exactly.

    References
    ----------
    Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    validate.count(repeats, "repeats")
    if not shares:
        raise ValueError("shares: expected at least one job, found none")
    for name, words in slots.items():
        if name in ("job", "pronoun") or not words:
            raise ValueError(f"slots: expected words under a name of their own, found {name!r}")
    filled = []
    for job, share in shares.items():
        first = _whole(share, repeats, job)
        ours = [pronouns[0]] * first + [pronouns[1]] * (repeats - first)
        for words in itertools.product(*slots.values()):
            other = dict(zip(slots, words, strict=True))
            filled += [{"job": job, "pronoun": pronoun} | other for pronoun in ours]
    return filled


def _whole(share: float, repeats: int, job: str) -> int:
    if not 0 <= share <= 1:
        raise ValueError(f"shares: expected a share in [0, 1] for {job!r}, found {share}")
    count = round(share * repeats)
    if abs(count - share * repeats) > 1e-9:
        raise ValueError(
            f"repeats: expected a number of which {share} (of {job!r}) is a whole number, "
            f"found {repeats}"
        )
    return count
