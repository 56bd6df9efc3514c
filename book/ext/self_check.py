"""The directive ``{self-check}``: questions to choose from, every answer with its reason.

Its body is plain text. A line's first character says what begins there; further lines of it are
indented::

    ? What does the gradient of the loss point to?
    + Where the loss grows fastest.
      : To first order, among all steps of one length.
    - To the nearest minimum.
      : Not even its opposite does, unless the bowl is round.
    - To the nearest example of another class.
      : The gradient knows one input, and no other example.

Answers are folds, which a browser opens by mouse and by keyboard without any script; a script only
counts. Their order is drawn, once and for all, from the question.
"""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

_LINE = re.compile(r"^(?:([?+-])|\s+(:)|\s+)\s*(\S.*)$")
RIGHT, WRONG = "✓ Right.", "✗ Not so."


@dataclass
class Answer:
    """One answer, and why it is right or wrong."""

    right: bool
    text: str
    why: str = ""


@dataclass
class Question:
    """A question with one right answer and at least two others, in the order of the page."""

    text: str
    line: int
    answers: list[Answer] = field(default_factory=list)


def parse(body: str) -> list[Question]:
    """The questions of a self-check; ``ValueError`` names the line of what is wrong."""
    found: list[Question] = []
    grows = ""  # what the next further line belongs to
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        if not (match := _LINE.match(line)):
            raise ValueError(f"line {number}: expected one of '?', '+', '-' or an indented line")
        sign, text = match[1] or match[2] or "", match[3]
        if sign == "?":
            found.append(Question(text, number))
        elif not found:
            raise ValueError(f"line {number}: expected a question, '? ...', first")
        elif sign in ("+", "-"):
            found[-1].answers.append(Answer(sign == "+", text))
        elif sign != ":" and grows == "?":
            found[-1].text += f" {text}"
        elif not found[-1].answers:
            raise ValueError(f"line {number}: a reason without an answer")
        elif sign == ":" or grows == ":":
            answer = found[-1].answers[-1]
            answer.why = f"{answer.why} {text}".strip()
        else:
            found[-1].answers[-1].text += f" {text}"
        grows = sign or grows
    for question in found:
        _check(question)
        random.Random(question.text).shuffle(question.answers)
    return found


def _check(question: Question) -> None:
    where = f"line {question.line}: «{question.text[:40]}»"
    right = sum(answer.right for answer in question.answers)
    if right != 1 or len(question.answers) < 3:
        raise ValueError(f"{where}: expected one right answer and at least two others")
    if not all(answer.why for answer in question.answers):
        raise ValueError(f"{where}: an answer without its reason, ': ...'")


class self_check(nodes.General, nodes.Element):
    """All questions of a page."""


class choice(nodes.General, nodes.Element):
    """An answer: its text, then its reason."""


class choice_text(nodes.General, nodes.TextElement):
    """What an answer says, seen before it is chosen."""


class SelfCheck(SphinxDirective):
    """``{self-check}`` with the questions as its body."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            questions = parse("\n".join(self.content))
        except ValueError as error:
            raise self.error(f"self-check: {error}") from None
        items = nodes.enumerated_list(enumtype="arabic")
        for number, question in enumerate(questions, 1):
            item = nodes.list_item("", nodes.paragraph("", "", *self._inline(question.text)))
            item += [self._choice(answer, number) for answer in question.answers]
            items += item
        return [self_check("", items)]

    def _choice(self, answer: Answer, number: int) -> choice:
        verdict = nodes.strong(text=RIGHT if answer.right else WRONG)
        why = nodes.paragraph("", "", verdict, nodes.Text(" "), *self._inline(answer.why))
        text = choice_text("", "", *self._inline(answer.text))
        return choice("", text, why, group=f"self-check-{number}", right=answer.right)

    def _inline(self, text: str) -> list[nodes.Node]:
        parsed, messages = self.parse_inline(text)
        return [*parsed, *messages]


def enter_check(translator: HTML5Translator, node: self_check) -> None:
    translator.body.append('<div class="sdl-self-check">')


def leave_check(translator: HTML5Translator, node: self_check) -> None:
    translator.body.append('<p class="sdl-tally" role="status"></p></div>\n')


def enter_choice(translator: HTML5Translator, node: choice) -> None:
    kind = "sdl-right" if node["right"] else "sdl-wrong"
    translator.body.append(f'<details class="sdl-choice {kind}" name="{node["group"]}">')


def leave_choice(translator: HTML5Translator, node: choice) -> None:
    translator.body.append("</details>\n")


def enter_text(translator: HTML5Translator, node: choice_text) -> None:
    translator.body.append("<summary>")


def leave_text(translator: HTML5Translator, node: choice_text) -> None:
    translator.body.append("</summary>")


def add_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """What counts right answers, on the pages that ask."""
    if doctree is not None and any(doctree.findall(self_check)):
        app.add_js_file("self-check.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(self_check, html=(enter_check, leave_check))
    app.add_node(choice, html=(enter_choice, leave_choice))
    app.add_node(choice_text, html=(enter_text, leave_text))
    app.add_directive("self-check", SelfCheck)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
