"""Short reviews, bad and good, made from templates and a lexicon of our own: nobody wrote them."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import torch

THINGS = {
    "film": ("film", "plot", "series", "novel", "musical"),
    "product": ("charger", "keyboard", "camera", "lamp", "printer"),
    "food": ("soup", "curry", "bread", "stew", "pizza"),
    "drink": ("beer", "lemonade", "cider", "juice", "cola"),
}
# what is bad of one kind of thing may be good of another: cold soup, cold beer
BAD = {
    "film": ("dull", "clumsy", "predictable"),
    "product": ("flimsy", "slow", "unpredictable"),
    "food": ("bland", "stale", "cold"),
    "drink": ("flat", "sour", "warm"),
}
GOOD = {
    "film": ("gripping", "clever", "unpredictable"),
    "product": ("sturdy", "fast", "predictable"),
    "food": ("tasty", "fresh", "warm"),
    "drink": ("fizzy", "sweet", "cold"),
}
ANYTHING = (("terrible", "poor", "awful"), ("great", "good", "lovely"))
SLOTS = {
    "verb": (("hate", "regret", "dislike"), ("love", "enjoy", "like")),
    "mood": (("sadly", "unfortunately"), ("luckily", "fortunately")),
    "again": (("never",), ("gladly",)),
    "worth": (("not",), ("well",)),
}
CONTENT = {
    "who": ("aunt", "brother", "neighbour", "cousin", "boss"),
    "when": ("today", "yesterday", "again", "on monday", "last week"),
    "where": ("next door", "in town", "at work", "at home"),
}
TEMPLATES = (
    "the {thing} was {adjective} {when}",
    "the {thing} {where} is {adjective}",
    "{mood} the {thing} was {adjective}",
    "i {verb} the {thing} {where}",
    "my {who} says the {thing} is {adjective}",
    "we will {again} buy this {thing} {where}",
    "the {thing} {where} is {worth} worth it",
    "my {who} got the {adjective} {thing} {when}",
    "what {adjective} {thing} {where} i {verb} it",
)
LENGTH = 9


class Reviews(NamedTuple):
    """Sentences of both moods; each has its own things, people and places, so none is paired."""

    bad: list[str]
    good: list[str]
    test_bad: list[str]
    test_good: list[str]


def reviews(*, size: int = 2000, test: int = 300, seed: int = 0) -> Reviews:
    """Bad and good reviews without pairs: no sentence has its counterpart in the other corpus.

    A context is a template with its thing, person, time and place. Each context is dealt to one
    of four hands (bad and good, to train and to test), and only then is a mood put into it.

    Parameters
    ----------
    size, test : sentences of each mood, to train on and to test with
    seed : of the deal and of the words

    Raises
    ------
    ValueError : if more sentences are wanted than there are contexts for.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    chance = torch.Generator().manual_seed(seed)
    contexts = list(_contexts())
    order = torch.randperm(len(contexts), generator=chance).tolist()
    hands: list[list[str]] = []
    for want, mood in ((size, 0), (size, 1), (test, 0), (test, 1)):
        hand: list[str] = []
        share = len(contexts) * want // (2 * (size + test)) if want > 0 else 0
        dealt, order = order[:share], order[share:]
        for place in dealt:
            context, kind = contexts[place]
            hand += _moods(context, kind, mood)
        if want < 1 or len(hand) < want:
            raise ValueError(f"size, test: expected 1 to {len(hand)} sentences, found {want}")
        keep = torch.randperm(len(hand), generator=chance)[:want].tolist()
        hands.append([hand[i] for i in keep])
    return Reviews(*hands)


def grammar(mood: str) -> frozenset[str]:
    """All sentences of a mood, "bad" or "good": what a perfect reader would accept.

    Raises
    ------
    ValueError : for another mood.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    if mood not in ("bad", "good"):
        raise ValueError(f"mood: expected bad or good, found {mood!r}")
    side = ("bad", "good").index(mood)
    return frozenset(s for context, kind in _contexts() for s in _moods(context, kind, side))


def mood_words() -> frozenset[str]:
    """The words that carry a mood; all others are content.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    pairs = [ANYTHING, *SLOTS.values()]
    kinds = [*BAD.values(), *GOOD.values()]
    return frozenset(itertools.chain(*kinds, *(side for pair in pairs for side in pair)))


def double_edged() -> frozenset[str]:
    """The words that are bad of one kind of thing and good of another: cold soup, cold beer.

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """
    bad, good = (set(itertools.chain(*side.values())) for side in (BAD, GOOD))
    return frozenset(bad & good)


def _contexts() -> Iterator[tuple[str, str]]:
    """Each template with its content filled in, and the kind of the thing."""
    for template, (kind, things) in itertools.product(TEMPLATES, THINGS.items()):
        for thing in things:
            names = [name for name in CONTENT if "{" + name + "}" in template]
            for words in itertools.product(*(CONTENT[name] for name in names)):
                filled = template.replace("{thing}", thing)
                for name, word in zip(names, words, strict=True):
                    filled = filled.replace("{" + name + "}", word)
                yield filled, kind


def _moods(context: str, kind: str, side: int) -> Iterator[str]:
    """The sentences of a mood in a context, padded with full stops to one length."""
    slots = {name: pair[side] for name, pair in SLOTS.items()}
    slots["adjective"] = (BAD, GOOD)[side][kind] + ANYTHING[side]
    names = [name for name in slots if "{" + name + "}" in context]
    for words in itertools.product(*(slots[name] for name in names)):
        tokens = context.format(**dict(zip(names, words, strict=True))).split()
        yield " ".join(tokens + ["."] * (LENGTH - len(tokens)))
