# The commands of the book; `make help` lists them.

PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help book test serve chapter slides new-chapter exercises homework grade gradebook bench data clean lint test-lib test-book test-homework nbval test-browser

help:  ## what there is to do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

book: $(READY)  ## build the site into _build/html; SOLUTIONS=hide leaves the solutions out
	@$(PY) tools/vendor.py
	@SDL_SOLUTIONS=$(SOLUTIONS) $(PY) -m tools.book build
	@echo "To read it: make serve"

test: book lint test-lib test-book test-homework nbval test-browser  ## build the book and check everything

serve: $(READY)  ## serve the built site on http://127.0.0.1:8000
	@$(PY) -m tools.book serve --port $(PORT)

chapter: $(READY)  ## one page, fast: make chapter C=security/adversarial-examples
	@$(PY) tools/vendor.py
	@$(PY) -m tools.book chapter $(C)

slides: $(READY)  ## a built chapter as a deck: make slides C=security/adversarial-examples
	@$(PY) tools/vendor.py
	@$(PY) -m tools.slides $(C)

new-chapter: $(READY)  ## start a page: make new-chapter C=security/my-page T="Its title"
	@$(PY) -m tools.new_chapter "$(C)" "$(T)"

exercises: $(READY)  ## what each checker says of solution, starter and wrong answers (C=... for one)
	@$(PY) tests/book/exercise_report.py $(C)

homework: $(READY)  ## notebooks and autograder archives of all homeworks, or of one: H=linear-models-four-ways
	@$(PY) -m tools.homework build $(H)

grade: $(READY)  ## mark a folder of notebooks: make grade H=linear-models-four-ways S=submissions
	@$(PY) -m tools.homework grade "$(H)" "$(S)"

gradebook: $(READY)  ## one table of the class, and a CSV for Canvas: make gradebook D=course
	@$(PY) -m tools.homework gradebook "$(D)"

bench: $(READY)  ## speed against other libraries, as ratios in one run
	@for bench in tests/bench/bench_*.py; do $(PY) $$bench || exit 1; done

data: $(READY)  ## make the shipped data sets and weights again, from their sources
	@$(PY) -m tools.make_data
	@$(PY) -m experiments.weights

lint: $(READY)  ## style, types and spelling
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/codespell

test-lib: $(READY)  ## the library's tests
	@$(PY) -m pytest tests/lib -q -n 2

test-book: $(READY)  ## the pages' tests, on a built book
	@$(PY) -m pytest tests/book -q -n 2 --dist worksteal

test-homework: $(READY)  ## homework: sources, marking, hostile notebooks, leaks, on a built book
	@$(PY) -m pytest tests/homework -q -n 2 --dist loadfile

nbval: $(READY)  ## run every notebook again and compare all outputs
	@$(PY) -m tools.book nbval

test-browser: $(READY)  ## the site in a browser, on a built book
	@$(PY) tools/vendor.py --tests
	@$(PY) -m pytest tests/browser -q -n 2 --dist loadscope

clean:  ## remove what was built (the environment stays)
	@rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# torch first and with its exact pin (an open range can pull gigabytes of CUDA); the rest without
# looking at dependencies, because the lock is complete and torchattacks asks for an old requests.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else \
		"Python 3.11 or newer is needed, found %d.%d; name one with: make PYTHON=python3.12" % v[:2])'
	@echo "Making the environment in .venv (some minutes, once)"
	@$(PYTHON) -m venv .venv
	@$(PY) -m pip install -q --disable-pip-version-check "$$(grep '^torch==' requirements.lock)"
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps -r requirements.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@
