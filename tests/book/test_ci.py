"""The workflows are sound, and publishing keeps what links in the world lead to."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = [ROOT / ".ci" / "run", ROOT / ".ci" / "publish", ROOT / "postBuild"]


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_calls_only_what_is_there(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert True in workflow, "YAML reads the key `on` as true"
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step)
        script = step.get("run", "")
        subprocess.run(["bash", "-n", "-c", script], check=True)
        assert set(re.findall(r"\bmake ([\w-]+)", script)) <= targets
        for called in re.findall(r"\.ci/\w+", script):
            assert os.access(ROOT / called, os.X_OK)


def test_release_runs_on_the_gpu_where_there_is_one() -> None:
    release = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    assert release["jobs"]["release"]["runs-on"] == "${{ vars.GPU_RUNNER || 'ubuntu-latest' }}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_is_sound_and_executable(path: Path) -> None:
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", path], check=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of an empty repository, with one commit that holds the publishing script."""
    clone = tmp_path / "clone"
    (clone / ".ci").mkdir(parents=True)
    (clone / ".ci" / "publish").write_bytes((ROOT / ".ci" / "publish").read_bytes())
    (clone / ".gitignore").write_text("_build/\n")
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(clone, "init", "-q")
    git(clone, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(clone, "config", "user.name", "Somebody")
    git(clone, "config", "user.email", "somebody@example.org")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "A book")
    return clone


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def publish(clone: Path, ref: str, page: str) -> set[str]:
    """Publish a site with one page and one notebook; gives the files of the published branch."""
    site = clone / "_build" / "html"
    (site / "notebooks" / ref).mkdir(parents=True)
    (site / "notebooks" / ref / "page.ipynb").write_text("{}")
    (site / page).write_text(f"The site of {ref}")
    subprocess.run(["bash", ".ci/publish", ref], cwd=clone, check=True, capture_output=True)
    subprocess.run(["rm", "-r", site], check=True)
    git(clone, "fetch", "-q")
    return set(git(clone, "ls-tree", "-r", "--name-only", "origin/gh-pages").split())


def test_publishing_keeps_the_notebooks_of_earlier_tags(clone: Path) -> None:
    first = publish(clone, "v1", "old.html")
    assert first == {".nojekyll", "old.html", "notebooks/v1/page.ipynb"}
    second = publish(clone, "v2", "new.html")
    notebooks = {"notebooks/v1/page.ipynb", "notebooks/v2/page.ipynb"}
    assert second == {".nojekyll", "new.html", *notebooks}
    assert len(git(clone, "log", "--oneline", "origin/gh-pages").splitlines()) == 2
    assert git(clone, "status", "--short") == ""
