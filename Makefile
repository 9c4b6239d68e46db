# The two commands a newcomer needs are `make demo` and `make test`; each sets up all it needs.
#
#   make demo ALL=1             all of the data instead of its first seven days
#   make demo ARGS='--help'     any other option of `keyfold demo`
#   make test ARGS='-k leases'  any other option of pytest
#
# Plain make and sh, no features of one version; works with `make -C FOLDER` and spaces in paths.

PYTHON = .venv/bin/python
ARGS =
ALL =

.PHONY: help env demo test test-long lint bench lock clean distclean

help:
	@echo 'make demo       the flights example, end to end on DynamoDB Local (ALL=1: all the data)'
	@echo 'make test       linters, types, import floors and all tests, with coverage'
	@echo 'make test-long  the tests with their long counts'
	@echo 'make lint       linters, types and import floors alone'
	@echo 'make bench      the benchmarks, as ratios against a named peer'
	@echo 'make env        only the environment in .venv, from requirements.lock'
	@echo 'make lock       write requirements.lock anew from pyproject.toml (needs network)'
	@echo 'make clean      remove caches and builds; make distclean removes .venv too'

env:
	@sh scripts/python.sh scripts/env.py

demo: env
	.venv/bin/keyfold demo $(if $(ALL),--all) $(ARGS)

lint: env
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-logo

test: lint
	$(PYTHON) -m pytest -n 2 --cov --cov-report=term:skip-covered $(ARGS)

test-long: env
	KEYFOLD_LONG=1 $(PYTHON) -m pytest -n 2 -o faulthandler_timeout=3600 $(ARGS)

bench: env
	$(PYTHON) -m benchmarks $(ARGS)

lock:
	@sh scripts/python.sh scripts/env.py lock

clean:
	rm -rf build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
	rm -rf .hypothesis .import_linter_cache
	find . -name .venv -prune -o -name __pycache__ -type d -exec rm -rf '{}' +

distclean: clean
	rm -rf .venv .venv.trash-* .venv.lock
