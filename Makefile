# Steward. `make help` lists the targets.
# Needs GNU make, Python 3.11 or newer with venv, and a package index; nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
# Test processes at once.
JOBS ?= 2
# Tracing doubles the time of a test, so only these folders of tests are traced.
TRACED := ledger orders runs
# The interpreters that are tried, in this order; PYTHON=/path/to/python chooses one.
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3.14 python3 python)
PINS := pyproject.toml constraints.txt
PYTEST = $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal
INSTALL := $(BIN)/python -m pip install -qq -c constraints.txt

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_BUILD_CONSTRAINT := constraints.txt

.PHONY: help demo test coverage check lint slow docs soak mutants fuzz bench validate clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile
	@echo ""
	@echo "PYTHON=/path/to/python chooses the interpreter, JOBS=4 the number of test processes."

# --- environments ---------------------------------------------------------------------------------
# One .venv for all. The demo installs what it runs on; the tests add their tools to it later.

$(BIN)/python:
	@found=""; \
	for candidate in $(PYTHONS); do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	      >/dev/null 2>&1; then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Steward needs Python 3.11 or newer with its venv module; looked for: $(PYTHONS)." >&2; \
	  echo "Debian, Ubuntu: apt-get install python3 python3-venv. Or: make demo PYTHON=/path/to/python" >&2; \
	  exit 1; \
	fi; \
	echo "Creating $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.demo: $(PINS) | $(BIN)/python
	@echo "Installing Steward and the data package of the demo"
	@$(INSTALL) -e ".[demo]"
	@touch $@

$(VENV)/.dev: $(PINS) | $(BIN)/python
	@echo "Installing Steward with the tools for tests, checks and docs"
	@$(INSTALL) -e ".[demo,dev]"
	@touch $(VENV)/.demo $@

# --- for everybody --------------------------------------------------------------------------------

demo: $(VENV)/.demo ## Install, run the default backtest, print its table and report
	@echo "Running: steward backtest"
	@$(BIN)/steward backtest

# --- for those who change it ----------------------------------------------------------------------

test: $(VENV)/.dev ## Install the tools, run every test not marked slow
	@rm -f .coverage .coverage.*
	@echo "1 of 2: the tests of $(TRACED), traced; they alone must cover ledger and orders"
	@$(PYTEST) -m "not slow" $(TRACED:%=tests/%) \
	  --cov=steward.ledger --cov=steward.orders --cov-branch --cov-report=
	@$(BIN)/python -m coverage report --fail-under=100
	@echo "2 of 2: all other tests"
	@$(PYTEST) -m "not slow" $(TRACED:%=--ignore=tests/%)

coverage: $(VENV)/.dev ## The same tests with the branch coverage of every room: takes longer
	@rm -f .coverage .coverage.*
	@$(PYTEST) -m "not slow" --cov=steward --cov-branch

check: lint docs slow ## Lint, types, import rules, docs and the slow tests
	@echo "All checks passed."

lint: $(VENV)/.dev ## Check style, types and import rules
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports

slow: $(VENV)/.dev ## Run the slow tests, the commands of the docs among them
	@$(PYTEST) -m slow

docs: $(VENV)/.dev ## Build the pages into site/; a warning is an error
	@$(BIN)/zensical build --strict --clean

soak: $(VENV)/.dev ## Do a million things to accounts (STEPS=N) and see that no law breaks
	@$(BIN)/python tools/soak.py --jobs $(JOBS) $(if $(STEPS),--steps $(STEPS))

mutants: $(VENV)/.dev ## Change ledger and orders in small ways and see whether the tests notice; resumes
	@$(BIN)/python tools/mutants.py --jobs $(JOBS) $(if $(SAMPLE),--sample $(SAMPLE))

fuzz: $(VENV)/.dev ## Damage files of every layout for ten minutes and see what an import does
	@$(INSTALL) -e ".[fuzz]" || echo "No atheris for this Python: files are damaged at random."
	@$(BIN)/python tools/fuzz.py --seconds 600

bench: $(VENV)/.dev ## Measure time and memory, write them into docs/benchmarks.md
	@$(INSTALL) lbriv==1.0.0 || echo "No lbriv for this Python: py_lets_be_rational stands in."
	@$(BIN)/python tools/bench.py --write docs/benchmarks.md; run=$$?; \
	$(BIN)/python tools/bench_kernels.py --write docs/benchmarks.md || run=1; \
	$(BIN)/python tools/bench_simulated.py --write docs/simulated.md || run=1; \
	$(BIN)/python tools/bench_data.py --write docs/benchmarks.md && exit $$run

validate: $(VENV)/.dev ## Fit again and hold the model against real quotes (needs the shared data)
	@$(BIN)/python tools/validate.py $(if $(WRITE),--write)

clean: ## Remove caches and built pages
	@rm -rf site build dist htmlcov .cache .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .hypothesis .coverage .coverage.*
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove .venv too; runs/ stays
	@rm -rf $(VENV)
