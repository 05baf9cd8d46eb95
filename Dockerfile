# `make zip` takes lambda.zip out of the stage `program`; the last stage is a function image:
#   docker build --tag hello .
# Built with BuildKit, podman or buildah. Another machine's program is cross-compiled:
#   docker build --platform linux/arm64 ...

# Alpine's Rust links with musl, which halves the cold start. With a Debian image (`rust:1`) the
# musl target is added to it, or, where that fails, glibc is linked in.
ARG RUST_IMAGE=docker.io/library/rust:1-alpine
ARG LAMBDA_IMAGE=public.ecr.aws/lambda/provided:al2023

FROM --platform=$BUILDPLATFORM $RUST_IMAGE AS build
# Alpine images of before 2026 have a C compiler, but nothing to link with.
RUN if command -v apk; then apk info -e musl-dev || apk add --no-cache musl-dev; fi
RUN if command -v rustup; then \
    rustup target add x86_64-unknown-linux-musl aarch64-unknown-linux-musl || echo "no musl"; fi
# `make zip` of a project whose crates are in another folder copies both, each to its own path.
ARG TO=/function
ARG FOLDER=/function
COPY . $TO
WORKDIR $FOLDER
# What cargo is to build, where minilambda is, and a name for what was built.
ARG PROGRAM="--locked --example hello"
ARG CHECKOUT=
ARG KEY=0
ARG TARGETARCH
RUN --mount=type=cache,target=/cargo --mount=type=cache,target=/target \
    export CARGO_HOME=/cargo CARGO_TARGET_DIR="/target/$KEY" && \
    scripts/build "$TARGETARCH" $PROGRAM && scripts/pack target/lambda/bootstrap /lambda.zip && \
    mv target/lambda/bootstrap /

FROM scratch AS program
COPY --from=build /bootstrap /lambda.zip /

FROM $LAMBDA_IMAGE
# Where the base image's entry point looks for it.
COPY --from=build /bootstrap /var/runtime/bootstrap
# The handler; a function's image settings may name another.
CMD ["hello.apigateway"]
