# What differs from project to project; the Makefile reads it. functions.conf has the functions to
# deploy.

# The package's name in Cargo.toml.
NAME := shop
# What `make run` runs.
HANDLER ?= shop.http
EVENT   ?= request.json
# The folder that the crates of minilambda are taken from, if they are.
CHECKOUT :=

.PHONY: moto
moto: ## moto in place of AWS on 127.0.0.1:5000, for make run and make local; installed in .venv (python3)
	@tests/moto/install
	.venv/bin/moto_server -H 127.0.0.1 -p 5000
