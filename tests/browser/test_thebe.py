"""Live code in the page: the exemplar's cells run on a Jupyter server of the reader's own."""

from __future__ import annotations

import json
from pathlib import Path

from jupyter import running
from playwright.sync_api import Locator, Page, expect
from visit import EXEMPLAR, OpenPage

SECONDS = 60_000
ADDED = "\nprint('sum', torch.linspace(0, 1, 5).sum().item())"


def start_live_code(page: Page) -> None:
    """Press the rocket, then "Live Code", and wait until the kernel is there."""
    page.get_by_role("button", name="Launch interactive content").click()
    page.locator(".btn-launch-thebe").click()
    page.wait_for_function("() => window.thebe?.session?.kernel", timeout=SECONDS)


def run(cell: Locator) -> None:
    cell.get_by_role("button", name="run", exact=True).click()


def test_reader_changes_and_runs_the_code_of_a_page(
    open_page: OpenPage, site: str, tmp_path: Path
) -> None:
    with running(
        "server",
        tmp_path,
        f"--ServerApp.allow_origin={site}",
        "--ServerApp.disable_check_xsrf=True",
    ) as server:
        visit = open_page(f"{site}/{EXEMPLAR}.html")
        page = visit.page
        own = json.dumps({"baseUrl": server.url, "token": server.token})
        page.evaluate("own => localStorage.setItem('thebe-server', own)", own)
        start_live_code(page)

        first, second = page.locator("div.cell").nth(0), page.locator("div.cell").nth(1)
        editor = first.locator(".CodeMirror")
        editor.evaluate(
            "(box, code) => box.CodeMirror.setValue(box.CodeMirror.getValue() + code)", ADDED
        )
        run(first)
        expect(first).to_contain_text("sum 2.5", timeout=SECONDS)

        figure = second.locator("img[src^='data:image/png']")
        expect(figure).to_have_count(0)  # until it is run, the figure is the page's own
        run(second)
        expect(figure).to_be_visible(timeout=SECONDS)

        assert visit.outside == [], "live code on the reader's own machine needs no other"
        assert visit.console == []
        page.evaluate("async () => await thebe.session.shutdown()")


def test_without_a_server_of_ones_own_live_code_asks_binder(open_page: OpenPage, site: str) -> None:
    visit = open_page(f"{site}/{EXEMPLAR}.html")
    visit.page.evaluate(
        "() => localStorage.setItem('thebe-server', '{\"baseUrl\": \"https://example.org\"}')"
    )
    visit.page.get_by_role("button", name="Launch interactive content").click()
    with visit.page.expect_event("requestfailed", timeout=SECONDS):
        visit.page.locator(".btn-launch-thebe").click()
    assert {url.split("/build/")[0] for url in visit.outside} == {"https://mybinder.org"}
