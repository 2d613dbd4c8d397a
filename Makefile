# Two commands on a fresh machine: `make pilot` and `make test`. Needs Python 3.11+ and make only.
PYTHON ?= python3
UV := .bootstrap/bin/uv
BIN := .venv/bin
PEIL := $(BIN)/peil
DEVICES ?= 12000
DAYS ?= 7
ROUNDS ?= 3
EXAMPLES ?= 60
# two workers more than cores, six at most, since each waits for others at times; arithmetic starts no threads
# beside them. The long tests start services of their own: a worker fewer
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(6, 2 + (os.cpu_count() or 1)))')
test-slow: WORKERS = $(shell $(PYTHON) -c 'import os; print(min(5, 1 + (os.cpu_count() or 1)))')
# at once, on all cores: else the first command compiles Peil, or each one where Python may write nothing
COMPILE = $(BIN)/python -m compileall -q -j 0 peil models dags expectations
# the first pilot waits for no compilation: what a run imports most is compiled while the country is simulated, on
# the core that the simulator leaves idle; every other module by whoever imports it first
LARGEST = mlflow sqlalchemy sklearn numba airflow scipy great_expectations networkx dbt holidays narwhals libcst \
	google opentelemetry alembic aiohttp joblib werkzeug fastapi cryptography dbt_semantic_interfaces agate dbt_common
COMPILE_LARGEST = cd $(BIN)/../lib/python3*/site-packages && $(CURDIR)/$(BIN)/python -m compileall -qq -x '/tests?/' $(LARGEST)
KEEP_COMPILED = PYTHONDONTWRITEBYTECODE=
# compiled modules are kept: else every process that a test starts compiles Peil anew
PYTEST = $(KEEP_COMPILED) OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
export DO_NOT_TRACK = true

.PHONY: help install install-dev pilot test test-slow fuzz check .check-types .check-rest bench up clean lock compose-secrets
.DEFAULT_GOAL := help

help: ## say a line on each command
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(UV):
	@echo "1. Getting uv into .bootstrap/ (nothing is installed system-wide)"
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	@$(PYTHON) -m venv .bootstrap
	@.bootstrap/bin/pip install --quiet --disable-pip-version-check uv==0.13.*

.venv/.installed: $(UV) pyproject.toml uv.lock
	@echo "2. Installing Peil into .venv/ (about 1 GB; a few seconds, longer on a slow line)"
	@$(UV) sync --frozen --inexact --quiet --no-compile-bytecode
	@touch .venv/.installed

.venv/.pilot: .venv/.installed
	@$(UV) sync --frozen --inexact --quiet
	@$(COMPILE)
	@touch .venv/.pilot

.venv/.dev: $(UV) pyproject.toml uv.lock
	@echo "2. Installing Peil and its test tools into .venv/"
	@$(UV) sync --frozen --quiet --group dev --extra pkcs11
	@$(COMPILE)
	@touch .venv/.installed .venv/.pilot .venv/.dev

# half a gigabyte that the long tests alone need
.venv/.spark: .venv/.dev
	@echo "3. Installing Spark beside them"
	@$(UV) sync --frozen --quiet --group dev --extra pkcs11 --extra spark
	@touch .venv/.spark

install: .venv/.pilot ## install what runs a pilot into .venv/

install-dev: .venv/.dev ## install the test tools as well

pilot: .venv/.installed ## simulate the demo country, run its pilot, say where the page is (DEVICES=12000 DAYS=7)
	@[ .venv/.pilot -nt .venv/.installed ] || ( $(COMPILE_LARGEST) ) & \
	$(KEEP_COMPILED) $(PEIL) simulate --devices $(DEVICES) --days $(DAYS)
	@$(KEEP_COMPILED) $(PEIL) run demo

test: .venv/.dev ## run the tests (7 to 20 minutes on two cores, by the machine)
	@$(PYTEST) -m "not slow and not compose"

test-slow: .venv/.spark ## run the long tests: kills, a started Airflow, docker compose
	@$(PYTEST) --durations=40 -rs -m "slow or compose"

fuzz: .venv/.dev ## try properties and broken deliveries on new examples; ROUNDS=3 times over
	@for round in $$(seq $(ROUNDS)); do \
	    echo "Round $$round of $(ROUNDS), about 2 minutes" && PEIL_FUZZ_EXAMPLES=$(EXAMPLES) \
	    $(PYTEST) -m "not slow and not compose" tests/properties tests/deliveries/test_fuzz.py tests/deliveries/test_fuzz_followed.py tests/unit/inspecting/test_reference_files.py \
	    || exit 1; \
	done

check: .venv/.dev ## format, lint, types, import arrows, SQL
	@$(MAKE) --no-print-directory -j2 .check-types .check-rest

.check-types:
	@$(BIN)/mypy

.check-rest:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint dbt_project --disable-progress-bar

bench: .venv/.dev ## measure: simulator, accuracy on known truth, estimation at scale, staging up to 100 M events
	@failed=""; for name in simulate accuracy draws estimate location stays stage tampering; do \
	    $(BIN)/python -m benchmarks $$name || failed="$$failed $$name"; \
	done; [ -z "$$failed" ] || { echo "Without the figures that were meant:$$failed"; exit 1; }

up: .venv/.pilot ## start Airflow and MLflow on this machine, for people who want the consoles
	@$(PEIL) up

compose-secrets: .venv/.pilot ## draw the secrets of docker-compose.yml, once, and write .env with their owner and who approves
	@$(BIN)/python -c 'from pathlib import Path; from peil.adapters.airflow.composing import compose_secrets, write_env; from peil.settings import settings; \
	print(write_env(Path(".env"), compose_secrets(Path("data/operator/keys/compose"), settings())).read_text(), end="")'

lock: $(UV) ## resolve again: uv.lock and the hashed requirements.txt for pip users
	@$(UV) lock
	@$(UV) export --frozen --no-dev --no-emit-workspace --format requirements.txt -o requirements.txt --quiet

clean: ## remove the environments and caches; data/ stays (remove it yourself)
	rm -rf .venv .bootstrap .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
