"""Progress bars that stay out of a page's record."""

import os
import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(steps: Iterable[Any] | None = None, **options: Any) -> "tqdm[Any]":
    """A progress bar over ``steps``, with tqdm's options, printed to standard output.

    Standard output, because on a page whatever goes to standard error counts as a warning. The
    book's build sets ``SDL_QUIET=1``: a bar holds times, and times differ from run to run.
    """
    quiet = os.environ.get("SDL_QUIET", "0") != "0"
    options["disable"] = options.get("disable", False) or quiet
    return tqdm(steps, file=sys.stdout, **options)
