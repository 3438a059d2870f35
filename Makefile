# One command each: `make install`, `make demo`, `make test`. Nothing else has to be set up first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install demo sandbox test check bench lock clean

install: $(STAMP)

$(STAMP): requirements-dev.lock setup.cfg pyproject.toml
	@sh sandbox/prerequisites.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@
