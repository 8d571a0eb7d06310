# `make run` starts the bot; `make test` and `make check` are what a change must pass.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet

.PHONY: run test check clean

run: $(VENV)/run.stamp
	@$(PY) -m sdbot

test: $(VENV)/dev.stamp
	$(PY) -m pytest

check: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

clean:
	rm -rf $(VENV)

$(PY):
	$(PYTHON) -m venv $(VENV)

# A stamp is written last, so that an interrupted installation starts again.
$(VENV)/run.stamp: requirements.txt | $(PY)
	@echo "Installing what the bot needs (once, a few minutes) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt | $(PY)
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
