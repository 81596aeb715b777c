# Every target brings .venv up by itself. `make` alone lists them. Works with GNU make 3.81 and in paths with spaces.

PROFILE ?= quick
CORPUS  ?= both
ROWS    ?= headline
PAPERS  ?=
PROTOCOL ?= honest
DEVICE  ?= auto
SEED    ?=
RUN     ?=
PYTHON  ?=

PY    := .venv/bin/python
READY := .venv/.ready
READY_TEST := .venv/.ready-test

# The kernel python3 is the one of .venv, whatever the user has installed elsewhere.
export JUPYTER_PREFER_ENV_PATH := 1

.DEFAULT_GOAL := help
.PHONY: help reproduce check test lab results figures docs book bench notebooks

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  Variables of reproduce: PROFILE=smoke|quick|standard|paper CORPUS=NAME|FOLDER ROWS=headline|all PROTOCOL=honest|paper SEED=N DEVICE=auto|cpu|cuda RUN=FOLDER"
	@echo "  PAPERS=NAME, or several as in PAPERS=msn,dlga, reproduces these papers only, with the shared notebooks and the rivals on their corpora."
	@echo "  PYTHON=FILE chooses the interpreter (3.11 to 3.13) that .venv is made with."

reproduce: $(READY)  ## run every experiment and notebook from nothing, and compare with the committed results
	@$(PY) -m depnb reproduce --profile "$(PROFILE)" --corpus "$(CORPUS)" --rows "$(ROWS)" --protocol "$(PROTOCOL)" \
		--device "$(DEVICE)" $(if $(PAPERS),--papers "$(PAPERS)") $(if $(SEED),--seed "$(SEED)") $(if $(RUN),--folder "$(RUN)")

check: $(READY_TEST)  ## what to run before a commit, some minutes: lint, types, layers, tests that do not train
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m tools.check_committed
	$(PY) -m tools.lint_notebooks notebooks
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 -m "not slow and not whole and not alone" tests

test: check  ## check, slow tests, notebooks against their committed outputs, one smoke run from nothing
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 -m "slow and not whole and not alone" tests
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadfile --nbval --nbval-cell-timeout=900 notebooks
	$(PY) -m pytest -m alone tests
	$(PY) -m pytest -n 2 -m whole tests/whole

lab: $(READY)  ## open working copies of the notebooks in my/ with JupyterLab
	@$(PY) -m depnb.course.copies my
	@$(PY) -m jupyterlab my

results: $(READY)  ## train what the committed results lack (hours; resumes), measure faces
	@$(PY) -m depnb run --missing --rows committed --store results
	@$(PY) -m depnb faces both --accuracy results/faces.json > /dev/null

figures: $(READY)  ## draw figures/ and its tables from results/, write the numbers of the README
	@$(PY) -m depnb figures
	@$(PY) -m tools.update_readme
	@$(PY) -m tools.network_card

docs: $(READY)  ## write the GPU-hours of docs/avec.md from the plan, some minutes
	@$(PY) -m tools.update_docs

book: $(READY_TEST)  ## build the website into build/book/html, without a network
	@$(PY) -m book

NOT_SPEED := $(addprefix benchmarks/,paper_learning.py depnet_features.py evidence.py reproductions.py lengths.py where_it_looks.py)
bench: $(READY)  ## measure what the speed claims rest on
	@set -e; for file in $(filter-out $(NOT_SPEED),$(wildcard benchmarks/*.py)); do echo "== $$file"; $(PY) "$$file"; done

notebooks: $(READY)  ## execute the committed notebooks in place and normalise them
	@$(PY) -m nbconvert --to notebook --execute --inplace --ExecutePreprocessor.kernel_name=python3 \
		--ExecutePreprocessor.kernel_manager_class=depnb.course.headless.KernelManager \
		--ExecutePreprocessor.timeout=3600 notebooks/*.ipynb
	@$(PY) -m tools.lint_notebooks --normalise notebooks

# .ready is written last, and .installing lies there from the start to the end of an installation:
# an interrupted one is begun anew, never taken for complete.
$(READY): pyproject.toml requirements.txt
	@set -e; \
	fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
	python="$(PYTHON)"; \
	if [ -z "$$python" ]; then \
		for name in python3.11 python3.12 python3.13 python3 python; do \
			if "$$name" -c "$$fits" >/dev/null 2>&1; then python="$$name"; break; fi; \
		done; \
		if [ -z "$$python" ]; then \
			echo "No Python 3.11, 3.12 or 3.13 found (looked for python3.11, python3.12, python3.13, python3, python)." >&2; \
			echo "Install one, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; \
		fi; \
	elif ! "$$python" -c "$$fits"; then \
		echo "PYTHON=$$python does not run as Python 3.11, 3.12 or 3.13; depnb needs one of them." >&2; exit 1; \
	fi; \
	if [ -e .venv/.installing ] || ! .venv/bin/python -c "$$fits" >/dev/null 2>&1; then \
		echo "Making .venv with $$python"; \
		"$$python" -m venv --clear .venv; \
	fi; \
	touch .venv/.installing; \
	echo "Installing the pinned requirements into .venv (several GB the first time)"; \
	$(PY) -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps -r requirements.txt; \
	PYTHONWARNINGS=ignore $(PY) -m pip install --disable-pip-version-check --quiet --no-build-isolation --no-deps -e .; \
	rm .venv/.installing; \
	touch $(READY)

# What only tests need, in the same way. After an interruption its packages are installed over what is there.
$(READY_TEST): requirements-test.txt $(READY)
	@set -e; \
	install="$(PY) -m pip install --disable-pip-version-check --quiet"; \
	if [ -e .venv/.installing-test ]; then $$install --force-reinstall --require-hashes --no-deps -r requirements-test.txt; fi; \
	touch .venv/.installing-test; \
	echo "Installing what the tests need into .venv"; \
	$$install --require-hashes --no-deps -r requirements-test.txt; \
	rm .venv/.installing-test; \
	touch $(READY_TEST)
