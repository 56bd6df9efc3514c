"""The published word lists that studies of bias in word vectors use."""

import json
import lzma
from dataclasses import dataclass
from pathlib import Path

from sdl_lib.data import passports

Words = tuple[str, ...]


@dataclass(frozen=True)
class WeatTest:
    """Two sets of target words and two of attribute words, each with its name."""

    names: Words
    first_target: Words
    second_target: Words
    first_attribute: Words
    second_attribute: Words


@dataclass(frozen=True)
class WordLists:
    """What :func:`word_lists` returns; see there."""

    definitional: tuple[tuple[str, str], ...]
    equalise: tuple[tuple[str, str], ...]
    specific: Words
    professions: dict[str, float]
    percent_female: dict[str, float]
    weat: tuple[WeatTest, ...]
    analogies: dict[str, tuple[Words, ...]]


def word_lists() -> WordLists:
    """Lists of words on gender, association tests, and analogies.

    Returns
    -------
    definitional : 10 pairs of a female and a male word, such as (she, he)
    equalise : 52 pairs (male, female) that should differ in nothing but gender
    specific : 1,441 words whose meaning has a gender, such as *mother*
    professions : 320 words, each with crowd workers' rating of its stereotype, -1 female to 1 male
    percent_female : 40 occupations, each with the share of women in it in the United States
    weat : ten association tests; a test's words need not all have a vector
    analogies : kind -> questions (a, b, c, d), to be read "a is to b as c is to d"

    Raises
    ------
    DataError : if the shipped file is missing or damaged.

    References
    ----------
    Bolukbasi et al. (2016), Caliskan et al. (2017), Zhao et al. (2018), Mikolov et al. (2013).
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    lists = json.loads(lzma.decompress(passports.shipped(Path(__file__).with_suffix(".xz"))))
    tests = []
    for test in lists["weat"]:
        names, sides = zip(*test, strict=True)
        tests.append(WeatTest(tuple(names), *map(tuple, sides)))
    return WordLists(
        definitional=tuple((a, b) for a, b in lists["definitional"]),
        equalise=tuple((a, b) for a, b in lists["equalise"]),
        specific=tuple(lists["specific"]),
        professions=lists["professions"],
        percent_female=lists["percent_female"],
        weat=tuple(tests),
        analogies={kind: tuple(map(tuple, four)) for kind, four in lists["analogies"].items()},
    )
