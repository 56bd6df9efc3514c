"""Make nbval execute and compare notebooks the way the build (nbclient) runs them."""

from collections.abc import Iterator
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "nbval", False):
        _keep_history()
        _compare_images()
        _refuse_unexecuted()


def _keep_history() -> None:
    # without history IPython ignores a trailing semicolon, and shows one output more (nbval #194)
    from nbval.kernel import RunningKernel

    def execute_cell_input(self: Any, cell_input: str, allow_stdin: bool | None = None) -> str:
        message: str = self.kc.execute(
            cell_input, allow_stdin=allow_stdin, stop_on_error=False, store_history=True
        )
        return message

    RunningKernel.execute_cell_input = execute_cell_input


def _compare_images() -> None:
    # nbval never compares figures; ours must come out the same, byte for byte
    from nbval.plugin import IPyNbFile

    start = IPyNbFile.__init__

    def with_images(self: Any, *args: Any, **options: Any) -> None:
        start(self, *args, **options)
        self.skip_compare = tuple(k for k in self.skip_compare if not k.startswith("image/"))

    IPyNbFile.__init__ = with_images


def _refuse_unexecuted() -> None:
    # nbval compares nothing for a cell without an execution count, and calls that passed
    from nbval.plugin import IPyNbFile

    collect = IPyNbFile.collect

    def collect_executed(self: Any) -> Iterator[Any]:
        for item in list(collect(self)):
            if item.cell.execution_count is None and item.cell.source.strip():
                raise self.CollectError(f"{self.path}: cell {item.cell_num} was never executed")
            yield item

    IPyNbFile.collect = collect_executed
