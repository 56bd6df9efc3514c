"""Find numbers that were typed into prose: they go stale when the code changes.

A number is fine where it is mathematics, glued from a cell, code, part of a word (LeNet5), a year,
or in a sentence with a citation. Small counts are written in words.
"""

import re

_FRONT = re.compile(r"\A---\n.*?^---\n", re.S | re.M)
_CODE = re.compile(r"^(`{3,}|~{3,})(?!\{)[^\n]*\n.*?^\1[ \t]*$", re.S | re.M)
_CODE_CELL = re.compile(
    r"^(`{3,})\{(code-cell|raw-cell|code-block|code)\}.*?^\1[ \t]*$", re.S | re.M
)
_DIRECTIVE_LINE = re.compile(r"^[ \t]*(`{3,}|:{3,})(\{[^}]*\}[^\n]*)?$", re.M)
_OPTION_LINE = re.compile(r"^[ \t]*:[\w-]+:[^\n]*$", re.M)
_HEADING = re.compile(r"^#{1,6} [^\n]*$", re.M)
_LABEL = re.compile(r"^\([\w:-]+\)=[ \t]*$", re.M)
_COMMENT = re.compile(r"^%[^\n]*$", re.M)
_EXERCISE_HEADER = re.compile(r"^\*Difficulty \d of 5 · \d+ minutes · [^*\n]+\*[ \t]*$", re.M)
_LIST_NUMBER = re.compile(r"^[ \t]*\d+[.)][ \t]", re.M)
_DISPLAY_MATH = re.compile(r"\$\$.*?\$\$([ \t]*\([\w:-]+\))?", re.S)
_MATH = re.compile(r"\$[^$\n]+(?:\n[^$\n]+)*?\$")
_LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)|<https?://[^>]*>|https?://\S+")
_CITE = re.compile(r"\{cite(:\w+)?\}`[^`]*`")
_ROLE_OR_CODE = re.compile(r"(\{[\w:-]+\})?`[^`]*`")
_SENTENCE = re.compile(r"(?<=[.!?])[\"')*_]*\s+(?=\S)|\n[ \t]*\n|\n(?=[ \t]*[-*|] ?)")
# digits that are no part of a word, as in LeNet5, L2, 28x28, MNIST-10k or 2-D
_NUMBER = re.compile(r"(?<![\w.\-])[-+−]?(\d[\d,.]*\d|\d|\.\d+)(?![\w]|-[A-Za-z])\s?%?")
# what is called after a number: a version, a licence, a digit in quotation marks
_NAMES = re.compile(r"\b(Python|CC BY(-SA)?|version) \d[\d.]*|[\"“]\d+[\"”]")
_YEAR = re.compile(r"(1[89]|20)\d\d")


def naked_numbers(markdown: str) -> list[str]:
    """The numbers in ``markdown`` that nothing binds, each with its sentence."""
    text = _FRONT.sub("", markdown)
    for pattern in (_CODE_CELL, _CODE, _DISPLAY_MATH):
        text = pattern.sub(" ", text)
    lines = (_DIRECTIVE_LINE, _OPTION_LINE, _HEADING, _LABEL, _COMMENT, _EXERCISE_HEADER)
    for pattern in lines:
        text = pattern.sub("\n", text)
    text = _LIST_NUMBER.sub("\n\n", text)
    found = []
    for sentence in _SENTENCE.split(text):
        if sentence and not _CITE.search(sentence):
            bare = sentence
            for pattern in (_MATH, _LINK, _ROLE_OR_CODE, _NAMES):
                bare = pattern.sub(" ", bare)
            numbers = [match[0].strip() for match in _NUMBER.finditer(bare)]
            words = " ".join(sentence.split())
            found += [f"{n} in: {words}" for n in numbers if not _YEAR.fullmatch(n.rstrip(".,"))]
    return found
