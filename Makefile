# make demo: figures, tables and the audit from real data, in minutes.
# make paper: all of it at the report's scale, with a GPU.
# make test: what CI checks. make test-all: the long tests too, which GitHub's workflow runs.
# Use another interpreter with `make PYTHON=python3.12 demo`, and PyTorch's build for processors, which is a fifth of the
# size, with `make TORCH_INDEX=ADDRESS demo`, the address of an index that has it.

PYTHON ?= python3
TORCH_INDEX ?=
ARGS ?=
EXPERIMENTS ?= gan vae
CORES ?= $(shell $(PYTHON) -c "import os; print(len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count())")
BIN := .venv/bin
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"
PYTHON_FILES := workflow tests
PARALLEL := --numprocesses $(CORES) --maxprocesses 8 --dist loadfile --durations=25  # a file's tests share what one ran
COMPILE := --quiet --strip-extras --no-annotate --no-header --no-emit-options --no-emit-index-url --no-emit-find-links

.PHONY: demo paper test test-all rehearse style benchmark gpu-check gpu-check-all slurm chromium latex env format docs lock clean

demo: env
	$(RUN) snakemake --cores $(CORES) --configfile config/demo.yaml

# Everything at the report's scale, on a machine with a GPU, and packed as an archive.
paper: env
	$(RUN) snakemake --cores $(CORES) --resources gpu=1 $(ARGS)
	$(RUN) archdyn crate paper

test: style
	$(RUN) pytest $(PARALLEL) -m "not long"

test-all: style
	$(RUN) pytest $(PARALLEL)

# Sections 2, 3 and 6 from the first download to the audit, by networks of full size with random weights, against a
# server on loopback that plays all hosts: half an hour on two cores.
rehearse: .venv/tested
	$(RUN) pytest tests/test_rehearsal.py

style: .venv/tested
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/snakefmt --check Snakefile rules
	$(RUN) snakemake --lint

# The report's training loops beside ours, in turn, on one thread; EXPERIMENTS=gan times that alone.
benchmark: .venv/done
	$(BIN)/python tests/benchmark.py $(EXPERIMENTS)

# On a machine with a GPU: is it used, and does it compute what the processor does?
gpu-check: .venv/tested
	$(RUN) pytest tests/test_gpu.py -m "not long"

# Beside that, two whole smoke runs on the GPU, of some ten minutes each.
gpu-check-all: .venv/tested
	$(RUN) pytest tests/test_gpu.py

# What tests/test_slurm.py starts; it is skipped where this cannot be installed. As root, on Debian or Ubuntu.
slurm:
	which slurmctld slurmd sbatch munged || (apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
	  apt-get install --yes --quiet --no-install-recommends slurmctld slurmd slurm-client munge)

# What tests/test_page.py opens the audit's page with; they are skipped without it. As root, on Debian or Ubuntu.
chromium:
	which chromium google-chrome || (apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
	  apt-get install --yes --quiet --no-install-recommends chromium)

# What tests/test_names.py compiles the tables with; it is skipped without it. As root, on Debian or Ubuntu.
latex:
	which pdflatex || (apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
	  apt-get install --yes --quiet --no-install-recommends texlive-latex-base)

format: .venv/tested
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)
	$(BIN)/snakefmt Snakefile rules
	$(BIN)/python -m archdyn.manual

env: .venv/done

.venv/done: requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; v = sys.version_info; sys.exit(not (3, 11) <= v[:2] < (3, 15) and f'Python from 3.11 to 3.14 is needed, this is {v[0]}.{v[1]}.{v[2]}: make PYTHON=python3.12 ...')"
	@case "$(CURDIR)" in *[[:space:]]*) echo "$(CURDIR) has a space, which Snakemake cannot run an environment in"; exit 1;; esac
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch .venv/done

.venv/tested: .venv/done requirements-test.lock
	$(BIN)/pip install --quiet --requirement requirements-test.lock
	touch .venv/tested

# The documentation with the published audit, in site/. A warning, a dead link among them, is an error.
docs: .venv/tested
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --builder html docs site
	cp -r docs/audit site/

# torch pins its own CUDA libraries, exactly and by platform, so they stay out of the lock.
lock: .venv/done
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile $(COMPILE) --output-file requirements.in.lock pyproject.toml
	grep -v -E '^(nvidia|cuda|triton)' requirements.in.lock > requirements.lock
	$(BIN)/pip-compile $(COMPILE) --extra test --extra docs --constraint requirements.lock --output-file requirements.in.lock pyproject.toml
	echo "# What only the tests and the documentation need, beside requirements.lock. Made by \`make lock\`." > requirements-test.lock
	grep -v -x -F -f requirements.lock requirements.in.lock | grep -v -E '^(nvidia|cuda|triton|#)' >> requirements-test.lock
	rm requirements.in.lock

clean:
	rm -rf .venv .snakemake site results/demo results/smoke
