"""cargo-lambda with a project that depends on minilambda: build, watch, invoke.

Its emulator is at http://127.0.0.1:PORT/.rt/NAME, writes header names in lower case, sends the
timeout for a deadline, and answers /response with 200.
"""

from support import PATIENCE_SECONDS, Emulator, Server, call, fetch, free_port, scratch
from template import ORDER, RECEIPT, copied


def run():
    fetch("cargo_lambda", "rie")
    project, env = copied("cargo-lambda")
    # Its own way to link is by zig, which has no static glibc.
    call("cargo", "lambda", "build", "--release", "--compiler", "cargo", cwd=project, env=env)
    bootstrap = project / "target/lambda/shop/bootstrap"
    with Emulator(bootstrap, "shop.order") as emulator:
        assert emulator.invoke(ORDER) == RECEIPT

    port = free_port()
    call("cargo", "build", cwd=project, env=env)
    # It sets no handler: the first argument names one.
    watch = Server(
        "cargo", "lambda", "watch", "--ignore-changes", "--timeout", PATIENCE_SECONDS,
        "-A", "127.0.0.1", "-P", port, "--", "shop.order",
        ports=[port], log=scratch("cargo-lambda-watch") / "log", cwd=project, env=env,
    )
    with watch:
        def invoke(event, **how):
            return call("cargo", "lambda", "invoke", "-A", "127.0.0.1", "-P", str(port), "shop",
                        "--data-ascii", event, cwd=project, env=env, **how)

        for _ in range(3):
            assert RECEIPT in invoke(ORDER.decode())
        said = invoke('{"id":"A-1","pieces":0}', fails=True)
        assert "EmptyOrder" in said and "order A-1 has no pieces" in said, said
        said = invoke('{"id":"A-1"}', fails=True)
        assert "Function.InvalidEvent" in said and "is missing" in said, said
        # The same process has served all of them.
        assert RECEIPT in invoke(ORDER.decode()), watch.said()
        assert watch.said().count("Running `") == 1, watch.said()
    return "cargo lambda build, watch and invoke"
