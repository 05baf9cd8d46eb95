# What a user of minilambda needs; `make` alone says what there is.

# The example to build, and the handler and event to run it with.
EXAMPLE ?= hello
HANDLER ?= hello.apigateway
EVENT   ?= data/apigateway-rest.json
# x86_64 or arm64
ARCH    ?= $(subst aarch64,arm64,$(shell uname -m))

.DEFAULT_GOAL := help
.PHONY: help run test lint doc fuzz miri soak conformance build zip clean

help: ## list the targets
	@echo "usage: make TARGET [EXAMPLE=$(EXAMPLE)] [HANDLER=$(HANDLER)] [EVENT=$(EVENT)] [ARCH=$(ARCH)]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

run: ## run a handler of the example on an event, here and now
	cargo run --quiet --example $(EXAMPLE) -- $(HANDLER) $(EVENT)

test: ## all tests; AWS's emulator is fetched for them (pip)
	cargo test --workspace --all-features --quiet

lint: ## format and lints, as CI wants them
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --quiet -- --deny warnings

doc: ## the documentation, in target/doc
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --all-features --no-deps --quiet

SECONDS ?= 60

fuzz: ## each fuzzer for SECONDS (nightly compiler; cargo-fuzz is installed in target/tools)
	fuzz/run $(SECONDS)

miri: ## the one unsafe place, and the library's other tests, under Miri (nightly compiler)
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --target-dir target/miri --lib -- \
		--skip what_goes_into_headers # a million characters, which take Miri minutes

soak: ## two million invocations with 1 and with 8 workers: memory and descriptors
	cargo bench --quiet --bench soak

conformance: ## the same failures with minilambda and with AWS's runtimes, side by side
	tests/conformance

# One static binary runs on provided, provided.al2 and provided.al2023. With musl it starts in half
# the time; where that target is not installed, glibc is linked in.
MACHINE := $(subst arm64,aarch64,$(ARCH))
MUSL    := $(MACHINE)-unknown-linux-musl
TARGET  ?= $(if $(wildcard $(shell rustc --print target-libdir --target $(MUSL))),$(MUSL),$(MACHINE)-unknown-linux-gnu)
# `relocation-model=static`: nothing is left to be relocated at start.
STATIC  := -C target-feature=+crt-static -C relocation-model=static
BINARY  := target/$(TARGET)/release/examples/$(EXAMPLE)

build: ## the static release binary of the example
	@echo "target: $(TARGET)"
	$(if $(findstring gnu,$(TARGET)),@echo "for half the cold start: rustup target add $(MUSL)")
	RUSTFLAGS="$(STATIC)" cargo build --release --target $(TARGET) --example $(EXAMPLE)
	@ls -l $(BINARY) | awk '{ print "binary: " $$5 " bytes" }'

zip: build ## lambda.zip with that binary as `bootstrap`, ready to upload
	rm -rf lambda.zip target/zip && mkdir -p target/zip
	install -m 755 $(BINARY) target/zip/bootstrap
	touch -d 1980-01-01T00:00:00Z target/zip/bootstrap
	cd target/zip && TZ=UTC zip -9 -q -X ../../lambda.zip bootstrap
	@ls -l lambda.zip | awk '{ print "lambda.zip: " $$5 " bytes" }'

clean: ## remove what was built
	cargo clean && rm -f lambda.zip
