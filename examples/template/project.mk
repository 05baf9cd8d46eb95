# What differs from project to project; the Makefile reads it.

# The package's name in Cargo.toml.
NAME := shop
# The handlers to deploy: each becomes a Lambda function, shop.order the function shop-order.
HANDLERS ?= shop.order shop.health
# What `make run` runs.
HANDLER ?= shop.order
EVENT   ?= order.json
# Variables of the functions: NAME=VALUE,…
VARIABLES ?= RUST_LOG=info
# The compiler for the parts in C, which a build for musl needs; `true` if there are none.
C_COMPILER ?= true
