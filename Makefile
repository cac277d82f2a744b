# The two commands of the README, and those of everyday work. Everything runs in .venv, which is made on the way.

PYTHON ?= python3
CORES ?= all
CONFIG ?= config.yaml
SHEETS ?= resources/doodles
SEED ?= 0
INPUTS ?= 7080
KILLS ?= 200
PYTHONS ?= 3.11 3.12 3.13
VERSIONS ?= lowest pinned newest
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)
export PATH := $(CURDIR)/$(BIN):$(PATH)

# Where LC_ALL is C, Python 3.11 reads the places of packages in ASCII; a clone's path may be written otherwise.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif

# Snakemake insists on a cache: where there is no home that could have one, as in many containers, it is here.
ifeq ($(shell test -w "$(HOME)/" && echo writable),)
export XDG_CACHE_HOME ?= $(CURDIR)/.snakemake/cache
endif

.PHONY: gifs test test-matrix fuzz lint format schema docs dist benchmark benchmark-quality chaos clean

gifs: .venv/ready  ## the default pipeline, into results/gifs
	$(SNAKEMAKE) --quiet rules reason host -- results/gifs
	@echo "Open results/gifs/index.html in a browser."

test: .venv/ready  ## all tests: two at a time, then those of whole runs, which use two cores themselves
	@tests/browser/install-chromium
	$(BIN)/pytest --numprocesses 2 --dist loadfile -m "not slow"
	$(BIN)/pytest -m slow

fuzz: .venv/ready  ## thousands of odd sheets and configurations: each is right or refused; SEED=1 INPUTS=20000 for others
	$(BIN)/python -m qa.fuzz --seed $(SEED) --inputs $(INPUTS)

test-matrix: .venv/ready  ## the tests on other Pythons, with the lowest, pinned and newest versions; PYTHONS=3.12 VERSIONS=lowest
	$(BIN)/python -m qa.matrix --pythons $(PYTHONS) --versions $(VERSIONS)

lint: .venv/ready  ## style, types, Snakemake's own advice
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: .venv/ready  ## bring all sources into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/snakefmt Snakefile workflow

schema: .venv/ready  ## config.schema.json anew from the model of the configuration
	$(BIN)/python -m inkbridge.config.settings > config.schema.json

docs: .venv/ready  ## the documentation as pages, into build/docs; a warning is an error
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs
	@echo "Open build/docs/index.html in a browser."

dist: .venv/ready  ## the wheel and the source distribution, into dist
	rm -rf dist build/lib
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

benchmark: .venv/ready  ## figures of speed, each a ratio of two sides run together; after make gifs
	$(BIN)/python benchmarks/synthesis.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/fan_out.py
	$(BIN)/python benchmarks/command_line.py
	$(BIN)/python -m benchmarks.gallery

benchmark-quality: .venv/ready  ## figures of quality; CONFIG=my.yaml SHEETS=folder say of what; after make gifs
	@$(BIN)/python benchmarks/quality.py --config "$(CONFIG)" --sheets "$(SHEETS)"

chaos: .venv/ready  ## faults injected for real, and a table of what was lost; KILLS=200 SEED=0
	$(BIN)/python -m qa.chaos --kills "$(KILLS)" --seed "$(SEED)"

clean:  ## remove all results
	find results -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	rm -rf .snakemake

# The stamp is written last: an installation that was cut short is done again.
.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "inkbridge needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,dist,docs]'
	@touch $@
