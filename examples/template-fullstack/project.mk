# What differs from project to project; the Makefile reads it.

# The package's name in Cargo.toml.
NAME := shop
# The handlers to deploy: each becomes a Lambda function, shop.http the function shop-http.
HANDLERS ?= shop.http
# What `make run` runs.
HANDLER ?= shop.http
EVENT   ?= request.json
# Variables of the functions: NAME=VALUE,…
VARIABLES ?= RUST_LOG=info,TABLE=orders
# The compiler for the parts in C, which a build for musl needs; `true` if there are none.
C_COMPILER ?= $(if $(filter x86_64,$(ARCH)),musl-gcc,aarch64-linux-musl-gcc)
