# Works on a fresh machine with only python3 and make: the first target makes .venv with the tested versions.
PYTHON ?= python3
VENV ?= .venv
SCENARIO ?= us_iran_final_2026
TESTS ?= -m "not slow and not long"
BENCH ?=
LAB ?=
bin = $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help env forecast report test test-slow test-long lint lab notebooks posterior sbc bench readme wheel clean distclean

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 12

env:  ## the environment; does nothing when it is up to date
	@bash .ci/environment "$(PYTHON)" "$(VENV)"

forecast: env  ## run SCENARIO (default us_iran_final_2026): summary, outcome file and picture under runs/
	@mkdir -p runs
	@$(bin)/forecast run $(SCENARIO) --out runs --plot runs
	@echo "for a report to send on: make report" >&2

report: env  ## a report of the newest run under runs/, to send on (runs/*.html)
	@newest=$$(ls -t runs/*.nc 2>/dev/null | head -n 1); \
	  [ -n "$$newest" ] || { echo "no run yet: make forecast" >&2; exit 1; }; $(bin)/forecast report "$$newest"

test: env  ## the tests, without the slow ones, a file to a core
	@$(bin)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(TESTS)

test-slow: env  ## only the slow tests
	@$(bin)/python -m pytest -m slow || [ $$? = 5 ]

test-long: env  ## fits of simulated tables, planted kernel errors, learning from simulated histories: an hour or so
	@$(bin)/python -m pytest -m long

lint: env  ## ruff
	@$(bin)/ruff check .

lab: env  ## JupyterLab on the notebooks; needs no network
	@JUPYTER_CONFIG_PATH="$(CURDIR)/.ci/jupyter" $(bin)/jupyter lab --notebook-dir=notebooks \
	  $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(LAB)

notebooks: env  ## run every notebook as a reader would, and check that outputs are stripped
	@$(bin)/python -m pytest tests/house/test_notebooks.py -q -s

posterior: env  ## fit the posteriors that ship (data/posterior); an hour or so
	@$(bin)/python -m forecast.calibration.ship

sbc: env  ## simulation-based calibration of every block, with ECDF bands; an hour or so
	@$(bin)/python -m forecast.calibration.sbc

bench: env  ## speed, start-up and memory: a table, and benchmarks/build/bench.json
	@$(bin)/python -m benchmarks $(BENCH)

readme: env  ## write the printed result and the pictures of the README anew
	@$(bin)/python .ci/readme

wheel: env  ## build the wheel into dist/
	@$(bin)/python -m hatchling build -t wheel

clean:  ## remove what was built, keep the environment and the runs
	rm -rf build dist benchmarks/build .pytest_cache .ruff_cache .hypothesis
	find forecast kernels tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

distclean: clean  ## also remove the environments and the runs
	rm -rf .venv .venv-* runs
