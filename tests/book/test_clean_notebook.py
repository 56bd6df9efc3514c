"""The clean notebook on a machine like Colab: its package versions, and no ``sdl_lib`` yet.

The notebook installs the library itself, from a wheel of this work tree in place of the published
one, and runs from top to bottom. The environment is kept in ``_build/colab``.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import nbformat
import pytest

from tools.pages import Project

EXEMPLAR = "book/security/adversarial-examples"
# Colab of autumn 2026, as far as the versions can be had here: torch is the one CPU build, and
# safetensors, scikit-image, SciPy and tqdm are there in whatever version fits.
VERSIONS = {
    "torch": "2.13.0",
    "numpy": "2.1.3",
    "matplotlib": "3.10.0",
    "ipywidgets": "7.7.1",
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "scikit-learn": "1.6.1",
    "scikit-image": "0.25.2",
}
REQUIREMENTS = [*(f"{name}=={v}" for name, v in VERSIONS.items()), "safetensors", "scipy", "tqdm"]


def pip(python: Path, *arguments: str) -> str:
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def colab(book: Project) -> Path:
    """The interpreter of an environment with Colab's packages and without the library."""
    folder, wanted = book.build / "colab", "\n".join([sys.version, *REQUIREMENTS])
    python, stamp = folder / "bin" / "python", folder / "stamp"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip(python, "install", "-q", *REQUIREMENTS)
        stamp.write_text(wanted)
    pip(python, "uninstall", "-q", "-y", "sdl-lib")
    return python


@pytest.fixture
def wheel(book: Project, tmp_path: Path) -> Path:
    """The library as it would be published; made from a copy, for setuptools leaves its traces."""
    source = tmp_path / "source"
    traces = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(book.root / "src", source / "src", ignore=traces)
    for file in ("pyproject.toml", "LICENSE"):
        shutil.copy(book.root / file, source)
    pip(Path(sys.executable), "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(source))
    return next(tmp_path.glob("sdl_lib-*.whl"))


def install_from(notebook: nbformat.NotebookNode, wheel: Path) -> None:
    """Let the bootstrap cell install ``wheel`` in place of the published library."""
    bootstrap = notebook.cells[0]
    lines = bootstrap.source.splitlines()
    (line,) = (i for i, text in enumerate(lines) if "sdl-lib @ git+https://" in text)
    before, _, after = lines[line].split('"')
    lines[line] = f'{before}"{wheel}"{after}'
    bootstrap.source = "\n".join(lines)


def test_clean_notebook_runs_where_only_colabs_packages_are(
    book: Project, colab: Path, wheel: Path, tmp_path: Path
) -> None:
    (clean,) = (book.html / "notebooks").glob(f"*/{EXEMPLAR}.ipynb")
    notebook = nbformat.read(clean, as_version=4)
    install_from(notebook, wheel)
    (tmp_path / "run").mkdir()
    nbformat.write(notebook, tmp_path / "run" / "notebook.ipynb")

    kernel = tmp_path / "kernels" / "colab"
    kernel.mkdir(parents=True)
    argv = [str(colab), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "colab", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "jupyter", "execute", "--kernel_name=colab"),
            *("--timeout=300", "--inplace", "notebook.ipynb"),
        ],
        cwd=tmp_path / "run",
        env={**os.environ, "JUPYTER_PATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    executed = nbformat.read(tmp_path / "run" / "notebook.ipynb", as_version=4)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")

    installed = json.loads(pip(colab, "list", "--format=json"))
    found = {package["name"]: package["version"].split("+")[0] for package in installed}
    assert "sdl-lib" in found
    assert {name: found[name] for name in VERSIONS} == VERSIONS, "Colab's own packages stay"
