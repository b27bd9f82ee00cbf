# Every target first makes .venv, when it is missing or older than what it is made from.

PYTHON ?= python3
TORCH ?= auto
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
PIPFLAGS ?= --retries 0
ARGS ?=

BIN := .venv/bin
# Holds the installed build of torch: cpu or cuda.
STAMP := .venv/torch-build
# mypy wants a folder that is called like the package; the checkout may have any name.
TYPED := build/typed/kgllm
BENCH := OMP_NUM_THREADS=1 $(BIN)/python benchmarks
# The synthetic graph of the benchmarks: 500,000 nodes, 5,000,000 edges.
GRAPH := build/synthetic-graph
RELEASE := build/synthetic-rf2

export TORCH_CPU_INDEX PIPFLAGS

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs bench pins clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'
	@echo "TORCH=cpu|cuda|auto chooses the build of torch, PYTHON=… the interpreter, ARGS=… adds arguments"

setup: $(STAMP) ## create .venv with everything installed; quick when nothing changed

demo: setup ## train K-ON on a small built-in graph and compare it with ComplEx
	$(BIN)/python examples/demo.py $(ARGS)

test: setup ## run all tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: setup $(TYPED) ## lint, format, types, import contracts, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/mkdocs build --strict --quiet

docs: setup ## renew the generated pages and build the site in build/site
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict --quiet

bench: setup ## run all benchmarks; KGLLM_DATA names the public data
	@test -d "$(KGLLM_DATA)" || { echo "set KGLLM_DATA to the folder of the public data" >&2; exit 1; }
	test -d $(GRAPH) || $(BIN)/python benchmarks/synthetic_graph.py $(GRAPH)
	$(BENCH)/entity_scoring.py
	$(BENCH)/filtered_ranking.py
	$(BENCH)/loop_overhead.py
	$(BENCH)/csr.py $(GRAPH)
	$(BENCH)/stores.py --graph $(GRAPH)
	$(BENCH)/store_kills.py --kills 13
	$(BENCH)/neo4j_ingest.py
	$(BENCH)/tck.py $(KGLLM_DATA)/opencypher-tck
	$(BENCH)/text2cypher.py $(KGLLM_DATA)
	test -d $(RELEASE) || $(BIN)/python benchmarks/synthetic_rf2.py $(RELEASE)
	$(BENCH)/sctids.py
	$(BENCH)/rf2_reading.py $(RELEASE)
	$(BENCH)/rf2_load.py $(RELEASE)
	$(BENCH)/rf2_versions.py
	$(BENCH)/hierarchy.py
	$(BENCH)/ecl.py
	$(BENCH)/ontology_store.py $(RELEASE)
	$(BENCH)/obo.py
	$(BENCH)/owl.py
	$(BENCH)/reproduce.py

pins: setup ## write the versions in .venv to constraints/pins.txt
	{ sed -n '/^#/p' constraints/pins.txt; $(BIN)/pip list --format=freeze --exclude-editable \
		| tr A-Z_ a-z- | grep -vE '^(pip|torch|triton|nvidia-.*|cuda-.*)==' | LC_ALL=C sort; } > .venv/pins.txt
	mv .venv/pins.txt constraints/pins.txt

clean: ## remove .venv and everything built; runs stay
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# Asked for another build than the installed one: set up again.
ifneq ($(TORCH),auto)
ifneq ($(TORCH),$(shell cat $(STAMP) 2>/dev/null))
.PHONY: $(STAMP)
endif
endif

$(STAMP): pyproject.toml setup.py $(wildcard constraints/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "kgllm needs Python 3.11 or newer, found: $$($(PYTHON) --version 2>&1); set PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	constraints/install $(BIN)/python $(TORCH)
	@$(BIN)/python -c 'import torch; print("cuda" if torch.version.cuda else "cpu")' > $@

$(TYPED):
	mkdir -p $(@D)
	ln -sfn ../.. $@
