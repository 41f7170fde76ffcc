# Each target installs what it needs (scripts/setup), so a fresh Debian with git and make can run any of them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PATH := $(HOME)/.cargo/bin:$(CURDIR)/target/tools/bin:$(PATH)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the program, optimised: target/release/tribunal
	@scripts/setup build
	scripts/patiently cargo build --release --locked -p tribunal

.PHONY: prover
prover: build ## Build the program for processors with AVX2 and AVX-512 too, which prove several times as fast
	@scripts/prover

.PHONY: package
package: build ## Build a Debian package: target/package/*.deb; after `make prover` with the builds for newer processors
	@scripts/setup package
	@scripts/package

.PHONY: demo
demo: ## Build quickly, make a devnet and decide every claim about it; no network after the build
	@scripts/setup build
	scripts/patiently cargo build --locked -p tribunal --no-default-features
	@scripts/demo

.PHONY: test
test: ## Run all tests, and where there is Go a sample of the comparison with Cannon; ends with one line that sums up
	@scripts/setup guest
	@scripts/test

.PHONY: lint
lint: ## Check formatting, lints, documentation, licences and sources of dependencies
	@scripts/setup lint
	cargo fmt --all --check
	scripts/patiently cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" scripts/patiently cargo doc --workspace --all-features --no-deps --lib --bins --examples --locked
	cargo deny --locked check bans licenses sources

.PHONY: no-std
no-std: ## Build the library crates below the host for the MIPS64 guest, without std
	@scripts/setup guest
	@scripts/guest-build mips64 --libraries

.PHONY: aarch64
aarch64: ## Check that everything compiles for aarch64
	@scripts/setup aarch64
	@scripts/aarch64 check

.PHONY: guest
guest: build ## Build the guests and the client for MIPS64: target/guest/*.elf, and print their prestate hashes
	@scripts/setup guest
	@scripts/guest

.PHONY: guest-check
guest-check: build ## The same, in two folders, and compare the client's prestate hash with the pinned one
	@scripts/setup guest
	@scripts/guest-reproducible
	@scripts/guest --check

.PHONY: guest-riscv64
guest-riscv64: ## Build the guests and the client for RISC-V: target/guest/riscv64/*.elf
	@scripts/setup guest-riscv64
	@scripts/guest --riscv64

.PHONY: bench
bench: guest prover ## Measure the real claim end to end, proofs, the crates' benchmarks, the VM beside Cannon, and claims from nodes
	@scripts/bench
	@scripts/bench-vm --all
	@scripts/bench-live

.PHONY: conformance
conformance: guest ## Decide every claim of devnets made on the spot by op-node and op-geth (SEEDS="2 3 4 5 6"), compare all with Cannon, and prove guests
	@scripts/conformance
	@scripts/conformance-vm --all
	@scripts/devnet --test
	@CONFORMANCE_ALL=1 TRIBUNAL_DEVNET=$(CURDIR)/target/conformance/bin/devnet scripts/patiently cargo test --locked -p tribunal-rpc --test real_nodes
	@CONFORMANCE_ALL=1 TRIBUNAL_DEVNET=$(CURDIR)/target/conformance/bin/devnet scripts/patiently cargo test --locked -p tribunal --test live_faults --test live_fetch --test live_kill
	@CONFORMANCE_ALL=1 scripts/patiently cargo test --locked -p tribunal-zkvm --features prove -- in_go every_instruction
	@scripts/proofs
	@CONFORMANCE_ALL=1 scripts/patiently cargo test --locked -p tribunal --test prove a_run_that_is_killed_goes_on
	@scripts/generated --all
	@scripts/setup package
	@scripts/package --test
	@scripts/setup aarch64
	@scripts/aarch64 test

.PHONY: fuzz
fuzz: ## Run every fuzz target for a while (SECONDS_EACH=20, TARGETS="frames ...")
	@scripts/setup fuzz
	@scripts/fuzz

.PHONY: book
book: ## Build the documentation book: target/book
	@scripts/setup book
	mdbook build docs

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf target
