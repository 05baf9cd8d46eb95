# What a user of minilambda needs; `make` alone says what there is.

# The example to build, and the handler and event to run it with.
EXAMPLE ?= hello
HANDLER ?= hello.apigateway
EVENT   ?= data/apigateway-rest.json
# The port of `make local`, and further options of it, such as --token-claims.
PORT    ?= 9000
OPTIONS ?=
# x86_64 or arm64
ARCH    ?= $(subst aarch64,arm64,$(shell uname -m))
# What `make zip` builds in: docker, podman or buildah; empty for the toolchain that is here; `auto`
# for an engine that works, or else the toolchain.
DOCKER  ?= auto

.DEFAULT_GOAL := help
.PHONY: help new run local test test-deploy test-ship bench guard bench-mismatch bench-local bench-aws bench-durable bench-small deny lint doc fuzz miri soak conformance build zip check-zip clean

help: ## list the targets
	@echo "usage: make TARGET [EXAMPLE=$(EXAMPLE)] [HANDLER=$(HANDLER)] [EVENT=$(EVENT)] [ARCH=$(ARCH)] [DOCKER=$(DOCKER)]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 17

# For `make new`: `function`, `fullstack`, `durable` or a folder of examples/gallery; `checkout`,
# `crates.io` or the URL of a git repository.
TEMPLATE ?= function
FROM     ?= checkout

# A variable NAME of the environment is not meant: some systems have one.
new: export NAME := $(if $(filter command,$(origin NAME)),$(NAME))
new: export TEMPLATE := $(TEMPLATE)
new: export FROM := $(FROM)
new: ## start a project: PROJECT=../shop [NAME=shop] TEMPLATE=function|fullstack|durable|notes|… FROM=checkout|URL|crates.io
	@[ -n "$$PROJECT" ] || { echo "error: name a new folder: make new PROJECT=../shop" >&2; exit 2; }
	@scripts/new "$$PROJECT" "$$TEMPLATE" "$$FROM" "$$NAME"

run: ## run a handler of the example on an event, here and now
	cargo run --quiet --example $(EXAMPLE) -- $(HANDLER) $(EVENT)

local: ## a page, the Invoke API and HTTP for the example on 127.0.0.1:9000; builds again on a change
	cargo run --quiet --package minilambda-local -- --example $(EXAMPLE) --port $(PORT) --events target/events $(OPTIONS)

test: ## all tests, and a table of them; AWS's emulator is fetched for them (pip)
	@tests/run

test-ship: ## the first hour, the Dockerfile, musl, arm64 and the oldest Rust, proved in Debian roots (minutes; root); QUICK=1 some
	tests/first-hour $(if $(QUICK),debian)
	$(if $(QUICK),,tests/image)
	tests/targets $(if $(QUICK),x86_64-musl)

test-deploy: ## the commands of the README and the guide, and each way to deploy, with the real tools (pip, npm; minutes)
	tests/deploy/run

# What is only tested is built with few optimisations.
FAST_BUILD = CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
QUICK_BUILD = $(if $(QUICK),$(FAST_BUILD))
# Or not at all: as `make test` has built the crates.
BENCH = $(if $(QUICK),cargo test --workspace --all-features --quiet --bench,cargo bench --quiet --bench)

bench: ## measure bootstraps side by side; QUICK=1 few of all, ONLY=cold,memory some (minutes)
	$(QUICK_BUILD) CARGO_TARGET_DIR=target/bench cargo build --quiet --release --manifest-path benches/Cargo.toml
	$(QUICK_BUILD) QUICK=$(QUICK) ONLY=$(ONLY) OURS_MUSL=$(OURS_MUSL) target/bench/release/meter

guard: ## compare the instructions of some events with benches/instructions.txt (valgrind; a minute); UPDATE=1 writes it
	$(FAST_BUILD) CARGO_TARGET_DIR=target/bench cargo build --quiet --release --manifest-path benches/Cargo.toml
	$(FAST_BUILD) target/bench/release/meter guard $(if $(UPDATE),update)

bench-mismatch: ## what explaining a type mismatch costs, next to decoding; QUICK=1 with small events
	QUICK=$(QUICK) $(BENCH) explaining

bench-local: ## minilambda-local compared with the emulators of cargo-lambda and AWS (pip; a minute); QUICK=1 once, not optimised
	QUICK=$(QUICK) benches/local-beside

