.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' Makefile
demo: ## set everything up, simulate two weeks, audit 485 contacts
	$(PYTHON) -m abkit.bootstrap demo
test: ## set everything up, then lint, types and the quick tests
	$(PYTHON) -m abkit.bootstrap test
slow: ## coverage studies and long runs (many minutes)
	$(BIN)/python -m pytest -m slow
benchmarks: ## measure the speed claims, beside the peer a user would pick; make docs/benchmarks.md
	$(PYTHON) -m abkit.bootstrap install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable ".[benchmarks]"
	$(BIN)/python -m pytest -m benchmark -s tests/benchmarks --page docs/benchmarks.md
links: ## what mypy reads: the four folders as one package
	$(PYTHON) -m abkit.bootstrap links
types: links ## mypy, strict
	$(BIN)/mypy
lint: ## ruff, rules and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
format: ## ruff, in place
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .
language: ## make docs/language.md again
	$(BIN)/abkit language --real ../shared/data --write docs/language.md
coverage: ## make docs/coverage.md again
	$(BIN)/abkit validate --coverage --format markdown > docs/coverage.md
validity: ## make docs/validity.md again (many minutes)
	$(BIN)/abkit validate --experiments 1000 --seed 1 --format markdown > docs/validity.md
faults: ## make docs/faults.md again (five minutes)
	$(BIN)/abkit validate --faults 50 --seed 1 --format markdown > docs/faults.md
control-log: ## make the part of docs/fit-scenario.md on control logs again (a minute)
	$(BIN)/python -m abkit.pipeline.fitting_log_study
forecast: ## grade forecasts on 100 simulated companies, make docs/forecast.md again (minutes)
	$(BIN)/abkit forecast --companies 100 --seed 1 --jobs 2 --format markdown > docs/forecast.md
	$(BIN)/python -m abkit.cli.forecast_rehearsal >> docs/forecast.md
theory: ## make docs/theory.md again (half a minute)
	$(BIN)/abkit validate --seed 1 --format markdown > docs/theory.md
reproduce: ## make docs/calibration.md and its figures again (three seeds: three quarters of an hour)
	$(BIN)/abkit reproduce --table 1 --table 2 --seeds 3 --figures --out docs/figures \
		--format markdown > docs/calibration.md
real-texts: ## make docs/real-texts.md again (reads ../shared/data; two seeds: twenty minutes)
	$(BIN)/abkit reproduce --real-texts ../shared/data --seeds 2 --format markdown \
		> docs/real-texts.md
what-if: ## make docs/what-if.md and its figure again (fifteen trainings: ten minutes)
	$(BIN)/abkit whatif --scenario returns-bot-points --model-seeds 3 --plot docs/figures/what-if.svg \
		--format markdown > docs/what-if.md
bank: ## make the scenario bank-1999 and docs/bank-1999.md again (reads ../shared/data; some minutes)
	$(BIN)/python -m abkit.pipeline.bank_remake ../shared/data
triggered: ## make docs/triggered.md again (three hundred experiments: a quarter of an hour)
	$(BIN)/python -m abkit.pipeline.triggered_study
interference: ## make docs/interference.md and its figures again (resumable; ten minutes alone)
	$(BIN)/python -m abkit.cli.interference_page > docs/interference.md.new
	mv docs/interference.md.new docs/interference.md
clean: ## remove what was built, not the runs
	rm -rf .links build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache

.PHONY: faults what-if help demo test slow benchmarks links types lint format language coverage validity theory control-log forecast reproduce real-texts bank triggered interference clean
