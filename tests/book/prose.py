"""Find numbers that were typed into prose: they go stale when the code changes.

A number is fine where it is mathematics, glued from a cell, code, part of a word (LeNet5), a year,
or in a sentence with a citation. Small counts are written in words.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

_FRONT = re.compile(r"\A---\n.*?^---\n", re.S | re.M)
_OPENING = re.compile(r"([ \t]*)(`{3,}(?=[^`]*$)|~{3,}|:{3,})[ \t]*(.*)")
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}")
# directives whose body no reader sees as prose; the body of every other one is read
_NO_PROSE = {"code", "code-block", "code-cell", "raw-cell", "raw", "math", "toctree"}
_OPTION_LINE = re.compile(r"^[ \t]*:[\w-]+:[^\n]*$", re.M)
_HEADING = re.compile(r"^#{1,6} [^\n]*$", re.M)
_LABEL = re.compile(r"^\([\w:-]+\)=[ \t]*$", re.M)
_COMMENT = re.compile(r"^%[^\n]*$", re.M)
_EXERCISE_HEADER = re.compile(r"^\*Difficulty \d of 5 · \d+ minutes · [^*\n]+\*[ \t]*$", re.M)
_LIST_NUMBER = re.compile(r"^[ \t]*\d+[.)][ \t]", re.M)
_ROW_NUMBER = re.compile(r"^\|[ \t]*\d{1,2}[ \t]*(?=\|)", re.M)  # as of the weeks of a course
_DISPLAY_MATH = re.compile(r"\$\$.*?\$\$([ \t]*\([\w:-]+\))?", re.S)
_MATH = re.compile(r"(?<!\\)\$(?:[^$\n\\]|\\.)+(?:\n(?:[^$\n\\]|\\.)+)*?\$")
_LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)|<https?://[^>]*>|https?://\S+")
_CITE = re.compile(r"\{cite(:\w+)?\}`[^`]*`")
_ROLE_OR_CODE = re.compile(r"(\{[\w:-]+\})?`[^`]*`")
_SENTENCE = re.compile(r"(?<=[.!?])[\"')*_]*\s+(?=\S)|\n[ \t]*\n|\n(?=[ \t]*[-*|] ?)")
# digits that are no part of a word, as in LeNet5, L2, 28x28, MNIST-10k or 2-D
_NUMBER = re.compile(r"(?<![\w.\-])[-+−]?(\d[\d,.]*\d|\d|\.\d+)(?![\w]|-[A-Za-z])\s?%?")
# what is called after a number: a version, a licence, a homework, a digit in quotation marks
_NAMES = re.compile(r"\b(Python|CC BY(-SA)?|version|homework) \d[\d.]*|[\"“]\d+[\"”]")
_YEAR = re.compile(r"(1[89]|20)\d\d")


def naked_numbers(markdown: str) -> list[str]:
    """The numbers in ``markdown`` that nothing binds, each with its sentence."""
    text = "\n".join(_read(_FRONT.sub("", markdown).split("\n")))
    text = _DISPLAY_MATH.sub(" ", text)
    lines = (_OPTION_LINE, _HEADING, _LABEL, _COMMENT, _EXERCISE_HEADER)
    for pattern in lines:
        text = pattern.sub("\n", text)
    text = _ROW_NUMBER.sub("|", _LIST_NUMBER.sub("\n\n", text))
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


def _read(lines: Iterable[str]) -> Iterator[str]:
    """``lines`` without fences, and without the bodies of those that hold code."""
    rest = iter(lines)
    for line in rest:
        if opening := _OPENING.fullmatch(line):
            body, directive = _body(rest, *opening.group(1, 2)), _DIRECTIVE.match(opening[3])
            read = directive and directive[1] not in _NO_PROSE
            yield from ["", *(_read(body) if read else ()), ""]
        else:
            yield line


def _body(rest: Iterator[str], indent: str, marks: str) -> list[str]:
    """The lines up to the end of a fence: as many of its marks, or more, and nothing else.

    Fewer marks are text of the body, and so is a line that is indented by four more than the
    opening. A fence that does not end holds all that is left.
    """
    end = re.compile(rf"[ \t]{{0,{len(indent) + 3}}}{marks}{marks[0]}*[ \t]*")
    return list(takewhile(lambda line: not end.fullmatch(line), rest))
