# The commands of the README and of everyday work; `make help` lists them. All of them run in .venv, which make creates.

PYTHON ?= python3
CORES ?= all
CONFIG ?= config.yaml
SHEETS ?= resources/doodles
SEED ?= 0
INPUTS ?= 9380
KILLS ?= 200
PYTHONS ?= 3.11 3.12 3.13
VERSIONS ?= lowest pinned newest
DEVICE ?= --device cuda
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)
export PATH := $(CURDIR)/$(BIN):$(PATH)

# With LC_ALL=C, Python 3.11 reads the paths of packages as ASCII; the path of a clone may have other characters.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif

# Snakemake needs a cache. Without a writable home, as in many containers, it is here.
ifeq ($(shell test -w "$(HOME)/" && echo writable),)
export XDG_CACHE_HOME ?= $(CURDIR)/.snakemake/cache
endif

.PHONY: gifs check test lint format schema docs weights dist chaos fuzz test-slurm test-matrix benchmark benchmark-quality benchmark-motion device-check clean help

gifs: .venv/ready  ## run the default pipeline, into results/gifs
	$(SNAKEMAKE) --quiet rules reason host -- results/gifs
	@echo "Open results/gifs/index.html in a browser."

check: .venv/ready  ## for every day: style, types and the quick unit tests
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy --no-error-summary
	$(BIN)/pytest --quiet --numprocesses 2 --dist worksteal -m "not slow" tests/unit

test: .venv/ready  ## all tests: two at a time, then those that measure times, alone
	$(BIN)/pytest --numprocesses 2 --dist worksteal -m "not alone and not slurm"
	$(BIN)/pytest -m alone

lint: .venv/ready  ## check style and types, and ask Snakemake for advice
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: .venv/ready  ## format all sources
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/snakefmt Snakefile workflow

schema: .venv/ready  ## write config.schema.json from the model of the configuration
	$(BIN)/python -m inkbridge.config.settings > config.schema.json

docs: .venv/ready  ## build the documentation, into build/docs; a warning is an error
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs
	@echo "Open build/docs/index.html in a browser."

weights: .venv/ready  ## train the networks that come with inkbridge anew, and say whether they differ; 1.5 hours on 2 cores
	$(BIN)/python -m qa.weights --cores "$(CORES)"

dist: .venv/ready  ## build the wheel and the source distribution, into dist
	rm -rf dist build/lib
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

chaos: .venv/ready  ## inject faults for real and print what was lost; KILLS=200 SEED=0
	$(BIN)/python -m qa.chaos --kills "$(KILLS)" --seed "$(SEED)"

fuzz: .venv/ready  ## try thousands of odd sheets and configurations; INPUTS=9380 SEED=0
	$(BIN)/python -m qa.fuzz --inputs "$(INPUTS)" --seed "$(SEED)"

test-slurm: build/slurm/ready  ## run the pipeline on a Slurm of two nodes on this machine; as root, with Debian's packages
	$(BIN)/pytest tests/slurm

test-matrix: .venv/ready  ## run the tests on other Pythons and versions; PYTHONS="3.11 3.12" VERSIONS="lowest pinned newest"
	$(BIN)/python -m qa.matrix --pythons $(PYTHONS) --versions $(VERSIONS)

benchmark: .venv/ready  ## measure speed, each figure a ratio of two sides run together; after make gifs
	$(BIN)/python benchmarks/synthesis.py
	$(BIN)/python -m benchmarks.networks
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/fan_out.py
	$(BIN)/python benchmarks/command_line.py
	$(BIN)/python -m benchmarks.gallery
	$(BIN)/python -m benchmarks.studio

benchmark-quality: .venv/ready  ## measure quality; CONFIG=my.yaml SHEETS=folder choose of what; after make gifs
	@$(BIN)/python -m benchmarks.quality --config "$(CONFIG)" --sheets "$(SHEETS)"

benchmark-motion: .venv/ready  ## measure movement on scenes whose true in-betweens are known; after make gifs
	@$(BIN)/python -m benchmarks.motion --config "$(CONFIG)"

device-check:  ## on a machine with a GPU: tests, speeds, a training of four minutes; DEVICE="--device cpu --small" without one
	PYTHONPATH=workflow $(PYTHON) -m qa.device_check $(DEVICE)

clean:  ## remove all results
	find results -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	rm -rf .snakemake

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The stamp is written last: an interrupted installation is done again.
.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "inkbridge needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[pipeline,dev,dist,docs,pdf,heic,svg,studio]'
	@touch $@

# The plugin of Snakemake, in a folder of its own: in .venv, it would slow down every start of Snakemake.
build/slurm/ready: constraints.txt .venv/ready
	rm -rf build/slurm
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target build/slurm \
		$$(grep ^snakemake-executor-plugin-slurm constraints.txt)
	@touch $@
