# What a newcomer needs: `make run` starts the service with a demonstration in ./data, `make test` checks everything.
# Both install what is missing where they may (PostgreSQL, python3, cargo-nextest), and say what to install elsewhere.

CARGO ?= cargo
.DEFAULT_GOAL := help
.PHONY: help run test torture conformance lint fmt setup clean-data

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*## /\t/' | expand -t 14

run: setup ## the service with a demonstration, on the data folder ./data
	$(CARGO) run --locked -- demo

test: setup lint ## everything that must hold before a change goes in
	$(CARGO) nextest run --locked --workspace
	$(CARGO) test --locked --workspace --doc

torture: export SUBSIDY_LEDGER_SEED ?= random
torture: setup ## faults under load, a hundred rounds each, fail-overs, a thousand corrupted exports, many billing files: hours
	$(CARGO) nextest run --locked -E 'test(/^corruption::/)' --run-ignored only --no-capture
	$(CARGO) nextest run --locked --profile torture -E 'test(/^billing_files::/)' --run-ignored only --no-capture
	$(CARGO) nextest run --locked --profile torture -E 'test(/^(slices|model|interest_oracle)::/)'
	SUBSIDY_LEDGER_TORTURE_ROUNDS=$${SUBSIDY_LEDGER_TORTURE_ROUNDS:-100} $(CARGO) nextest run --locked --profile torture -E 'test(/^faults::/)'
	SUBSIDY_LEDGER_TORTURE_FAILOVERS=$${SUBSIDY_LEDGER_TORTURE_FAILOVERS:-12} $(CARGO) nextest run --locked --profile torture -E 'test(/^servers::/)'

conformance: setup ## the running service against its OpenAPI document, with schemathesis from PyPI
	$(CARGO) build --locked
	CARGO="$(CARGO)" tests/conformance/run

lint: ## formatting, clippy, documentation
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items

fmt: ## formats the sources
	$(CARGO) fmt

setup: ## installs what is missing, or says what to install
	@CARGO="$(CARGO)" .ci/setup

clean-data: ## removes the data folder with all that was booked in it
	@.ci/clean-data
