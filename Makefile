PYTHON ?= python3
RUN := .venv/bin/python -m
CODE := app tests bench migrations

.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint lock mutants shots docs image

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .stamps/dev ## make .venv with everything for work on Tandem

demo: .stamps/runtime ## run Tandem here with a sample study
	@$(RUN) app.cli demo $(ARGS)

run: .stamps/runtime ## serve Tandem (settings: TANDEM_... in the environment)
	@$(RUN) app.cli serve $(ARGS)

test: .stamps/dev ## run the tests (one file: make test ARGS=tests/db)
	@$(RUN) pytest -q -n auto $(ARGS)

lint: .stamps/dev ## check style, types, imports and templates
	@$(RUN) ruff check $(CODE)
	@$(RUN) ruff format --check --quiet $(CODE)
	@$(RUN) mypy app
	@.venv/bin/lint-imports
	@.venv/bin/djlint templates --lint --quiet
	@$(RUN) check_jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	@if docker compose version >/dev/null 2>&1; then \
		TANDEM_PUBLIC_URL=https://tandem.example.org docker compose config --quiet; fi

lock: .stamps/dev ## compile the lock files from pyproject.toml
	@$(PIP) install uv
	@$(RUN) uv pip compile --quiet $(LOCK) --extra oidc -o requirements.lock pyproject.toml
	@$(RUN) uv pip compile --quiet $(LOCK) --extra oidc --extra dev -o requirements-dev.lock pyproject.toml
LOCK := --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links

mutants: .stamps/dev ## check that each promise's stored mutation is caught
	@$(RUN) tests.mutants $(ARGS)

shots: .stamps/dev ## take a picture of every page
	@$(RUN) bench.shots $(ARGS)

docs: .stamps/dev ## write docs/settings.md from the code
	@$(RUN) bench.settings_table

image: ## build the container image
	@if docker info >/dev/null 2>&1; then docker build --tag tandem .; \
	else echo "Not run: there is no Docker daemon here, so the image was not built."; fi

PIP := .venv/bin/python -m pip --quiet --disable-pip-version-check

.stamps/runtime: requirements.lock | .venv/bin/python
	@echo "Installing what Tandem runs on. This takes a minute, once."
	@$(PIP) install --require-hashes -r requirements.lock
	@mkdir -p .stamps && touch $@

.stamps/dev: .stamps/runtime requirements-dev.lock pyproject.toml
	@echo "Installing what the tests and checks need."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tandem needs Python 3.11 or later, and $(PYTHON) is older (or missing). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks venv. On Debian and Ubuntu: apt-get install python3-venv. Then make again." >&2; exit 1; }
	@$(PYTHON) -m venv .venv
