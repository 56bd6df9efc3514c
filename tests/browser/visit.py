"""One page, opened in the browser, and what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, Route

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
HTML = ROOT / "_build" / "html"
EXEMPLAR = "book/security/adversarial-examples"
LOCAL = {"127.0.0.1", "localhost"}
DESKTOP, PHONE = (1280, 900), (360, 740)

# Math is typeset when every formula holds MathJax's output, and none of it is an error.
UNTYPESET = """async () => {
  if (window.MathJax) await MathJax.startup.promise;
  const formulas = [...document.querySelectorAll(".math")];
  return formulas
    .filter(f => !f.querySelector("mjx-container") || f.querySelector("mjx-merror"))
    .map(f => f.textContent.trim());
}"""

TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= width) return [];
  const parts = [...document.querySelectorAll("body *")].filter(
    e => e.checkVisibility() && e.getBoundingClientRect().right > width + 1);
  return [`the page is ${document.scrollingElement.scrollWidth} px wide`].concat(
    parts.slice(0, 8).map(e => e.outerHTML.slice(0, 120)));
}"""

# A formula beyond its column, which a phone shows cut off: its first letters, and both widths.
CUT_OFF = """() => [...document.querySelectorAll(".math")].flatMap(f => {
  const drawn = f.querySelector("mjx-math");
  if (!drawn || !f.checkVisibility()) return [];
  const room = (f.matches("div") ? f.querySelector("mjx-container") : f).clientWidth;
  const width = drawn.getBoundingClientRect().width;
  return width > room + 1 ? [`${f.textContent.slice(0, 30)}: ${width} px in ${room}`] : [];
})"""

ICONS = """() => [...document.querySelectorAll("i[class*='fa-']")].map(
  i => [i.className, getComputedStyle(i, "::before").content.replaceAll('"', "")])"""


@dataclass
class Visit:
    """A page and the record of its requests, its console and its failures."""

    page: Page
    outside: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)

    def watch(self) -> None:
        self.page.context.route(lambda url: not _is_local(url), self._refuse)
        self.page.on("response", self._record)
        self.page.on("requestfailed", self._failed)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.console.append(message.text) if message.type == "error" else None,
        )

    def _refuse(self, route: Route, request: Request) -> None:
        self.outside.append(request.url)
        route.abort()

    def _record(self, response: Response) -> None:
        if response.status >= 400:
            self.missing.append(f"{response.status} {response.url}")
        self.bytes[response.url] = int(response.headers.get("content-length", 0))

    def _failed(self, request: Request) -> None:
        if _is_local(request.url):
            self.missing.append(f"{request.failure} {request.url}")

    def open(self, url: str) -> None:
        """Load the page and wait until it has come to rest, scrolled through once."""
        self.page.goto(url, wait_until="load")
        # what is loaded only when it comes into view belongs to the page as well
        self.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("scrollTo(0, 0)")
        self.page.evaluate("async () => window.MathJax && await MathJax.startup.promise")

    def untypeset(self) -> list[str]:
        """Formulas that MathJax has not drawn, or has drawn as an error."""
        return list(self.page.evaluate(UNTYPESET))

    def icons(self) -> dict[str, str]:
        """The character that each icon of the page is drawn with, by the icon's classes."""
        return dict(self.page.evaluate(ICONS))

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways; empty when it does not."""
        return list(self.page.evaluate(TOO_WIDE))

    def cut_off(self) -> list[str]:
        """Formulas that are wider than their column."""
        return list(self.page.evaluate(CUT_OFF))

    def axe(self) -> list[str]:
        """What axe-core objects to: rule, and the elements concerned."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return [
            f"{rule['id']}: {rule['help']}: {node['html'][:160]} {_detail(node)}"
            for rule in found
            for node in rule["nodes"]
        ]


def _detail(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return "; ".join(check["message"] for check in checks)


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.hostname in LOCAL or parts.scheme in {"data", "blob", "about"}


OpenPage = Callable[..., Visit]


def new_context(browser: Browser, size: tuple[int, int], scheme: str) -> BrowserContext:
    """A reader who has never been here, with a window of this size, in light or dark."""
    return browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
