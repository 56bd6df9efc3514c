"""Write into the passport that lies beside a shipped file."""

import hashlib
import re
from pathlib import Path


def enter(passport: Path, content: bytes, made: str | None = None) -> None:
    """Put the SHA-256 and the size of ``content`` into the passport, and how it was made."""
    text = passport.read_text(encoding="utf-8")
    text = _put(text, "sha256", f'"{hashlib.sha256(content).hexdigest()}"')
    text = _put(text, "size", str(len(content)))
    if made is not None:
        text = _put(text, "made", f'"{made}"')
    passport.write_text(text, encoding="utf-8")


def _put(text: str, field: str, value: str) -> str:
    """The text with another value of the first ``field``: a later one is that of the wheel."""
    return re.sub(rf"^{field} = .*", lambda _: f"{field} = {value}", text, count=1, flags=re.M)
