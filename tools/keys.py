"""What the outputs of a page depend on, as one hash.

The key covers the page's code, every module of the library that this code imports (directly or
through others), the data files of those modules, the lock file, Python and the device. Too few
would leave stale outputs on a page; too many only costs time.
"""

import ast
import hashlib
import os
import platform
import re
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from tools.pages import code_cells, tags

PACKAGE = "sdl_lib"


class Library:
    """The library's sources below ``root/src``: who imports whom, and who reads which file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.src = root / "src"
        self._imports: dict[str, set[str]] = {}
        self._hashes: dict[Path, str] = {}

    def key(self, page: NotebookNode) -> str:
        """The hash under which the outputs of ``page`` are kept."""
        cells = code_cells(page)
        code = "\n".join(_plain_python(cell.source) for cell in cells)
        modules = self.closure(self.imports_of(ast.parse(code)))
        digest = hashlib.sha256()
        for cell in cells:
            digest.update(f"{cell.source}\0{sorted(tags(cell))}\0".encode())
        for file in sorted(self.sources(modules) | self.data_files(modules, code)):
            digest.update(f"{file.relative_to(self.src)}\0{self._hash(file)}\0".encode())
        lock = self.root / "requirements.lock"
        gpu = Path("/dev/nvidia0").exists()
        device = os.environ.get("SDL_DEVICE", "cuda" if gpu else "cpu")
        for part in (self._hash(lock), platform.python_version(), device):
            digest.update(part.encode())
        return digest.hexdigest()[:24]

    def closure(self, modules: set[str]) -> set[str]:
        """``modules`` and all that they import, directly or through others."""
        found, queue = set[str](), list(modules)
        while queue:
            module = queue.pop()
            if module not in found:
                found.add(module)
                queue += self._imports_of_module(module)
        return found

    def sources(self, modules: set[str]) -> set[Path]:
        return {path for module in modules if (path := self._path(module))}

    def data_files(self, modules: set[str], code: str) -> set[Path]:
        """The files that the modules read: those of their folders that they or the page name.

        A file that no module of the library names may be opened by a computed name, so it counts
        for every module of its folder.
        """
        sources = self.sources(modules)
        folders = {path.parent for path in sources}
        texts = [code] + [path.read_text(encoding="utf-8") for path in sources]
        stems = {path.stem for path in sources}
        everywhere = [path.read_text(encoding="utf-8") for path in self._modules]
        everyone = {path.stem for path in self._modules}
        found = set()
        for file in self._data:
            name, here = file.name.split(".")[0], _package_of(file) in folders
            known = name in everyone or _named(name, everywhere)
            if (here and not known) or name in stems or _named(name, texts):
                found.add(file)
        return found

    def imports_of(self, tree: ast.AST, package: str = "") -> set[str]:
        """The library's modules that ``tree`` imports anywhere, also inside functions."""
        found: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found |= self._package_object(alias.name)
            elif isinstance(node, ast.ImportFrom):
                base = _absolute(node, package)
                for alias in node.names:
                    found |= self._name(base, alias.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                # importlib.import_module("sdl_lib.x") and `python -m sdl_lib.x`
                if node.value.startswith(f"{PACKAGE}."):
                    found |= self._package_object(node.value)
            elif isinstance(node, ast.JoinedStr) and f"{PACKAGE}." in ast.unparse(node):
                found |= self._package_object(f"{PACKAGE}.*")
        return found

    def _imports_of_module(self, module: str) -> set[str]:
        if module not in self._imports:
            path = self._path(module)
            found: set[str] = set()
            if path:
                inside = module if path.name == "__init__.py" else module.rpartition(".")[0]
                tree = ast.parse(path.read_text(encoding="utf-8"))
                found = self.imports_of(tree, inside)
            self._imports[module] = found - {module}
        return self._imports[module]

    def _name(self, module: str, name: str) -> set[str]:
        """The modules behind ``from module import name``."""
        path = self._path(module) if _inside(module) else None
        if path is None:
            return set()
        if path.name != "__init__.py":
            return {module}
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if name == "*" or (module != PACKAGE and not _only_imports(tree)):
            return self._package_object(module)
        for node in tree.body:  # a name that the package takes from elsewhere: follow it alone
            # what it takes from itself is one of its modules: see below
            if isinstance(node, ast.ImportFrom) and _absolute(node, module) != module:
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        return self._name(_absolute(node, module), alias.name)
        if self._path(f"{module}.{name}"):
            return self._package_object(f"{module}.{name}")
        return self._package_object(module)

    def _package_object(self, module: str) -> set[str]:
        """A module; or, for a package as an object, everything in it (but of the root: itself)."""
        if not _inside(module):
            return set()
        if module == f"{PACKAGE}.*":
            return {self._dotted(path) for path in self._modules}
        path = self._path(module)
        if path is None:
            return set()
        if path.name != "__init__.py" or module == PACKAGE:
            return {module}
        return {self._dotted(file) for file in path.parent.rglob("*.py")}

    def _path(self, module: str) -> Path | None:
        base = self.src.joinpath(*module.split("."))
        for path in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if path.exists():
                return path
        return None

    def _dotted(self, path: Path) -> str:
        parts = path.relative_to(self.src).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def _modules(self) -> list[Path]:
        return [path for path in self._files if path.suffix == ".py" and path.name != "__init__.py"]

    @cached_property
    def _data(self) -> list[Path]:
        skip = (".py", ".pyc", ".typed")
        return [path for path in self._files if path.suffix not in skip]

    @cached_property
    def _files(self) -> list[Path]:
        paths = sorted((self.src / PACKAGE).rglob("*"))
        return [path for path in paths if path.is_file() and "__pycache__" not in path.parts]

    def _hash(self, file: Path) -> str:
        if file not in self._hashes:
            content = file.read_bytes() if file.exists() else b""
            self._hashes[file] = hashlib.sha256(content).hexdigest()
        return self._hashes[file]


def _plain_python(source: str) -> str:
    """A cell without IPython's own syntax, so that it can be parsed."""
    if source.lstrip().startswith("%%"):
        source = source.lstrip().partition("\n")[2]
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M)


def _inside(module: str) -> bool:
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base


def _only_imports(tree: ast.Module) -> bool:
    """Whether an ``__init__`` consists of a docstring, imports and dunder assignments."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            if not all(isinstance(t, ast.Name) and t.id.startswith("__") for t in node.targets):
                return False
        elif isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Constant):
                return False
        elif not isinstance(node, ast.ImportFrom):
            return False
    return True


def _package_of(file: Path) -> Path:
    return next(folder for folder in file.parents if (folder / "__init__.py").exists())


def _named(name: str, texts: list[str]) -> bool:
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    return any(pattern.search(text) for text in texts)
