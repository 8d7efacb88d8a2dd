# Two commands: `make run` opens the lab, `make test` checks it. Each sets up what it needs, once.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
READY_DEV := $(VENV)/ready-dev
FILE ?=
OUT := out
# At a terminal pip shows what it fetches; a log needs only what goes wrong.
QUIET := $(shell test -t 2 || echo -qq)

.PHONY: run test thorough bench screenshots clean
.DELETE_ON_ERROR:

run: $(READY)
	@if $(PY) -m dllab.doctor --display; then exec $(PY) main.py $(FILE); else $(MAKE) --no-print-directory terminal; fi

# Where no window can open: the same training in the terminal, and a picture of what the window would show.
.PHONY: terminal
terminal: $(READY)
	@mkdir -p $(OUT)
	@echo "Training the digits network here in the terminal instead."
	@$(PY) -m dllab new digits-cnn -o $(OUT)/digits-cnn.dllab --force >/dev/null
	@$(PY) -m dllab train $(OUT)/digits-cnn.dllab --results $(OUT)/digits-cnn.jsonl
	@$(PY) -m ui.picture $(OUT)/digits-cnn.dllab $(OUT)/digits-cnn.png

test: $(READY_DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -n 2 -q || { echo "What failed is run once more, alone:"; \
		$(PY) -m pytest -q --last-failed --last-failed-no-failures none; }

# The random tests once more, each as often as docs/reliability.md says; no time limit of a day's check holds here.
thorough: $(READY_DEV)
	DLLAB_THOROUGH=1 $(PY) -m pytest -m thorough -n 2 -q --timeout=3600 -o faulthandler_timeout=3700

bench: $(READY_DEV)
	$(PY) -m benchmarks.run

screenshots: $(READY)
	@mkdir -p docs/images
	$(PY) -m ui.picture docs/images

clean:
	rm -rf $(VENV) $(OUT) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up: again only when what it depends on is newer ---------------------------------------------------------

$(READY): constraints.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "dllab needs Python 3.11 or newer: install it, then run make again."; exit 1; }
	@$(PYTHON) dllab/doctor.py --install --quiet || true
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing the lab into $(VENV): a few minutes, once …"
	@$(PY) -m pip install $(QUIET) -c constraints.txt -e .
	@touch $@

$(READY_DEV): $(READY)
	@$(PY) -m dllab.doctor --install --quiet --tests || true
	@$(PY) -m pip install $(QUIET) -c constraints.txt -e '.[dev]'
	@touch $@
