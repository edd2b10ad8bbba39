# repair-risk: `make demo` and `make test` set up everything they need. `make help` lists the rest.
SHELL := /bin/bash
.DELETE_ON_ERROR:
VENV := .venv
BIN := $(VENV)/bin
export GX_ANALYTICS_ENABLED := False
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true

# The first interpreter on this machine that really runs and is one the lock file serves.
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)

.PHONY: help demo test check pytest format soak serve suites clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.runtime ## the whole path on a small synthetic world, with a report and one explained case
	@$(BIN)/repair-risk demo

test: check pytest ## all checks and all tests

check: $(VENV)/.dev ## format, lint, types, import contracts
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && echo "format and lint: ok"
	@$(BIN)/mypy
	@$(BIN)/lint-imports

pytest: $(VENV)/.dev system ## the tests alone
	@$(BIN)/python -m pytest -n 2 --dist loadscope

# Cases of the indicators' check stay 10,000 whatever the rounds: each takes 0.2 MB of memory.
ROUNDS ?= 10000
HISTORIES ?= 5000
soak: $(VENV)/.dev ## heavier rounds of the tests' random checks; ROUNDS=n, and HISTORIES=n for the indicators, set how many
	@$(BIN)/python -m benchmarks.import_damaged $(ROUNDS)
	@$(BIN)/python -m benchmarks.corrupt_bundles $(ROUNDS)
	@$(BIN)/python -m benchmarks.policy totality $(ROUNDS)
	@$(BIN)/python -m benchmarks.policy monotone $(ROUNDS)
	@$(BIN)/python tests/features/soak.py --histories $(HISTORIES)

serve: $(VENV)/.runtime ## serve the scoring endpoint and the reviewer pages
	@$(BIN)/repair-risk serve

format: $(VENV)/.dev ## put the code into the project's format
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

suites: $(VENV)/.dev ## write the Great Expectations suites of records/suites/ anew from the contracts
	@$(BIN)/python -c "from records.data_docs import SUITES, write_suites; write_suites(SUITES)"

# Of data/ only what git ignores: the figures of the last evaluation lie there too, and are kept in git.
clean: ## remove the environment and everything generated
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	git clean -fdXq data

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found (set PYTHON=...)"; exit 1; }
	@echo "making the environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

define install
	@echo "installing the packages of $(1), each checked against its hash (two to four minutes the first time) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check -qq --require-hashes -r $(1)
	@$(BIN)/python -m pip install --disable-pip-version-check -qq --no-deps --no-build-isolation -e .
	@touch $@
endef

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(call install,requirements.lock)

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(call install,requirements-dev.lock)
	@touch $(VENV)/.runtime

# What no Python package brings, for the tests of pages and PDF reports: Chromium, a font with Chinese,
# Pango, a reader of PDF. Installed where we may, named where we may not: those tests then say why they skip.
SYSTEM := chromium fonts-noto-cjk fontconfig libpango-1.0-0 libpangoft2-1.0-0 poppler-utils
.PHONY: system
system:
	@present=$$(dpkg-query -W -f='$${Package} $${db:Status-Status}\n' $(SYSTEM) 2>/dev/null | grep -c ' installed' || true); \
	if [ "$$present" -lt $(words $(SYSTEM)) ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing $(SYSTEM) ..."; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM) >/dev/null; \
		else echo "for every test, install: $(SYSTEM)"; fi; fi
