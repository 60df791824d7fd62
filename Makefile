# A fresh machine needs Python >= 3.11 and nothing else.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test bench lint serve

demo: .venv/ready ## plays a merge request's life against emulated systems; KEEP=1 stays up
	$(BIN)/python -m demo $(if $(KEEP),--keep)

test: .venv/ready ## everything on SQLite, then what touches the database on PostgreSQL
	$(BIN)/pytest --database=sqlite
	@if $(BIN)/python -m tools.postgres; then \
		$(BIN)/pytest --database=postgresql -m database; \
	else \
		echo; echo "LEFT OUT: the PostgreSQL run. The suite passed on SQLite only."; \
	fi

bench: .venv/ready ## measures; the figures are in docs/benchmarks.md
	$(BIN)/python -m bench

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

serve: .venv/ready ## web and worker on the embedded database
	$(BIN)/b24bridge serve

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[test,postgres,redis]'
	touch $@
