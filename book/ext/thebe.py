"""Live code in the page: thebe served by this site, with the options that thebe 0.9 needs.

sphinx-thebe names an address on unpkg.com, and writes its settings on every page twice (a syntax
error in the console). Pages with code get the settings once, with our copy of thebe and
``thebe-options.js``; pages without code get none of it.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

THEBE = "vendor/thebe/index.js"
# The depth of a page varies, so its own notion of the root gives the address.
THEBE_URL = (
    "const THEBE_JS_URL = new URL((document.documentElement.dataset.content_root || './')"
    f" + '_static/{THEBE}', document.baseURI).href"
)
DEFAULTS = {"codemirror-theme": "default", "selector_input": ".cell_input pre"}


def set_defaults(app: Sphinx, config: Config) -> None:
    """Settings of sphinx-thebe that the book wants, unless ``_config.yml`` says otherwise."""
    config.thebe_config = {**DEFAULTS, **config.thebe_config}


def serve_thebe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put thebe's scripts in order on one page."""
    scripts = context["script_files"]
    settings = next((_body(js) for js in scripts if "THEBE_JS_URL" in _body(js)), "")
    scripts[:] = [js for js in scripts if not _is_thebe(js)]
    if context.get("use_thebe"):
        # Files that are added while a page is written belong to that page alone.
        app.add_js_file(None, body=re.sub(r'const THEBE_JS_URL = "[^"]*"', THEBE_URL, settings))
        app.add_js_file("sphinx-thebe.js", loading_method="defer")
        app.add_js_file("thebe-options.js", loading_method="defer")
        app.add_css_file("thebe-options.css")


def _body(script: Any) -> str:
    return str(getattr(script, "attributes", {}).get("body") or "")


def _is_thebe(script: Any) -> bool:
    return "THEBE_JS_URL" in _body(script) or "sphinx-thebe.js" in str(script)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", set_defaults)
    # After the theme (501), which says in the context whether the page has live code.
    app.connect("html-page-context", serve_thebe, priority=700)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
