# What a newcomer needs: `make run` starts the service with a demonstration in ./data, `make test` checks everything.
# Both install what is missing where they may (PostgreSQL, python3, cargo-nextest), and say what to install elsewhere.

CARGO ?= cargo
.DEFAULT_GOAL := help
.PHONY: help run test console-test torture fuzz conformance lint fmt setup clean-data

# each parser of what others wrote
FUZZ_TARGETS = audit_papers bank_table bank_workbook bank_xml billing_csv \
    billing_packed billing_parquet invoice_container invoice_xml \
    query request sign_in_keys tag_list token values

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*## /\t/' | expand -t 14

run: ## the service with a demonstration, on the data folder ./data
	@CARGO="$(CARGO)" .ci/setup run
	$(CARGO) run --locked -- demo

test: setup lint ## everything that must hold before a change goes in
	@# where set-up could install every tool, a check that is left out is a failure
	SUBSIDY_LEDGER_ALL_TOOLS=$$(test -e target/all-tools && echo 1 || echo 0) $(CARGO) nextest run --locked --workspace
	$(CARGO) test --locked --workspace --doc

console-test: setup ## every page of the console at four widths, light, dark, in large type, in both languages: minutes; pictures in target/console/
	SUBSIDY_LEDGER_ALL_TOOLS=$$(test -e target/all-tools && echo 1 || echo 0) $(CARGO) nextest run --locked -E 'test(/^console::looks::/)' --run-ignored all --no-capture

torture: export SUBSIDY_LEDGER_SEED ?= random
torture: setup fuzz ## faults under load, a hundred rounds each, fail-overs, a thousand corrupted exports, many billing files, fuzzing: hours
	$(CARGO) nextest run --locked -E 'test(/^corruption::/)' --run-ignored only --no-capture
	$(CARGO) nextest run --locked --profile torture -E 'test(/^billing_files::/)' --run-ignored only --no-capture
	$(CARGO) nextest run --locked --profile torture -E 'test(/^(slices|model|interest_oracle)::/)'
	SUBSIDY_LEDGER_TORTURE_ROUNDS=$${SUBSIDY_LEDGER_TORTURE_ROUNDS:-100} $(CARGO) nextest run --locked --profile torture -E 'test(/^(faults|parameters)::/)'
	SUBSIDY_LEDGER_TORTURE_FAILOVERS=$${SUBSIDY_LEDGER_TORTURE_FAILOVERS:-12} $(CARGO) nextest run --locked --profile torture -E 'test(/^servers::/)'

fuzz: setup ## each parser of what others wrote, for ten minutes (SUBSIDY_LEDGER_FUZZ_SECONDS), with cargo-fuzz on nightly
	@for target in $(FUZZ_TARGETS); do CARGO="$(CARGO)" fuzz/run $$target || exit 1; done

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
