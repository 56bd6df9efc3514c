"""Launch and download buttons that open the notebook which was built.

For every page with code two notebooks in plain Markdown are written beside the site: the clean
one, whose first cell installs the library (Binder, Colab, download), and the executed one
(download).
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import nbformat
import outputs
from plain import Plain
from sphinx.application import Sphinx
from sphinx.config import Config

BOOTSTRAP = """\
# Install the companion library where it is missing: on Colab, or in an empty environment
import importlib.util

if importlib.util.find_spec("sdl_lib") is None:
    %pip install -q "sdl-lib @ git+{repository}@{ref}"
"""
PUBLISHED_BRANCH = "gh-pages"  # Colab opens files of a repository, not addresses of a site


def set_repository(app: Sphinx, config: Config) -> None:
    """The repository's address stands once, in ``_config.yml``; a fork's own overrides it."""
    options = config.html_theme_options
    if name := os.environ.get("GITHUB_REPOSITORY"):
        options["repository_url"] = f"https://github.com/{name}"
    tag = os.environ.get("GITHUB_REF_NAME") if os.environ.get("GITHUB_REF_TYPE") == "tag" else None
    if ref := os.environ.get("SDL_REF") or tag:
        options["repository_branch"] = ref
    owner, name = options["repository_url"].rstrip("/").split("/")[-2:]
    config.html_baseurl = config.html_baseurl or f"https://{owner.lower()}.github.io/{name}/"


def notebook_path(app: Sphinx, page: str) -> str:
    """Where the clean notebook lies, below the root of the site and of the published branch."""
    return f"notebooks/{app.config.html_theme_options['repository_branch']}/{page}.ipynb"


def addresses(app: Sphinx, page: str) -> dict[str, str]:
    """Where the launch buttons of a page lead."""
    options = app.config.html_theme_options
    repository, ref = options["repository_url"].rstrip("/"), options["repository_branch"]
    name, path = repository.split("github.com/")[-1], notebook_path(app, page)
    binder, colab = (options["launch_buttons"][key] for key in ("binderhub_url", "colab_url"))
    pull = {
        "repo": repository,
        "branch": PUBLISHED_BRANCH,
        "urlpath": f"lab/tree/{name.split('/')[-1]}/{path}",
    }
    urlpath = quote(f"git-pull?{urlencode(pull)}", safe="")
    hub = app.config.sdl_hub.rstrip("/")
    return {
        "JupyterHub": f"{hub}/hub/user-redirect/git-pull?{urlencode(pull)}",
        "Binder": f"{binder}/v2/gh/{name}/{quote(ref, safe='')}?urlpath={urlpath}",
        "Colab": f"{colab}/github/{name}/blob/{PUBLISHED_BRANCH}/{quote(path)}",
    }


def fix_buttons(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Write the two notebooks of a page with code, and lead its buttons to them."""
    executed = outputs.executed(app, page)
    groups = {group.get("label"): group for group in context.get("header_buttons", [])}
    if doctree is None or "launch-buttons" not in groups or not executed.exists():
        return
    write_notebooks(app, page, executed)
    targets = addresses(app, page)
    for button in groups["launch-buttons"]["buttons"]:
        if button["text"] in targets:
            button["url"] = targets[button["text"]]
    download = groups["download-buttons"]["buttons"]
    for button in download:
        if button["text"] == ".ipynb":
            button["tooltip"] = "Download the notebook with its outputs"
    clean = {
        "type": "link",
        "url": context["pathto"](notebook_path(app, page), 1),
        "text": ".ipynb, clean",
        "icon": "fas fa-file-code",
        "tooltip": "Download the notebook without outputs",
        "label": "download-clean-notebook-button",
    }
    download.insert(1, clean)


def write_notebooks(app: Sphinx, page: str, executed: Path) -> None:
    options = app.config.html_theme_options
    where = {"repository": options["repository_url"], "ref": options["repository_branch"]}
    source = nbformat.read(executed, as_version=4)
    notebook = Plain(app, page, source).notebook()
    _write(Path(app.outdir) / "_sources" / f"{page}.ipynb", notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    bootstrap = nbformat.v4.new_code_cell(BOOTSTRAP.format(**where).rstrip(), id="bootstrap")
    notebook.cells.insert(0, bootstrap)
    _write(Path(app.outdir) / notebook_path(app, page), notebook)


def _write(path: Path, notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", set_repository)
    # after the theme (501), which makes the buttons
    app.connect("html-page-context", fix_buttons, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
