# What a newcomer needs: `make demo` and `make test`. `make help` lists the rest.
# Everything is installed into .venv* in this folder. Nothing outside it changes but pip's cache and temporary files.

SHELL := /bin/bash

CONSTRAINTS := constraints/py311.txt
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
# Files of tests side by side, one on each core; each process with TensorFlow takes up to 2 GB.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

# Python 3.11 if there is one, else any newer one. Say `make demo PYTHON=/path/to/python` for another.
PYTHON ?= $(shell for p in python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)

PROJECTS := pyproject.toml $(wildcard plugins/*/pyproject.toml)
EDITABLE := -e . $(foreach plugin,ak_vision ak_text ak_tabular,-e plugins/$(plugin))
LIGHT := $(wildcard tests/light tests/*/light)
HEAVY := $(wildcard tests/heavy tests/*/heavy)

export TF_CPP_MIN_LOG_LEVEL := 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Keras and Matplotlib would write to the home directory.
export KERAS_HOME := $(CURDIR)/build/keras
export MPLCONFIGDIR := $(CURDIR)/build/matplotlib
# Activated environments and paths of the caller's shell must not leak in.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
.DEFAULT_GOAL := help

# Environments. A stamp file says what is installed; it is made anew when a pyproject.toml or the pins change.

define make_venv
	@test -n "$(PYTHON)" || { echo "Error: Python 3.11 or newer is needed, and none was found. Install it, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Creating $(1) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
endef

$(VENV)/.made: $(CONSTRAINTS)
	$(call make_venv,$(VENV))
	@$(PY) -m pip install --quiet -c $(CONSTRAINTS) --group build
	@touch $@

$(VENV)/.demo: $(VENV)/.made $(PROJECTS)
	@echo "Installing the core, ak-vision and what the demo needs (the first time some 700 MB are downloaded) ..."
	@$(PY) -m pip install --quiet --no-build-isolation -c $(CONSTRAINTS) -e . -e plugins/ak_vision --group demo
	@touch $@

$(VENV)/.test: $(VENV)/.made $(PROJECTS)
	@echo "Installing the core, all plugins and the tools (the first time some 800 MB are downloaded) ..."
	@$(PY) -m pip install --quiet --no-build-isolation -c $(CONSTRAINTS) $(EDITABLE) --group lint --group test --group demo
	@touch $@

.venv-lowest/.made: constraints/lowest.txt $(PROJECTS)
	$(call make_venv,.venv-lowest)
	@.venv-lowest/bin/python -m pip install --quiet -c constraints/lowest.txt --group build
	@.venv-lowest/bin/python -m pip install --quiet --no-build-isolation -c constraints/lowest.txt $(EDITABLE) --group test
	@touch $@

.PHONY: demo
demo: $(VENV)/.demo ## search for an image classifier on real data and show what comes out
	@$(PY) examples/demo.py

# Tests, in the order in which they fail fastest. Each layer stops the run with a non-zero exit status if it fails.

.PHONY: test
test: ## everything that CI runs
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test-light
	@$(MAKE) --no-print-directory test-heavy
	@$(MAKE) --no-print-directory test-docs
	@$(MAKE) --no-print-directory test-wheels

.PHONY: lint
lint: $(VENV)/.test ## style, formatting, types, layers
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

.PHONY: format
format: $(VENV)/.test ## format the code and fix what can be fixed by a tool
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

.PHONY: test-light
test-light: $(VENV)/.test ## tests that need no Keras; it cannot be imported in them
	$(PYTEST) --block-heavy $(LIGHT)

.PHONY: test-heavy
test-heavy: $(VENV)/.test ## tests that build and train models
	$(PYTEST) $(PARALLEL) $(HEAVY)

.PHONY: test-docs
test-docs: $(VENV)/.test ## the code in README, docs and examples runs
	$(PYTEST) $(PARALLEL) tests/docs

.PHONY: wheels
wheels: $(VENV)/.test ## build the four wheels into dist/
	@rm -rf dist
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . ./plugins/ak_vision ./plugins/ak_text ./plugins/ak_tabular
	@ls dist

.PHONY: test-wheels
test-wheels: wheels ## the wheels, each alone in an environment of its own
	$(PY) tools/check_wheels.py --python "$(PYTHON)" --constraints $(CONSTRAINTS)
	$(PYTEST) tests/wheels

.PHONY: test-lowest
test-lowest: .venv-lowest/.made ## light and heavy tests with the lowest supported versions
	.venv-lowest/bin/python -m pytest --block-heavy $(LIGHT)
	.venv-lowest/bin/python -m pytest $(PARALLEL) $(HEAVY)

.PHONY: constraints
constraints: $(VENV)/.made ## resolve the newest versions and rewrite constraints/py311.txt
	@$(PY) tools/refresh_constraints.py

.PHONY: clean
clean: ## remove everything that these commands made
	rm -rf .venv .venv-lowest .venv-wheels dist build demo-output .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
