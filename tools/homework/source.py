"""Read the source of a homework: its parts, what students see of it, and its faults by line.

A source is MyST with otter's markers in raw cells. ``read`` returns a ``Homework`` or raises
``HomeworkError`` with a line for each fault: a marker that is missing, a test without points,
points that do not add up to what the page says, a solution that would reach students.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_FENCE = re.compile(r"^(`{3,}|:{3,})\{([\w:-]+)\}[ \t]*(.*)$")
_MARKER = re.compile(r"^#\s*(BEGIN|END)\s+(QUESTION|PROMPT|SOLUTION|TESTS)\s*$")
_HEADING = re.compile(r"^#{2,4} .*\((\d+) points?\)[ \t]*$", re.M)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TEST_CONFIG = re.compile(r'\A""" # BEGIN TEST CONFIG\n(.*?)\n""" # END TEST CONFIG\n', re.S)
_ROLE = re.compile(r"\{([\w:-]+)\}`")
_ONE_LINE = re.compile(r"^(\s*)([\w.\[\]'\", ]+?) = .+# SOLUTION$")
DIRECTIVES = {"homework-opening"}
ROLES = {"doc"}
TEST_KEYS = {"points", "hidden", "failure_message"}
HEAD = {"number", "points", "hours", "draws_on"}
LIMITS = {"seconds", "cell_seconds", "call_seconds", "memory_mb", "disk_mb", "processes"}


class HomeworkError(Exception):
    """Faults of a source, one a line: file, line and what is wrong."""


@dataclass
class Part:
    """A cell or a stretch of prose, with the line on which its content begins."""

    kind: str  # text, code, raw
    line: int
    text: str
    role: str = "given"  # or marker, prompt, solution, tests
    question: str = ""
    config: dict[str, Any] = field(default_factory=dict)


