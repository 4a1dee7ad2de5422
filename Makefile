# make run   set everything up, open the window on the 赤峰 example
# make demo  the example's maps, report and tables into out/
# make test  set up, then every check
# make fuzz  the tests that draw random examples, with new ones; EACH broken files of every
#            format through the import (make fuzz EACH=2000)
# make bench speed beside a rival, measured in the same run

SHELL := /bin/bash
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
WITH := -c constraints.txt --build-constraint constraints.txt
EACH ?= 200

.PHONY: run demo test check fuzz bench screenshots clean

run: .venv/ready-app
	@.ci/run-window

demo: .venv/ready-app
	$(PY) main.py demo -o out

test: .venv/ready-dev
	@$(MAKE) --no-print-directory check

check:
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports --cache-dir .import_linter_cache
	QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n auto --dist loadfile

fuzz: .venv/ready-dev
	QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n auto -m hypothesis --hypothesis-profile fuzz
	$(PY) -W ignore -m tests.data.imports.fuzz --each $(EACH)

bench: .venv/ready-dev
	$(PY) -m tests.bench

screenshots: .venv/ready-dev
	$(PY) -m tests.screenshots

clean:
	rm -rf .venv out

.venv/pip: constraints.txt
	@.ci/system-libs
	@test -x $(PY) || python3 -m venv .venv
	@$(PIP) "$$(grep '^pip==' constraints.txt)"
	@touch $@

.venv/ready-app: .venv/pip pyproject.toml constraints.txt
	@echo "正在安装程序所用的库(第一次约一分钟)…"
	@$(PIP) $(WITH) --group app
	@touch $@

.venv/ready-dev: .venv/pip pyproject.toml constraints.txt
	@.ci/system-libs test
	@echo "正在安装程序与检查所用的库(第一次约一分钟)…"
	@$(PIP) $(WITH) --group dev
	@touch $@ .venv/ready-app
