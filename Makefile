# A fresh machine needs Python >= 3.11 and nothing else.
PYTHON ?= python3
BIN := .venv/bin
PAGES := b24app/static/dist/manifest.json
NPM := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/npm --prefix b24app/frontend

.PHONY: demo test bench lint serve frontend templates

demo: .venv/ready $(if $(KEEP),$(PAGES)) ## plays a merge request's life against emulated systems; KEEP=1 stays up
	$(BIN)/python -m demo $(if $(KEEP),--keep)

test: .venv/ready $(PAGES) ## all on SQLite, the pages in a browser, the database on PostgreSQL
	$(BIN)/pytest -n 2 --database=sqlite
	@if $(BIN)/python -m tools.chromium; then \
		$(BIN)/pytest --database=sqlite -m browser; \
	else \
		echo; echo "LEFT OUT: the tests of the pages in a browser."; \
	fi
	@if $(BIN)/python -m tools.postgres; then \
		$(BIN)/pytest -n 2 --database=postgresql -m "database and not browser"; \
	else \
		echo; echo "LEFT OUT: the PostgreSQL run. The suite passed on SQLite only."; \
	fi

bench: .venv/ready ## measures; the figures are in docs/benchmarks.md
	$(BIN)/python -m bench

templates: .venv/ready ## the reporter's script inlined into the component templates
	$(BIN)/python ci-components/generate.py

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python ci-components/lint.py

serve: .venv/ready $(PAGES) ## web and worker on the embedded database
	$(BIN)/b24bridge serve

frontend: $(PAGES) ## the pages; Node comes from PyPI

$(PAGES): b24app/frontend/node_modules/.package-lock.json \
		$(wildcard b24app/frontend/*.*) $(shell find b24app/frontend/src -type f)
	$(NPM) run build
	touch $@

b24app/frontend/node_modules/.package-lock.json: \
		b24app/frontend/package-lock.json b24app/frontend/.npmrc | .venv/ready
	$(NPM) ci --prefer-offline --no-progress --loglevel=error
	touch $@

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[test,build,postgres,redis]'
	touch $@