@dataclass
class Question:
    """A question: what its marker says, and where."""

    name: str
    line: int
    points: float
    manual: bool
    rubric: list[tuple[float, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


@dataclass
class Homework:
    """A source without faults."""

    name: str
    title: str
    head: dict[str, Any]
    parts: list[Part]
    questions: dict[str, Question]

    def answers(self) -> list[str]:
        """The names that solutions bind: in marking they come from the submission."""
        found: dict[str, None] = {}
        for part in self.parts:
            if part.role == "solution" and part.kind == "code":
                for node in ast.parse(part.text).body:
                    found |= dict.fromkeys(_bound(node))
        return list(found)


def read(path: Path) -> Homework:
    """The homework of a file; ``HomeworkError`` with all its faults."""
    faults: list[tuple[int, str]] = []
    text = path.read_text(encoding="utf-8")
    head, front_lines = _front(text, faults)
    parts = list(_parts(text, front_lines, faults))
    questions = _structure(parts, faults)
    title = next((m[1] for p in parts if (m := re.search(r"^# (.+)$", p.text, re.M))), "")
    if not title:
        faults.append((1, "no title: a line `# ...`"))
    name = path.stem.replace("-", "_")
    parts = list(_with_rubrics(parts, questions))
    homework = Homework(name, title.strip(), head, parts, questions)
    for part in parts:
        faults += _cell_faults(part)
    for question in questions.values():
        faults += _question_faults(question)
    total, said = sum(q.points for q in questions.values()), head.get("points")
    if head.get("choose"):
        spare, found = _choice(head["choose"], questions)
        total, faults = total - spare, faults + found
    if said is not None and total != said:
        faults.append((1, f"the front matter says {said} points; the questions have {total:g}"))
    if faults:
        lines = [f"{path}:{line}: {what}" for line, what in sorted(set(faults))]
        raise HomeworkError("\n".join(lines))
    return homework


Faults = list[tuple[int, str]]


def _choice(choose: Any, questions: dict[str, Question]) -> tuple[float, Faults]:
    """The points of the parts that do not count, of ``choose: {best: 2, of: {part: [..]}}``."""
    try:
        best, parts = int(choose["best"]), {str(k): list(v) for k, v in choose["of"].items()}
        extra = choose.keys() - {"best", "of"}
    except (TypeError, KeyError, ValueError, AttributeError):
        return 0.0, [(1, "front matter: `choose:` has `best: 2` and `of:` parts with questions")]
    named = [name for part in parts.values() for name in part]
    wrong = [name for name in dict.fromkeys(named) if named.count(name) > 1]
    wrong += [name for name in named if name not in questions]
    if wrong or extra:
        shown = ", ".join((*wrong, *extra))
        return 0.0, [(1, f"front matter: `choose:` unknown or twice: {shown}")]
    sums = [sum(questions[name].points for name in part) for part in parts.values()]
    if len(set(sums)) != 1 or not 1 <= best < len(sums):
        shown = ", ".join(f"{name} {points:g}" for name, points in zip(parts, sums, strict=True))
        return 0.0, [(1, f"front matter: {best} parts of equal points are to count, found {shown}")]
    return (len(sums) - best) * sums[0], []


def _front(text: str, faults: Faults) -> tuple[dict[str, Any], int]:
    parts = text.split("---\n", 2)
    try:
        front = yaml.safe_load(parts[1]) if text.startswith("---\n") and len(parts) == 3 else None
    except yaml.YAMLError as error:
        front = None
        faults.append((1, f"front matter: {str(error).splitlines()[0]}"))
    head = dict((front or {}).get("homework") or {})
    for name in sorted(HEAD - head.keys()):
        faults.append((1, f"front matter: `homework: {name}:` is missing"))
    for name in sorted(head.keys() - HEAD - {"keep", "limits", "choose"}):
        faults.append((1, f"front matter: `homework: {name}:` is unknown"))
    for name in sorted(dict(head.get("limits") or {}).keys() - LIMITS):
        faults.append((1, f"front matter: `homework: limits: {name}:` is unknown"))
    lines = parts[1].count("\n") + 2 if front else 0
    return head, lines


def _parts(text: str, front_lines: int, faults: Faults) -> Iterator[Part]:
    """Cut a source into cells and prose."""
    lines = text.splitlines()
    prose: list[str] = []
    first = number = front_lines
    while number < len(lines):
        found = _FENCE.match(lines[number])
        if not found or found[2] not in ("code-cell", "raw-cell"):
            prose.append(lines[number])
            number += 1
            continue
        if "\n".join(prose).strip():
            yield Part("text", first + 1, "\n".join(prose))
        begin = number
        while number + 1 < len(lines) and lines[number + 1].strip() != found[1]:
            number += 1
        inside = lines[begin + 1 : number + 1]
        if number + 1 >= len(lines):
            faults.append((begin + 1, f"the {found[2]} that begins here has no end"))
        yield Part("code" if found[2] == "code-cell" else "raw", begin + 2, "\n".join(inside))
        number += 2
        prose, first = [], number
    if "\n".join(prose).strip():
        yield Part("text", first + 1, "\n".join(prose))


def _structure(parts: list[Part], faults: Faults) -> dict[str, Question]:
    """Give every part its place, by the markers; blocks must open and close in order."""
    questions: dict[str, Question] = {}
    stack: list[tuple[str, int]] = []
    current: Question | None = None
    for part in parts:
        part.question = current.name if current else ""
        part.role = stack[-1][0].lower() if len(stack) > 1 else "given"
        if part.kind == "raw":
            part.role = "marker"
            marker = _MARKER.match(part.text.split("\n", 1)[0])
            if not marker:
                faults.append((part.line, f"no marker: `{part.text.splitlines()[:1]}`"))
            elif marker[1] == "BEGIN":
                if marker[2] == "QUESTION":
                    current = _question(part, questions, faults)
                _open(stack, marker[2], part.line, faults)
            else:
                _close(stack, marker[2], part.line, faults)
                current = None if marker[2] == "QUESTION" else current
        if current:
            current.parts.append(part)
    for kind, line in stack:
        faults.append((line, f"BEGIN {kind} has no END {kind}"))
    return questions


def _open(stack: list[tuple[str, int]], kind: str, line: int, faults: Faults) -> None:
    if (kind == "QUESTION") == bool(stack) or len(stack) > 1:
        inside = f"inside the {stack[-1][0]} of line {stack[-1][1]}" if stack else "outside"
        faults.append((line, f"BEGIN {kind} {inside}: is a marker END missing before it?"))
        if kind == "QUESTION":
            stack.clear()
    stack.append((kind, line))


def _close(stack: list[tuple[str, int]], kind: str, line: int, faults: Faults) -> None:
    kinds = [name for name, _ in stack]
    if kind not in kinds:
        faults.append((line, f"END {kind} has no BEGIN {kind}"))
        return
    while stack[-1][0] != kind:
        inner, at = stack.pop()
        faults.append((at, f"BEGIN {inner} has no END {inner} before line {line}"))
    stack.pop()


def _question(part: Part, questions: dict[str, Question], faults: Faults) -> Question:
    try:
        config = yaml.safe_load(part.text.split("\n", 1)[1]) if "\n" in part.text else {}
    except yaml.YAMLError:
        config = None
    if not isinstance(config, dict):
        faults.append((part.line, "the lines below BEGIN QUESTION are no YAML"))
        config = {}
    name, points = str(config.get("name", "")), config.get("points")
    if not _NAME.fullmatch(name):
        faults.append((part.line, f"name: small letters, digits and underscores, found {name!r}"))
    if name in questions:
        faults.append((part.line, f"the name {name!r} was taken in line {questions[name].line}"))
    if not isinstance(points, int | float) or points <= 0:
        faults.append((part.line, f"question {name!r} has no points"))
        points = 0
    if unknown := config.keys() - {"name", "points", "manual", "rubric"}:
        faults.append((part.line, f"question {name!r}: unknown keys {sorted(unknown)}"))
    rubric = config.get("rubric") or []
    found = [re.fullmatch(r"([\d.]+) (.+)", str(row)) for row in rubric]
    if not all(found):
        faults.append((part.line, f"question {name!r}: a rubric has lines `- 3 what for`"))
    rows = [(float(row[1]), row[2]) for row in found if row]
    questions[name] = Question(name, part.line, points, bool(config.get("manual")), rows)
    return questions[name]


def _with_rubrics(parts: list[Part], questions: dict[str, Question]) -> Iterator[Part]:
    """The parts, with each rubric as a table at the end of its question's statement."""
    due = {name: q.rubric for name, q in questions.items() if q.rubric}
    for part in parts:
        opens = part.kind == "raw" and re.match(r"#\s*BEGIN (PROMPT|SOLUTION)", part.text)
        if opens and part.question in due:
            rows = [f"| {points:g} | {text} |" for points, text in due.pop(part.question)]
            table = "\n".join(["| Points | For |", "| ---: | --- |", *rows])
            yield Part("text", part.line, table, question=part.question)
        yield part


def _cell_faults(part: Part) -> Faults:
    if part.kind == "text":
        return [] if part.role == "solution" else list(_prose_faults(part))
    if part.kind == "raw":
        return []
    found: Faults = []
    for number, line in enumerate(part.text.splitlines(), part.line):
        if re.match(r"\s*[%!]", line):
            found.append((number, "magics and shell commands are not for homework"))
        marked = re.search(r"#\s*(BEGIN |END )?SOLUTION", line)
        if marked and part.role != "solution":
            found.append(
                (number, "a SOLUTION mark outside a SOLUTION block: students would see it")
            )
        elif marked and not marked[1] and not _ONE_LINE.match(line):
            found.append((number, "`# SOLUTION` follows an assignment on one line, or use a block"))
    if part.role == "solution" and not re.search(r"# (BEGIN )?SOLUTION", part.text):
        found.append((part.line, "a solution cell without a SOLUTION mark: students would get it"))
    begins = len(re.findall(r"^\s*# BEGIN SOLUTION$", part.text, re.M))
    if begins != len(re.findall(r"^\s*# END SOLUTION$", part.text, re.M)):
        found.append((part.line, "`# BEGIN SOLUTION` and `# END SOLUTION` do not pair up"))
    try:
        ast.parse(part.text)
    except SyntaxError as error:
        found.append((part.line + (error.lineno or 1) - 1, f"no Python: {error.msg}"))
    return found


def _prose_faults(part: Part) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(part.text.splitlines(), part.line):
        fence = _FENCE.match(line)
        if fence and fence[2] not in DIRECTIVES:
            yield number, f"the directive `{fence[2]}` is unknown to a student's notebook"
        for role in _ROLE.findall(line):
            if role not in ROLES:
                yield number, f"the role `{role}` is unknown to a student's notebook"


def _question_faults(question: Question) -> Faults:
    text = "\n".join(p.text for p in question.parts if p.kind == "text" and p.role == "given")
    found: Faults = []
    said = [int(points) for points in _HEADING.findall(text)]
    if said != [question.points]:
        shown = f"says {said[0]}" if len(said) == 1 else "has no heading `## ... (5 points)`"
        found.append(
            (
                question.line,
                f"question {question.name!r} has {question.points:g} points, its page {shown}",
            )
        )
    roles = {part.role for part in question.parts}
    if "solution" not in roles:
        found.append((question.line, f"question {question.name!r} has no SOLUTION block"))
    return found + (_manual if question.manual else _tested)(question)


def _manual(question: Question) -> Faults:
    if not question.rubric:
        return [(question.line, f"question {question.name!r} has no rubric: `- 3 what for`")]
    total = sum(points for points, _ in question.rubric)
    if total == question.points:
        return []
    said = f"adds up to {total:g} points, not {question.points:g}"
    return [(question.line, f"the rubric of {question.name!r} {said}")]


def _tested(question: Question) -> Faults:
    tests = [p for p in question.parts if p.role == "tests" and p.kind == "code"]
    found: Faults = []
    for part in tests:
        config = _TEST_CONFIG.match(part.text)
        try:
            part.config = yaml.safe_load(config[1]) if config else {}
        except yaml.YAMLError as error:
            found.append((part.line, f"test config: {str(error).splitlines()[0]}"))
        if not isinstance(part.config, dict):
            part.config = {}
        points = part.config.get("points")
        if not isinstance(points, int | float) or points < 0:
            found.append((part.line, "a test without points"))
        if not part.config.get("failure_message"):
            found.append((part.line, "a test without `failure_message`, the hint to students"))
        if not isinstance(part.config.get("hidden"), bool):
            found.append((part.line, "a test without `hidden: true` or `hidden: false`"))
        if unknown := part.config.keys() - TEST_KEYS:
            found.append((part.line, f"test config: unknown keys {sorted(unknown)}"))
        if "assert" not in part.text:
            found.append((part.line, "a test that asserts nothing"))
    hidden = [bool(part.config.get("hidden")) for part in tests]
    if not (any(hidden) and not all(hidden)):
        found.append(
            (question.line, f"question {question.name!r} needs public tests and hidden ones")
        )
    total = sum(part.config.get("points") or 0 for part in tests)
    if total != question.points:
        found.append(
            (
                question.line,
                f"the tests of {question.name!r} add up to {total:g} points, "
                f"not {question.points:g}",
            )
        )
    return found


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    names = (name for target in targets for name in ast.walk(target))
    return [n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def starter(code: str) -> str:
    """A solution cell as students get it: every solution is three dots."""
    kept: list[str] = []
    inside = False
    for line in code.splitlines():
        if line.strip() == "# BEGIN SOLUTION":
            kept.append(line[: len(line) - len(line.lstrip())] + "...")
            inside = True
        elif line.strip() == "# END SOLUTION":
            inside = False
        elif not inside:
            one = _ONE_LINE.match(line)
            kept.append(f"{one[1]}{one[2]} = ..." if one else line)
    return "\n".join(kept)


def page(path: Path) -> str:
    """What the book shows of a source: the statement, with code that is shown and not run."""
    homework = read(path)
    shown: list[str] = []  # without the front matter, which would make it a notebook
    for part in homework.parts:
        if part.kind == "text" and part.role in ("given", "prompt"):
            shown.append(part.text)
        elif part.kind == "code" and part.role in ("given", "prompt", "solution"):
            code = starter(part.text) if part.role == "solution" else part.text
            shown.append(f"\n```python\n{code}\n```\n")
    return "\n".join(shown) + "\n"
