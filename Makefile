# `make run` opens Quarterdeck, `make check` is for every change, `make test` runs the whole suite.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501
# One more than there are cores, for a test in a browser or of the command line mostly waits.
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WORKERS ?= $(shell echo $$(( $(CORES) + 1 )))
TESTS_HOME := $(CURDIR)/.quarterdeck-tests
# What Python compiles is kept: compiling everything in every process takes longer than most tests.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run check test untraced test-slow check-deploy dist tools docs words lock clean

help:
	@echo "make run        install, build the sample company and its models, open the app (PORT=8501)"
	@echo "make check      format, lint, types, layers and unit tests, without browser, database or trained models"
	@echo "make test       the whole suite, with a browser and PostgreSQL"
	@echo "make test-slow  wheel, lowest versions, identity provider, proxies, attacks, image (CHANGED=1: those changed since they passed; MINUTES=10: of them what fits)"
	@echo "make check-deploy  what docs/operations.md says of deployment, run again: rules, chart, Terraform, proxies, image"
	@echo "make untraced   work out anew which tests are counted (tests/traced.txt, tests/untraced.txt)"
	@echo "make dist       wheel and source archive, into dist"
	@echo "make tools      install Chromium and PostgreSQL for the tests (as root)"
	@echo "make docs       write NOTICE, docs/glossary.md, docs/data-columns.md and the dashboard anew, and the documents as a site into site"
	@echo "make words      take the words on screen out of the source into the catalogues"
	@echo "make lock       work out requirements.lock anew from pyproject.toml"
	@echo "make clean      remove the environment, the sample and the models"

run: .venv/ready
	@$(BIN)/quarterdeck serve --port $(PORT)

check: .venv/ready
	@$(BIN)/python -m pytest -q -m quick -n $(CORES) --dist loadgroup --no-loadscope-reorder

# Models are learnt while tests run that need none; whoever needs them waits until they are there.
test: .venv/ready
	@.ci/tools || true
	@$(BIN)/python -m tests.companies & built=$$!; trap "kill $$built" INT TERM; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --cov=core --cov-report=term:skip-covered --cov-fail-under=95; \
	passed=$$?; wait $$built && exit $$passed

untraced: .venv/ready
	@rm -rf $(TESTS_HOME)/gains
	@$(BIN)/python -m tests.companies
	@QUARTERDECK_COUNT_GAINS=$(TESTS_HOME)/gains $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --cov=core --cov-report=
	@$(BIN)/python -m tools.untraced $(TESTS_HOME)/gains

test-slow: SLOW = $(BIN)/python -m tools.slow $(if $(CHANGED),--changed) $(if $(MINUTES),--minutes=$(MINUTES))
test-slow: .venv/ready
	@test -z "$$($(SLOW) --list 2>/dev/null)" || .ci/tools --proxies --deploy || true
	@$(SLOW)

# The quick half is part of `make test`; the other builds an image and takes half an hour and 20 GB of disk.
check-deploy: .venv/ready
	@.ci/tools --proxies --deploy || true
	@$(BIN)/python -m pytest -q tests/deploy tests/operations
	@$(BIN)/python -m tools.slow monitoring deployment proxies wheel image $(if $(CHANGED),--changed)

dist: .venv/ready
	@$(BIN)/uv build --quiet --out-dir dist
	@ls dist

tools:
	@.ci/tools --required

words: .venv/ready
	@$(BIN)/python -m tools.words

docs: .venv/ready
	@$(BIN)/python -m tools.notice
	@$(BIN)/python -m tools.glossary
	@$(BIN)/python -m tools.data_columns
	@$(BIN)/python -m tools.dashboard
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The documents are in site/index.html."

.venv/ready: pyproject.toml requirements.lock vectors.lock
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python is not installed: Quarterdeck needs Python 3.11 or later."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This Python is too old: Quarterdeck needs 3.11 or later. Name a newer one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@mkdir -p .venv 2>/dev/null && test -w .venv || { echo "This folder cannot be written to: move Quarterdeck to a folder of your own and try again."; exit 1; }
	@echo "Installing Quarterdeck into .venv (once; about a minute)"
	@$(PYTHON) -m venv .venv || { echo "The environment could not be made: on Debian install python3-venv and try again."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock vectors.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

lock:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-header --generate-hashes --upgrade pyproject.toml -o requirements.lock

clean:
	@rm -rf .venv .quarterdeck .quarterdeck-tests
