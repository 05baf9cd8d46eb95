# What differs from project to project; the Makefile reads it. functions.conf has the functions to
# deploy.

# The package's name in Cargo.toml.
NAME := shop
# What `make run` runs. A durable function is run by `make local`, which has its service.
HANDLER ?=
EVENT   ?=
# The folder that the crates of minilambda are taken from, if they are.
CHECKOUT :=
