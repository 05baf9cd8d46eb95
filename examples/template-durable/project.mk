# What differs from project to project; the Makefile reads it. functions.conf has the functions to
# deploy.

# The package's name in Cargo.toml.
NAME := shop
# What `make run` runs; a durable function is run by `make local`, which has its service.
HANDLER ?= shop.order
EVENT   ?= order.json
# The folder that the crates of minilambda are taken from, if they are.
CHECKOUT :=
