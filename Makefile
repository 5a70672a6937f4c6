# `make demo` and `make test` need Python 3.11, git and make; they make their own environment.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test faults lint bench lock clean

demo: $(READY)
	$(BIN)/autoresearch demo

test: $(READY)
	$(BIN)/pytest -n auto $(TESTS)

# The long batteries: kills at random moments, errors at every write, edits that change nothing; some 40 minutes.
faults: $(READY)
	AUTORESEARCH_KILLS=300 AUTORESEARCH_FAULTS=1 AUTORESEARCH_NEUTRAL=200 \
	  $(BIN)/pytest -n auto --timeout 3600 tests/faults tests/research/test_judging.py \
	  tests/end_to_end/test_suite_looking.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python benchmarks/run.py

# Pins every dependency by hash. Run it after a change of pyproject.toml.
lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header \
	  --no-annotate --python-version 3.11 --upgrade -o requirements/dev.txt

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements/dev.txt pyproject.toml
	@echo "making the environment in .venv …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
