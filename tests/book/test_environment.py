"""What Binder would build, read off repo2docker's own generator (no Docker is needed)."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


@pytest.fixture(scope="module")
def dockerfile() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr + done.stdout


def packages() -> dict[str, str]:
    """The packages of ``environment.yml`` and their version ranges."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert all(isinstance(entry, str) for entry in listed), "a `pip:` part is not looked at here"
    return {name(entry): entry for entry in listed}


def name(requirement: str) -> str:
    return re.split(r"[<>=! ]", requirement)[0]


def test_binder_reads_the_environment_at_the_root(dockerfile: str) -> None:
    assert not (ROOT / "binder").exists()
    assert not (ROOT / ".binder").exists()
    assert "Building conda environment for python=3.11" in dockerfile
    assert '--file "environment.yml"' in dockerfile


def test_a_commit_does_not_rebuild_the_environment(dockerfile: str) -> None:
    environment = dockerfile.index('--file "environment.yml"')
    everything = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    assert environment < everything < dockerfile.index("RUN ./postBuild")


def test_binder_has_what_the_library_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {name(requirement) for requirement in project["dependencies"]}
    assert {CONDA_NAMES.get(package, package) for package in needed} <= set(packages())


def test_binder_has_what_the_launch_links_need() -> None:
    # the links pull the notebooks from the published branch, and open them in JupyterLab
    assert {"nbgitpuller", "jupyterlab", "jupytext", "jupyterlab-myst", "pip"} <= set(packages())


def test_post_build_runs() -> None:
    subprocess.run(["bash", "-n", "postBuild"], cwd=ROOT, check=True)
    text = (ROOT / "postBuild").read_text()
    assert "pip install --no-deps -e ." in text
    assert "jupytext-config set-default-viewer markdown myst" in text
