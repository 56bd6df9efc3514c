"""Counterfactual data augmentation: beside each sentence, the one with its gender swapped."""

from collections.abc import Sequence

GENDER_PAIRS: tuple[tuple[str, str], ...] = (
    ("he", "she"),
    ("himself", "herself"),
    ("man", "woman"),
    ("men", "women"),
    ("boy", "girl"),
    ("boys", "girls"),
    ("father", "mother"),
    ("son", "daughter"),
    ("brother", "sister"),
    ("husband", "wife"),
    ("uncle", "aunt"),
    ("king", "queen"),
    ("actor", "actress"),
)

# After an object ("saw her and ...") comes the end, or one of these; after a possessive, a noun
_AFTER_OBJECT = (
    ". , ; : ! ? and or but to that at in on of for from with by as if when while because "
    "before after then now today yesterday is was again"
)
_NO_NOUN = frozenset(_AFTER_OBJECT.split())
_POSSESSIVE = {"his": "her", "her": "his"}
_ALONE = {"him": "her", "her": "him", "his": "hers", "hers": "his"}


def swap_gender(sentence: str, *, pairs: Sequence[tuple[str, str]] = GENDER_PAIRS) -> str:
    """The sentence with each gendered word exchanged for its partner.

    English has one *her* for *him* and for *his*. A rule decides: before a word that can begin a
    noun phrase, *her* and *his* are possessive; at the end, and before a word that cannot, they
    stand alone. Where the rule is right, swapping twice gives the sentence back. It has no
    grammar and can be wrong ("we fed her cat food").

    Parameters
    ----------
    sentence : words and punctuation separated by spaces; a capital at the start of a word is kept
    pairs : words to exchange, lower case, no word twice; the forms of *his* and *her* are known

    Raises
    ------
    ValueError : if a word stands in the pairs twice, or one of *him, his, her, hers* does.

    References
    ----------
    Lu et al. (2020). Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    partner = _partners(pairs)
    words = sentence.split()
    lower = [word.lower() for word in words]
    swapped = []
    for i, word in enumerate(lower):
        alone = i + 1 == len(lower) or lower[i + 1] in _NO_NOUN
        table = _POSSESSIVE if word in _POSSESSIVE and not alone else _ALONE
        new = partner.get(word) or table.get(word)
        capital = words[i][0].isupper()
        swapped.append(words[i] if new is None else new.capitalize() if capital else new)
    return " ".join(swapped)


def counterfactual_augmentation(
    sentences: Sequence[str], *, pairs: Sequence[tuple[str, str]] = GENDER_PAIRS
) -> list[str]:
    """All sentences, then all of them with the gender swapped: twice as many.

    A sentence without a gendered word is there twice, so that it keeps its weight. Where
    :func:`swap_gender` is its own inverse, the result is a text that swapping does not change:
    no word can go with *he* more often than with *she*.

    Parameters
    ----------
    sentences, pairs : as in :func:`swap_gender`

    References
    ----------
    Lu et al. (2020). Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    return [*sentences, *(swap_gender(sentence, pairs=pairs) for sentence in sentences)]


def _partners(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    partner: dict[str, str] = {}
    for a, b in pairs:
        for word, other in ((a, b), (b, a)):
            if word in partner or word in _ALONE or a == b:
                raise ValueError(
                    f"pairs: expected each word once and none of his/her, got {word!r}"
                )
            partner[word] = other
    return partner
