# `make serve` and `make test` do everything on a fresh machine with Python 3.11, git and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 3000
# What installs the rest; the lock pins it, too.
UV := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.lock)

.DEFAULT_GOAL := help

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## Make .venv with everything, as the lock pins it

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Cierre needs Python 3.11 or newer; this is %d.%d: set PYTHON=…" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package-lock.json
	@if command -v npm >/dev/null; then npm ci --no-audit --no-fund && touch $@; \
	else echo "npm is not here: the linters and clients from npm will be skipped"; fi

serve: install ## Run the service with demo data on localhost:3000; docs at /ui
	$(BIN)/cierre serve --demo --port $(PORT)

mock: install ## Run the mock server of our contract on localhost:4010
	$(BIN)/cierre mock

test: install node_modules/.installed ## Run the tests, as CI does; STEPS="lint types" runs some of its steps
	$(BIN)/tox run $(if $(STEPS),-- $(STEPS))

test-long: install node_modules/.installed ## What is long by nature, as CI does: 500 examples, every defect, the peers
	$(BIN)/tox run -- --long

attacks: install ## Run every attack that SECURITY.md names
	$(BIN)/python -m tests.steps attacks

contract: install ## The long contract run: 500 examples an operation on both databases, 100 of views and mock, every defect
	$(BIN)/pytest tests/contract_tests -m long

bench: install ## Measure us beside the peers; SCALE=1: us alone with ten million sessions; QUICK=1: small, in a few minutes
	$(BIN)/python -m $(if $(SCALE),benchmarks.scenarios.scale,benchmarks) $(if $(QUICK),--quick)

documents: install ## Request each operation of public documents from npm once; the table of docs/mock.md
	$(BIN)/python -m benchmarks.public_documents

stateful-documents: install ## Follow a thing of each resource of public documents through its life; a table of docs/mock.md
	$(BIN)/python -m benchmarks.stateful_documents

found: install ## What the contract tests find and what plain schemathesis finds; the table of docs/contract-tests.md
	$(BIN)/python -m benchmarks.contract_tests

# Tools that `make install` leaves out; each group of pyproject.toml has its lock and its environment.
.venv-release/.installed: release/requirements.lock $(VENV)/.installed
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-release
	VIRTUAL_ENV=.venv-release $(BIN)/uv pip install --quiet --require-hashes -r $<
	@touch $@

dist: install .venv-release/.installed ## Build sdist and wheel, the same bytes for the same commit; check them; SBOM, licences, man page
	$(BIN)/python -m release

.venv-docs/.installed: release/docs.lock $(VENV)/.installed
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-docs
	VIRTUAL_ENV=.venv-docs $(BIN)/uv pip install --quiet --require-hashes -r $<
	@touch $@

docs: install .venv-docs/.installed ## Make the site of the pages and the contract in site/, and check its links
	$(BIN)/python -m release.site

translations: install ## Compile what the command line says in Spanish
	$(BIN)/pybabel --quiet compile --domain cierre --directory cierre/cli/locale

format: install ## Let ruff decide about form
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lock: install ## Pin what pyproject.toml asks for; UPGRADE=1: the newest of everything
	$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --extra all --extra reports --extra otel --universal --python-version 3.11 \
		--generate-hashes --no-header $(if $(UPGRADE),--upgrade) -o requirements.lock
	$(BIN)/uv pip compile --quiet --group release --universal --python-version 3.11 \
		--generate-hashes --no-header $(if $(UPGRADE),--upgrade) -o release/requirements.lock
	$(BIN)/uv pip compile --quiet --group docs --universal --python-version 3.11 \
		--generate-hashes --no-header $(if $(UPGRADE),--upgrade) -o release/docs.lock

clean: ## Remove what was built
	rm -rf $(VENV) .venv-release .venv-docs .tox .cache node_modules .bench build dist site *.egg-info .cierre

.PHONY: help install serve mock test test-long attacks contract bench documents stateful-documents found dist docs translations format lock clean
