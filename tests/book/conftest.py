"""The built book, which these tests look at."""

from pathlib import Path

import pytest

from tools.pages import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def book() -> Project:
    project = Project(ROOT)
    if not project.records.exists() or not (project.html / "index.html").exists():
        pytest.fail("the book is not built: run `make book` first", pytrace=False)
    return project
