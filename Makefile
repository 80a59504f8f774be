# The front door. Each target sets up what it needs first; the work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run open test check soak bench dev clean

help: ## say what there is
	@echo "make TARGET, where TARGET is one of"
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

run: ## open Kronos on a sample database (without a display: the same on the command line)
	@scripts/run.sh

open: ## open Kronos on your own databases (your usual configuration)
	@scripts/open.sh

test: ## run all tests, the real window included
	@scripts/test.sh

check: ## formats, lints, dependencies, generated files
	@scripts/check.sh

soak: ## run all tests in their long form
	@KRONOS_SOAK=full scripts/test.sh

bench: ## compare Kronos with sqlite3 + tar, pigz and the servers' tools (minutes; nothing else should run)
	@scripts/bench.sh

dev: ## open Kronos with the window's pages reloading on each edit
	@scripts/dev.sh

clean: ## remove everything that was built; never the sample, your configuration or a backup
	cargo clean
	rm -rf ui/dist ui/node_modules
