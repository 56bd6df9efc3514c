"""Files of public homes on the web: fetched once, verified each time they are read."""

import os
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import quote

from sdl_lib import progress
from sdl_lib.data.passports import DataError, verify
from sdl_lib.data.wheels import cache_folder


def published(url: str, sha256: str) -> bytes:
    """The verified bytes of the file at ``url``, downloaded on first use, with a progress bar.

    Looked for in the folder named by the environment variable ``SDL_DATA``, else in the cache,
    else fetched into the cache.

    Raises
    ------
    DataError : if the file is not in ``SDL_DATA``, cannot be fetched, or has a wrong checksum.
    """
    name = url.rsplit("/", 1)[-1]
    own = os.environ.get("SDL_DATA")
    file = Path(own) / name if own else cache_folder() / "published" / name
    if own and not file.exists():
        raise DataError(
            f"{name}: is not in the folder that SDL_DATA names ({own}). Put the file from {url} "
            "there, or unset SDL_DATA."
        )
    if not file.exists():
        _fetch(url, sha256, file)
    return verify(file.read_bytes(), sha256, name)


def _fetch(url: str, sha256: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
        try:
            with urllib.request.urlopen(quote(url, safe=":/"), timeout=60) as answer:
                size = int(answer.headers.get("Content-Length") or 0)
                with progress.bar(total=size, unit="B", unit_scale=True, desc=file.name) as bar:
                    while chunk := answer.read(1 << 20):
                        part.write(chunk)
                        bar.update(len(chunk))
            part.flush()
            verify(Path(part.name).read_bytes(), sha256, file.name)
        except (OSError, DataError) as error:
            Path(part.name).unlink(missing_ok=True)
            if isinstance(error, DataError):
                raise
            raise DataError(
                f"{file.name}: could not be downloaded from {url} ({error}). Is there a network? "
                "Without one, put the file into a folder and name it in SDL_DATA."
            ) from error
    os.replace(part.name, file)  # two processes may fetch at once: the last rename wins
