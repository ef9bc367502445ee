# The few words a newcomer needs. `make run` and `make test` install what they need by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# Tests start the daemon dozens of times; without compiled files each start takes a third longer.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install run test check peers bench bench-web fuzz pictures lock clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: install  ## a real desk on a temporary database; ARGS="--once" ends by itself
	@$(BIN)/maildesk trial $(ARGS)

test: install  ## the whole suite; what needs a missing peer is skipped and says so
	$(BIN)/python -m pytest -n auto --maxprocesses=6 --dist=worksteal -o tmp_path_retention_policy=failed $(ARGS)

check: install  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

peers:  ## Dovecot, Postfix and PostgreSQL for the tests (Debian, needs root)
	.ci/peers

bench: install  ## speed of a message from the socket to the relay
	$(BIN)/python -m bench $(ARGS)

bench-web: install  ## each page and the search with 100,000 tickets, on both databases
	$(BIN)/python -m bench.web $(ARGS)

fuzz: install  ## ten minutes of bytes that nobody would write; ARGS="--seconds 60 parse"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m tests.fuzz $(ARGS)

pictures: install  ## the pictures in docs/, from stories that are played (needs Chromium, pdftoppm)
	$(BIN)/python -m tests.pictures $(ARGS)

lock:  ## pin everything again (needs uv)
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	  --extra dev --custom-compile-command "make lock" --upgrade -o requirements.lock pyproject.toml
	uv pip compile --quiet --generate-hashes --python-version 3.11 --python-platform linux \
	  --extra fuzz --custom-compile-command "make lock" --upgrade -o requirements-fuzz.lock pyproject.toml

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache
