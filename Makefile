# Everything runs in .venv, which the first target sets up from Python 3.11 or newer and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/gru-toolkit
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt

.PHONY: help setup demo test test-backends lint kill-test fuzz clean

help:
	@echo "make demo           train a forecaster and a classifier on data/, evaluate, predict"
	@echo "make test           all tests with TensorFlow"
	@echo "make test-backends  the same with JAX and torch too"
	@echo "make lint           format, style and types"
	@echo "make kill-test      100 kills of trainings, each resumed to the same weights"
	@echo "make fuzz           10,000 mutated files of every format"
	@echo "make clean          remove .venv and what the targets wrote"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, $(PYTHON) is older: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV): a few minutes the first time"
	$(INSTALL) -e '.[dev]'
	@touch $@

$(VENV)/installed-backends: $(VENV)/installed
	$(INSTALL) -e '.[dev,jax,torch]'
	@touch $@

setup: $(VENV)/installed

demo: setup
	rm -rf demo && mkdir demo
	$(RUN) train data/sales.csv --task forecast --target sales --known promotion,price --horizon 28 --out demo/sales
	$(RUN) train data/gestures.csv --out demo/gestures
	@echo; echo "Data that neither network has seen, from another seed:"
	$(RUN) data sales --seed 1 --out demo/other_sales.csv
	$(RUN) data gestures --seed 1 --out demo/other_gestures.csv
	$(RUN) evaluate demo/sales demo/other_sales.csv
	$(RUN) evaluate demo/gestures demo/other_gestures.csv
	$(RUN) predict demo/sales data/sales.csv --out demo/next_28_days.csv
	$(RUN) predict demo/gestures demo/other_gestures.csv --out demo/labels.csv
	@head -4 demo/next_28_days.csv demo/labels.csv
	@echo
	@echo "Next: open demo/sales/report.html, or try"
	@echo "  $(RUN) show demo/gestures"
	@echo "  $(RUN) doctor data/sensors.csv --target hours_left"
	@echo "  $(RUN) train data/sensors.csv --task regress --target hours_left"
	@echo "  $(RUN) train YOUR_FILE.csv"

test: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-backends: $(VENV)/installed-backends
	GRU_TOOLKIT_TEST_BACKENDS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy

kill-test: $(VENV)/installed-backends
	$(BIN)/python benchmarks/kill_test.py

fuzz: setup
	$(BIN)/python benchmarks/fuzz_readers.py --cases 10000

clean:
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
