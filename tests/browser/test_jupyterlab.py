"""The clean notebook in a real JupyterLab: opened, run from top to bottom, its lab used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter import Server, running
from playwright.sync_api import Browser, Locator, Page, expect
from visit import EXEMPLAR, HTML

SECONDS = 240_000
NOTEBOOK = f"{Path(EXEMPLAR).name}.ipynb"
SETTINGS = {
    # all cells are in the page, also those out of sight
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture
def lab(site: str, tmp_path: Path) -> Iterator[Server]:
    """JupyterLab on a folder that holds the exemplar's clean notebook."""
    (clean,) = (HTML / "notebooks").glob(f"*/{EXEMPLAR}.ipynb")
    (tmp_path / "work").mkdir()
    shutil.copy(clean, tmp_path / "work" / NOTEBOOK)
    for name, values in SETTINGS.items():
        base = tmp_path / "config" / "lab" / "user-settings" / "@jupyterlab"
        file = base / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with running("lab", tmp_path) as server:
        yield server


def run_all(page: Page) -> None:
    """Run > Run All Cells, and wait for the last one."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(page.locator(".jp-InputPrompt", has_text="[1]")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=SECONDS)


def knob(page: Page, name: str) -> Locator:
    """The handle of the ipywidgets slider of this name."""
    slider = page.locator(".widget-slider, .jupyter-widget-slider").filter(
        has=page.get_by_text(name, exact=True)
    )
    return slider.locator(".noUi-handle")


def test_reader_runs_the_notebook_and_turns_the_knob(browser: Browser, lab: Server) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{lab.url}/lab/tree/{NOTEBOOK}?token={lab.token}")
    # asked to run before the kernel is there, JupyterLab asks which one it shall be
    expect(page.get_by_role("button", name="| Idle")).to_be_visible(timeout=60_000)
    run_all(page)
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0

    verdict = page.locator(".widget-html-content b, .jupyter-widgets-html-content b").first
    before = verdict.inner_text()
    assert "Changed by at most 0.15 a pixel" in before
    handle = knob(page, "eps")
    handle.focus()
    handle.press("Home")
    expect(verdict).to_contain_text("Unchanged", timeout=30_000)
    handle.press("End")
    expect(verdict).to_contain_text("0.50 a pixel", timeout=30_000)
    context.close()
