# One command each: `make install`, `make demo`, `make test`. Nothing else has to be set up first.
PYTHON ?= python3.11
UV ?= uv
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := pip install --quiet --disable-pip-version-check
STAMP := $(VENV)/.installed
LEFT_OUT := $(VENV)/left_out.txt
BY_FILE := --dist loadfile --no-loadscope-reorder
PEERS := .venv-peers
PEERS_STAMP := $(PEERS)/.installed

.PHONY: help install peers browser demo sandbox test check bench lock clean

help:
	@echo 'make install  set everything up in $(VENV)          / всё поставить в $(VENV)'
	@echo 'make demo     play the main story and check it      / показать и проверить главную историю'
	@echo 'make sandbox  a portal and a Diadoc to click in     / портал и Диадок, чтобы понажимать самому'
	@echo 'make test     everything that is checked            / все проверки'
	@echo 'make bench    what the product costs, as ratios     / сколько стоит работа, в отношениях'

install: $(STAMP)

$(STAMP): requirements-dev.lock setup.cfg pyproject.toml
	@python=$$(sh sandbox/prerequisites.sh $(PYTHON)) && "$$python" -m venv $(VENV)
	$(BIN)/$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	$(BIN)/$(PIP_INSTALL) --no-deps -e .
	touch $@

# Other people's clients, which the tests and the bench compare ours with, cannot share our environment.
peers: $(PEERS_STAMP)

$(PEERS_STAMP): requirements-peers.lock
	@python=$$(sh sandbox/prerequisites.sh $(PYTHON)) && "$$python" -m venv $(PEERS)
	$(PEERS)/bin/$(PIP_INSTALL) --require-hashes -r requirements-peers.lock
	touch $@

demo: install
	@$(BIN)/python -m sandbox.demo $(ARGS)

sandbox: install
	@$(BIN)/python -m sandbox.demo.playground $(ARGS)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Pages are tested in a real one. None is no failure: the tests that need it are left out, and the end says so.
browser: install
	@$(BIN)/python -m tests.browser.bringing

# Most tests wait for somebody, so four at once; those that kill, soak and time out want the machine for themselves.
test: check peers browser
	$(BIN)/pytest -n 4 $(BY_FILE) -m "not slow" --left-out $(LEFT_OUT) $(ARGS)
	$(BIN)/pytest -m slow $(ARGS) || [ $$? -eq 5 ]
	@cat $(LEFT_OUT)

bench: install peers
	$(BIN)/python -m bench $(ARGS)

# For whoever changes dependencies; nobody else needs uv. Machine paths and indexes stay out of the files.
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links
lock:
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: https://pypi.org/project/uv/'; exit 1; }
	$(LOCK) setup.cfg --extra embedded --extra sandbox --extra dev -o requirements-dev.lock
	$(LOCK) setup.cfg --extra embedded -c requirements-dev.lock -o requirements.lock
	$(LOCK) requirements-peers.in -o requirements-peers.lock

clean:
	rm -rf $(VENV) $(PEERS) build dist *.egg-info .ruff_cache .mypy_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
