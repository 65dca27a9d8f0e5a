# `make` alone checks everything that is quick. Needs only Python 3.11 to 3.13, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STUDY ?= configs/talks_collapse.yaml
RESULT ?= results/$(basename $(notdir $(STUDY)))
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all lint types test test-all browser golden run bench bench-quick claims lines clean

all: lint types test lines

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

run: $(VENV)/.installed
	$(BIN)/crossroads run $(STUDY) -o $(RESULT) --keep 100 --force
	$(BIN)/crossroads report $(RESULT) -o $(RESULT)/report.html

$(VENV)/.installed-bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	touch $@

BENCHMARKS := startup peers scaling sweeps efficiency

bench: $(VENV)/.installed-bench
	for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name || exit 1; done
	$(BIN)/python -m benchmarks.page

bench-quick: $(VENV)/.installed-bench
	for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name --quick || exit 1; done
	$(BIN)/python -m benchmarks.page --quick

claims: $(VENV)/.installed
	$(BIN)/crossroads claims configs/h*.yaml --page docs/claims.md

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n auto

test-all: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n auto -m ''

browser:
	command -v chromium >/dev/null || { apt-get -qq update && apt-get -qq install -y chromium; }

golden: $(VENV)/.installed-dev
	CROSSROADS_GOLDEN=rewrite $(BIN)/python -m pytest -q tests/test_golden.py
	git --no-pager diff --stat -- tests/golden

lines:
	@find sim -name '*.py' | xargs wc -l | sort -n | tail -n 12

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache
