# Halte. `make serve` and `make test` set everything up by themselves; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.PHONY: help serve test check train chat evaluate bench lint clean setup

HALTE := .venv/bin/halte
# The first Python that really starts and is new enough (a shim of pyenv may exist and fail).
PYTHON = $(shell for p in python3 /usr/bin/python3 python3.10 python3.11 python3.12 python3.13 python3.9 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
BOOTSTRAP = p="$(PYTHON)"; [ -n "$$p" ] || { echo "Python 3.9 or newer is needed: install python3, then start again." >&2; \
	exit 1; }; "$$p" scripts/bootstrap.py
# HOST only from the command line: some shells export it as the name of the machine.
ADDRESS = $(if $(filter command,$(firstword $(origin HOST))),--host "$(HOST)") $(if $(PORT),--port "$(PORT)")

help: ## this list
	@echo "make <target>    (options: ARGS='...'; serve also HOST=... PORT=...)"
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  %-10s %s\n", $$1, $$2}'

serve: ## set up, train if there is no model, start, print the address to open
	@$(BOOTSTRAP) run
	@exec $(HALTE) serve $(ADDRESS) $(ARGS)

test: ## set up for the tests, then run all of them; what cannot run here is skipped with its reason
	@$(BOOTSTRAP) test
	@exec bash scripts/test.sh

check: setup ## check content, translations, directory, numbers, links
	@exec $(HALTE) check $(ARGS)

train: setup ## train a new model
	@exec $(HALTE) train $(ARGS)

chat: setup ## talk in the terminal (ARGS='--lang fr')
	@exec $(HALTE) chat $(ARGS)

evaluate: setup ## precision, recall and F1 on the test messages (ARGS='--json')
	@exec $(HALTE) evaluate $(ARGS)

bench: setup ## time and memory, beside Rasa's default pipeline (ARGS='--json')
	@exec $(HALTE) bench $(ARGS)

lint: ## style, types and import rules only
	@$(BOOTSTRAP) test
	@exec bash scripts/test.sh lint

clean: ## remove what was built here: packages, tools, models, database, caches
	rm -rf .venv .tools .rasa var results .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -f models/*.tar.gz models/*.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@$(BOOTSTRAP) run
