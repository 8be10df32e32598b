# reconciler: `make demo` to see it, `make test` to check it, `make help` for the rest.
#
# Every path here is relative, so the work tree may stand anywhere, in a path with blanks too.
# Tools run as `python -m`, because the first line of a console script does not survive such a path everywhere.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
INSTALLED_TEST := $(VENV)/.installed-test
N ?= 1000,10000,100000
SECONDS ?= 120
BACKENDS ?= local,postgres,s3,ceph,http

.PHONY: help demo cluster test check lint format bench soak docs clean

help: ## what can be made
	@echo 'make TARGET, where TARGET is'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12
	@echo
	@echo 'PYTHON=python3.13 picks the Python; it must be 3.11 or newer.'

# A virtualenv is tied to the path it was made in: the stamp names it, and a moved work tree gets a new one.
ifneq ($(shell cat $(VENV)/.made-at 2>/dev/null),$(CURDIR))
MOVED := moved
endif
.PHONY: moved

$(INSTALLED): pyproject.toml scripts/install.sh scripts/find-python.sh $(MOVED)
	@scripts/install.sh $(VENV) .
	@touch $@

$(INSTALLED_TEST): pyproject.toml scripts/install.sh scripts/find-python.sh scripts/spf_corpus.py $(MOVED)
	@scripts/install.sh $(VENV) '.[test,lint]'
	@$(PY) scripts/spf_corpus.py
	@touch $(INSTALLED) $@

demo: $(INSTALLED) ## install into .venv, then plan and apply examples/quickstart in a throw-away copy
	@scripts/demo.sh $(PY)

cluster: $(INSTALLED_TEST) ## run a mail host with groupware to play with, as root: web mail, PostfixAdmin, IMAP; until Ctrl-C
	@scripts/system-packages.sh
	@$(PY) -m scripts.cluster

test: ## install all that is needed, then lint and run every test
	@scripts/system-packages.sh
	@$(MAKE) --no-print-directory check

check: lint ## lint and run every test with what is installed
	$(PY) -m pytest -n auto --dist worksteal

lint: $(INSTALLED_TEST) ## ruff, mypy strict, and the import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'

format: $(INSTALLED_TEST) ## let ruff mend and format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(INSTALLED_TEST) ## time and memory for N=1000,10000,100000 mailboxes, as ratios
	$(PY) bench/run.py --sizes $(N) --backends $(BACKENDS)

soak: $(INSTALLED_TEST) ## eight processes apply to one state while a killer is about: SECONDS=120 BACKENDS=local,postgres,…
	$(PY) tests/soak/run.py --seconds $(SECONDS) --backends $(BACKENDS)

docs: $(INSTALLED_TEST) ## write the generated pages again: docs/commands, schemas
	$(PY) scripts/generate.py

clean: ## remove what make made
	rm -rf $(VENV) build dist bench/out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
