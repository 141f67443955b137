# What works on a fresh machine with Python, git and make alone. The developer's menu is `.venv/bin/nox -l`.
.PHONY: bootstrap demo docs lint test

WORKERS ?= 2
READY := .venv/.proctor-ready

test: $(READY)  ## the whole test suite but the slow sweeps; `nox -s tests` measures branch coverage as well
	.venv/bin/python -m pytest -n $(WORKERS) -m "not slow"

demo: $(READY)  ## the main job on a copy of the example
	.venv/bin/python scripts/demo.py

lint: $(READY)
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports

docs: $(READY)  ## links lead somewhere, examples run, every message is explained
	.venv/bin/python scripts/check_docs.py
	.venv/bin/python scripts/script_api.py --check

bootstrap: $(READY)

$(READY): pyproject.toml scripts/bootstrap.sh
	scripts/bootstrap.sh
	@touch $@
