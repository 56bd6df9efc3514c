"""Assertions that a page shows, and numbers that its prose quotes.

A claim prints one quiet line when it holds, raises when it does not, and leaves a machine-readable
record in the notebook; the page *Claims* of the book is made of these records.
"""

import html
import math
import operator
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from IPython.display import display
from torch import Tensor

CLAIM_MIME = "application/vnd.sdl.claim+json"
_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
}
_SYMBOLS = {"<=": "≤", ">=": "≥", "==": "="}
# Rounding in float32 can push a pixel this far over a bound that holds exactly in real arithmetic
_ROUNDING = 1e-6


class ClaimError(AssertionError):
    """A claim of a page that does not hold."""


@dataclass(frozen=True)
class Claim:
    """The record of one claim: its name, the measured value, and the bound it was held against."""

    id: str
    value: float
    relation: str
    bound: float
    text: str = ""
    published: str = ""

    @property
    def holds(self) -> bool:
        return _RELATIONS[self.relation](self.value, self.bound)

    def __str__(self) -> str:
        sentence = self.text or self.id.replace("-", " ")
        symbol = _SYMBOLS.get(self.relation, self.relation)
        return f"{sentence}: {self.value:.4g} {symbol} {self.bound:.4g}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        line = html.escape(str(self))
        return {
            "text/plain": f"✓ {self}",
            "text/html": f'<p class="sdl-claim"><span aria-hidden="true">✓</span> {line}</p>',
            CLAIM_MIME: asdict(self),
        }


def claim(
    id: str,
    value: float | Tensor,
    relation: str,
    bound: float | Tensor,
    *,
    text: str = "",
    published: str = "",
) -> None:
    """Assert ``value relation bound``, show it in one line and record it.

    Parameters
    ----------
    id : a name for the claim in words joined by hyphens, unique in the book
    value : the measured number; a tensor must hold exactly one
    relation : one of ``<=``, ``<``, ``>=``, ``>``, ``==``
    bound : the number that it is held against
    text : the claim in a few words, shown before the numbers
    published : what the literature reports, with its citation key, where it does

    Raises
    ------
    ClaimError : if the relation is false, or the value is not a number.
    ValueError : if ``relation`` is unknown or ``value`` is not a single number.

    References
    ----------
    Explained in :doc:`/book/using-this-book`; all claims stand in :doc:`/book/appendix/claims`.
    """
    if relation not in _RELATIONS:
        raise ValueError(f"relation: expected one of {', '.join(_RELATIONS)}, found {relation!r}")
    if isinstance(value, Tensor) and value.numel() != 1:
        raise ValueError(f"value: expected a single number, found shape {tuple(value.shape)}")
    record = Claim(id, float(value), relation, float(bound), text, published)
    if math.isnan(record.value) or not record.holds:
        raise ClaimError(f"claim {id!r} is false: {record}")
    display(record)


def unit_box(x: Tensor, *, name: str = "x_adv") -> None:
    """Claim that every pixel of ``x`` lies in [0, 1]; raises ``ClaimError`` otherwise."""
    outside = float((x.clamp(0, 1) - x).abs().max()) if x.numel() else 0.0
    claim(f"{name}-in-the-unit-box", outside, "<=", 0.0, text=f"distance of {name} from [0, 1]")


def linf_ball(x_adv: Tensor, x: Tensor, eps: float, *, name: str = "x_adv") -> None:
    """Claim that each pixel of ``x_adv`` is within ``eps`` of that of ``x``, and in [0, 1].

    Both have shape (n, ...). The bound allows for one rounding in float32.
    """
    unit_box(x_adv, name=name)
    size = float((x_adv - x).abs().max()) if x.numel() else 0.0
    claim(f"{name}-in-the-linf-ball", size, "<=", eps + _ROUNDING, text=f"largest change in {name}")


def l2_ball(x_adv: Tensor, x: Tensor, eps: float, *, name: str = "x_adv") -> None:
    """Claim that each ``x_adv[i]`` is within Euclidean distance ``eps`` of ``x[i]`` and in [0, 1].

    Both have shape (n, ...). The bound allows for one rounding in float32.
    """
    unit_box(x_adv, name=name)
    size = float((x_adv - x).flatten(1).norm(dim=1).max()) if x.numel() else 0.0
    bound = eps + _ROUNDING * max(1.0, eps)
    claim(f"{name}-in-the-l2-ball", size, "<=", bound, text=f"longest change in {name}")


def glue(name: str, value: Any) -> None:
    """Bind ``value`` to ``name``, so that prose can quote it: ``{glue:text}`name:.3f```.

    Parameters
    ----------
    name : unique in the page
    value : a number or a string; a tensor or an array must hold exactly one number

    References
    ----------
    The format is that of ``myst_nb.glue``, which need not be installed where a notebook runs.
    """
    plain = value.item() if hasattr(value, "item") else value  # of torch or of NumPy
    prefix = "application/papermill.record/"
    display(
        {f"{prefix}text/plain": repr(plain)},
        raw=True,
        metadata={"scrapbook": {"name": name, "mime_prefix": prefix}},
    )


@dataclass(frozen=True)
class Verdict:
    """What a checker says of an exercise: passed or not yet, and why."""

    passed: bool
    message: str

    def __str__(self) -> str:
        return f"{'✓ Right.' if self.passed else '✗ Not yet.'} {self.message}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        kind = "right" if self.passed else "not-yet"
        text = f'<p class="sdl-verdict sdl-{kind}">{html.escape(str(self))}</p>'
        return {"text/plain": str(self), "text/html": text}