bench-aws: ## minilambda-aws compared with the official SDK, and sizes: of each family and crate, and of the gallery (builds some 200 crates: minutes); QUICK=1 without the SDK
	$(QUICK_BUILD) QUICK=$(QUICK) benches/aws-beside
	QUICK=$(QUICK) benches/aws-sizes
	QUICK=$(QUICK) benches/sizes

bench-durable: ## minilambda-durable compared with the preview of the official SDK, and its goals (builds some 200 crates: minutes); QUICK=1 without the preview
	QUICK=$(QUICK) benches/durable-beside

bench-small: ## functions of 128, 512 and 1,769 MB: their part of a CPU, compared with the official runtime and SDK (builds some 250 crates: minutes; root); QUICK=1 ours only
	$(QUICK_BUILD) QUICK=$(QUICK) benches/small

deny: ## licences and sources of what is linked in, by cargo-deny (built at first: minutes)
	"$$(tests/tools/fetch cargo_deny)" --workspace --all-features check bans licenses sources

lint: ## format and lints, as CI wants them
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --quiet -- --deny warnings
	cargo clippy --package minilambda-aws --no-default-features --quiet -- --deny warnings
	cargo fmt --all --check --manifest-path benches/Cargo.toml
	cargo fmt --all --check --manifest-path benches/peers/aws/Cargo.toml
	cargo fmt --all --check --manifest-path benches/peers/durable/Cargo.toml
	cargo fmt --check --manifest-path scripts/packer/Cargo.toml
	cargo clippy --manifest-path scripts/packer/Cargo.toml --target-dir target --all-targets --quiet -- --deny warnings
	cargo clippy --manifest-path benches/Cargo.toml --target-dir target --workspace --all-features --quiet -- --deny warnings
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo fmt --check --manifest-path examples/postgres/Cargo.toml
	cargo clippy --manifest-path examples/postgres/Cargo.toml --target-dir target --locked --quiet -- --deny warnings

doc: ## the documentation, in target/doc
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --all-features --no-deps --quiet

SECONDS ?= 60

fuzz: ## each fuzzer for SECONDS; QUICK=1 its seeds only
	QUICK=$(QUICK) fuzz/run $(SECONDS)

# Long texts and many take Miri half an hour.
miri: ## the unsafe places under the address sanitizer, then the library's tests under Miri (nightly compiler); QUICK=1 without the latter
	mkdir -p target/asan
	RUSTC_BOOTSTRAP=1 rustc --edition 2024 --test -Zsanitizer=address --target "$$(rustc -vV | sed -n 's/^host: //p')" \
		-o target/asan/environment src/environment.rs && target/asan/environment --quiet
	$(if $(QUICK),,cargo +nightly miri --version >/dev/null 2>&1 || rustup component add --toolchain nightly miri)
	$(if $(QUICK),,MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --target-dir target/miri --lib -- \
		--skip error_report:: --skip json::parser::)

# `faults`, a number of invocations, or both
SOAK ?=

soak: ## many invocations with 1 to 64 workers, and with faults: nothing lost, memory flat; an upload of 6 GB, a second S3 (minutes); QUICK=1 some
	$(BENCH) soak -- $(if $(QUICK),faults 10000,$(SOAK))
	$(if $(QUICK),,cargo build --quiet --package minilambda-aws --example aws-objects)
	$(if $(QUICK),,cargo test --quiet --package minilambda-aws --test objects --test uploads -- --ignored --nocapture)
	$(if $(QUICK),,EXECUTIONS=2000 cargo test --quiet --package minilambda-durable --test soak --test shapes)

conformance: ## the same failures with minilambda and with AWS's runtimes, side by side (a minute); QUICK=1 a few
	QUICK=$(QUICK) benches/conformance
	$(if $(QUICK),,FULL=1 cargo test --quiet --package minilambda-durable --test runner --test local)

build: ## the static release program of the example, with the toolchain that is here
	scripts/build $(ARCH) --locked --example $(EXAMPLE)

zip: ## lambda.zip, ready to upload, built in Docker if it works; DOCKER= builds without
	@scripts/zip "$(DOCKER)" $(ARCH) --locked --example $(EXAMPLE)

check-zip: ## open lambda.zip, and run what is in it under AWS's emulator
	tests/check-zip $(ARCH) $(HANDLER) $(EVENT)

clean: ## remove what was built
	cargo clean && rm -f lambda.zip
