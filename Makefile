# Cooper. `make help` says what there is; every target makes what it needs by itself.
.DEFAULT_GOAL := help
.ONESHELL:
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ENVIRONMENTS := $(PYTHON) -m infra.local.environments
BIN := .venv/bin
PYTEST_ARGS ?=

.PHONY: help
help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' Makefile

.PHONY: up
up: env ## set everything up and start the whole stack (Ctrl-C ends it)
	@exec $(BIN)/python -m infra.local.stack $(UP_ARGS)

.PHONY: env root-env
env: ## create the Python environments (root, dags, nlu, aporia)
	@$(ENVIRONMENTS) root dags nlu aporia
root-env:
	@$(ENVIRONMENTS) root

.PHONY: nlu-model
nlu-model: env ## train the language model, if its data changed
	@$(BIN)/python -m infra.local.stack --prepare nlu-model

.PHONY: page
page: root-env ## build the page of the workspace simulator, if it changed
	@$(BIN)/python -m infra.local.stack --prepare page

.PHONY: images
images: root-env ## build the local image of the demo; others are built when they are first needed
	@$(BIN)/python -m infra.local.stack --prepare images

.PHONY: generate
generate: root-env ## write what derives from the catalogue (NLU data, schemas, manifest, docs)
	@$(BIN)/cooper generate

.PHONY: test
test: env nlu-model page images ## run every test
	@$(ENVIRONMENTS) chromium
	failed=0
	$(BIN)/cooper generate --check || failed=1
	# Each waits for much of its time, and they share nothing but what is built by now.
	$(MAKE) --jobs=2 --keep-going test-root beside-tasks beside-stack || failed=1
	exit $$failed

WHOLE_STACK := e2e or browser
# Of the two parts of the root suite, one may have none of the tests that were asked for.
NONE_IS_FINE := $(if $(PYTEST_ARGS),|| [ $$? -eq 5 ])
.PHONY: test-root test-stack
test-root:
	@$(BIN)/pytest -m "not ($(WHOLE_STACK))" $(PYTEST_ARGS) $(NONE_IS_FINE)
test-stack: env nlu-model page images ## run the tests that start the whole stack, with Chromium
	@$(ENVIRONMENTS) chromium
	$(BIN)/pytest -m "$(WHOLE_STACK)" $(PYTEST_ARGS) $(NONE_IS_FINE)

beside-%: # what it says comes in one piece
	@failed=0
	said=$$(MAKEFLAGS= $(MAKE) test-$* PYTEST_ARGS='$(PYTEST_ARGS)' 2>&1) || failed=1
	printf '%s\n' "$$said"
	exit $$failed

.PHONY: test-tasks
test-tasks: env images ## run the tests of tasks, statistics and example projects
	@failed=0
	dags/.venv/bin/python -m pytest -c dags/pyproject.toml --rootdir=. --confcutdir=tests/dags tests/dags || failed=1
	dags/.venv/bin/python -m pytest -c dags/pyproject.toml --rootdir=. --confcutdir=tests/monitoring tests/monitoring || failed=1
	for project in examples/*/; do
	  [ -d "$$project/tests" ] || continue
	  image=$$($(BIN)/python -m infra.local.images of "$$project") || exit 1
	  $(BIN)/python -m infra.local.images build "$$image" || exit 1
	  (cd "$$project" && PYTHONDONTWRITEBYTECODE=1 "$(CURDIR)/.cooper/images/$$image/bin/python" -m pytest) || failed=1
	done
	exit $$failed

.PHONY: oracles
oracles: env ## hold drift statistics against Evidently and NannyML (2 GB)
	@$(ENVIRONMENTS) oracles
	dags/.venv/bin/python -m pytest -c dags/pyproject.toml --rootdir=. --confcutdir=tests/monitoring tests/monitoring/oracles

.PHONY: lint
lint: root-env ## ruff, import rules, generated files fresh
	@set -e
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/cooper generate --check

.PHONY: types
types: root-env ## mypy, strict, on actions infra bot
	@$(BIN)/mypy

.PHONY: format
format: root-env ## format the code and fix what ruff can
	@$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

.PHONY: bench
bench: env nlu-model page images ## measure: latencies, second start, idle memory
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

.PHONY: hooks
hooks: root-env ## install the pre-commit hooks into this checkout
	@$(BIN)/pre-commit install

.PHONY: clean
clean: ## remove caches and built files (environments and the stack's data stay)
	@find . \( -name .venv -o -name node_modules -o -name .git -o -name .cooper \) -prune -o \
	  -name __pycache__ -type d -exec rm -rf {} +
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis infra/local/slack/page/dist

.PHONY: distclean
distclean: clean ## remove the environments and all data of the stack as well
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m infra.local.stack --stop; fi
	rm -rf .cooper .venv nlu/.venv dags/.venv dags/aporia/.venv tests/monitoring/oracles/.venv nlu/models
