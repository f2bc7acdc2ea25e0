# Two commands do all the set-up: `make demo` and `make test`. Both make .venv and node_modules themselves.
PYTHON ?= python3
SHELL := /bin/bash
READY := .venv/.ready
NODE_READY := node_modules/.ready

.PHONY: demo test lint types imports unit soak bench up lock clean

demo: $(READY) $(NODE_READY)  ## a clinic's morning, an outage, a killed worker, and the books that balance
	@exec .venv/bin/python -m sandbox demo $(DEMO)

# Two processes, each with servers of its own; the tests of one file stay together.
test: $(READY) $(NODE_READY) lint types imports  ## everything that must hold
	@exec .venv/bin/python -m pytest -n 2 --dist loadfile $(TESTS)

up: $(READY) $(NODE_READY)  ## the sandbox alone, until Ctrl-C
	@exec .venv/bin/python -m sandbox up

lint: $(READY)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: $(READY)
	@.venv/bin/mypy

imports: $(READY)
	@.venv/bin/lint-imports

soak: $(READY) $(NODE_READY)  ## the fault suite in its long form
	@exec .venv/bin/python -m pytest -m soak $(TESTS)

bench: $(READY) $(NODE_READY)  ## ratios measured side by side in one run
	@exec .venv/bin/python -m bench $(BENCH)

lock: $(READY)  ## pin anew; needs uv
	@uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --upgrade -q -o requirements.lock
	@npm install --package-lock-only

clean:
	@rm -rf .venv node_modules .sandbox

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; say which with PYTHON=python3.12 make …"; exit 2; }
	@echo "Installing Python packages into .venv (once) …"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(NODE_READY): package-lock.json package.json
	@node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' \
	  || { echo "Node 20 or newer is needed."; exit 2; }
	@echo "Installing PostgreSQL, PostgREST and the Supabase CLI into node_modules (once) …"
	@npm ci --silent --no-audit --no-fund
	@touch $@
