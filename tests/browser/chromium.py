"""A Chromium to test with: one that is here, else Debian's, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium's own background traffic would otherwise leave the machine.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


class NoBrowser(RuntimeError):
    """No Chromium is here and none could be had."""


def find() -> Path:
    """The browser's executable; installs one if there is none."""
    tried: list[str] = []
    if named := os.environ.get("SDL_BROWSER"):
        if Path(named).is_file():
            return Path(named)
        raise NoBrowser(f"SDL_BROWSER is {named!r}, and there is no such file")
    for step in (_on_path, _from_debian, _from_playwright):
        if path := step(tried):
            return path
    raise NoBrowser(
        "The browser tests need Chromium, and none could be had:\n  "
        + "\n  ".join(tried)
        + "\nInstall Chromium or Chrome (Debian: `sudo apt-get install chromium`), or set "
        "SDL_BROWSER to the path of one."
    )


def _on_path(tried: list[str]) -> Path | None:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    tried.append(f"none of {', '.join(NAMES)} is on PATH")
    return Path(found) if found else None


def _from_debian(tried: list[str]) -> Path | None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        tried.append("Debian's package: only root may install it, on a machine with apt-get")
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = _run(["apt-get", "-q", *command], environment)
        if done.returncode:
            tried.append(f"`apt-get {' '.join(command)}` failed: {done.stdout[-400:]}")
    return _on_path([])


def _from_playwright(tried: list[str]) -> Path | None:
    done = _run([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))
    if done.returncode:
        tried.append(f"`playwright install chromium` failed: {done.stdout[-400:]}")
        return None
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
