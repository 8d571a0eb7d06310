# `make run` starts the bot; `make test` and `make check` are what a change must pass.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
REFERENCE := .venv-reference
PEERS := .venv-peers
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet

.PHONY: run test check parity loading tiling shortcuts variations waiting responsiveness soak bench curves profile fuzz clean

run: $(VENV)/run.stamp
	@$(PY) -m sdbot

test: $(VENV)/dev.stamp
	$(PY) -m pytest

check: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# Makes the reference again with the libraries it comes from, and compares all of it.
parity: $(VENV)/dev.stamp $(REFERENCE)/stamp
	$(REFERENCE)/bin/python tests/reference/make.py
	$(REFERENCE)/bin/python tests/reference/schedulers.py
	$(REFERENCE)/bin/python tests/reference/prompts.py
	$(REFERENCE)/bin/python tests/reference/loras.py
	$(REFERENCE)/bin/python tests/reference/pickles.py
	$(PY) -m pytest tests/diffusion --differences

# How long and how much memory it takes to load a model of Stable Diffusion 1.5's size, in each form.
loading: $(VENV)/dev.stamp
	$(PY) -m tests.large.loading

# How much memory it takes to paint 1024 x 1024 at that size, without and with a tiled VAE.
tiling: $(VENV)/dev.stamp
	$(PY) -m tests.large.tiling

# What each shortcut saves, and what it changes; writes docs/shortcuts.md, in about 10 minutes.
shortcuts: $(VENV)/dev.stamp
	$(PY) -m tests.large.shortcuts

# How much of a picture its variations keep, by strength.
variations: $(VENV)/dev.stamp
	$(PY) -m tests.large.variations

# How long members wait, and how well it is foretold; simulated.
waiting: $(VENV)/dev.stamp
	$(PY) -m tests.large.waiting

# How soon members are answered while the bot paints, and whether its memory grows.
responsiveness: $(VENV)/dev.stamp
	$(PY) -m tests.large.responsiveness

# What becomes of what was promised when the bot is killed at random, again and again.
soak: $(VENV)/dev.stamp
	$(PY) -m tests.large.soak

# How fast the core is beside PyTorch and OpenVINO; writes its part of docs/performance.md, in about
# 25 minutes.
bench: $(VENV)/dev.stamp $(PEERS)/stamp
	$(PY) -m tests.large.bench

# How seconds and memory grow with what is asked for; writes its part of docs/performance.md, and
# draws docs/curves, in about 20 minutes.
curves: $(VENV)/dev.stamp $(PEERS)/stamp
	$(PY) -m tests.large.curves.measure docs/curves/figures.json
	$(PY) -m tests.large.curves.document docs/curves/figures.json docs/performance.md
	$(PEERS)/bin/python -m tests.large.curves.draw docs/curves/figures.json docs/curves

# Which operations a call of the UNet spends its time in; writes its part of docs/performance.md.
profile: $(VENV)/dev.stamp
	$(PY) -m tests.large.profile

# What becomes of PyTorch's files that are changed at random, for SECONDS.
fuzz: SECONDS ?= 3600
fuzz: $(VENV)/dev.stamp
	$(PY) -m tests.large.fuzz_pickles -max_total_time=$(SECONDS)

clean:
	rm -rf $(VENV) $(REFERENCE) $(PEERS)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp is written last, so that an interrupted installation starts again.
$(VENV)/run.stamp: requirements.txt | $(PY)
	@echo "Installing what the bot needs (once, about 2 GB, a few minutes) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(REFERENCE)/stamp: tests/reference/requirements.txt
	$(PYTHON) -m venv $(REFERENCE)
	$(REFERENCE)/bin/python -m pip install --quiet -r tests/reference/requirements.txt
	@touch $@

$(PEERS)/stamp: tests/large/bench/requirements.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet -r tests/large/bench/requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt | $(PY)
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
