"""cargo-lambda with a project that depends on minilambda: build, watch, invoke.

Its emulator is at http://127.0.0.1:PORT/.rt/NAME, writes header names in lower case, sends the
timeout for a deadline, and responds to /response with 200.
"""

import time
import urllib.request
from contextlib import contextmanager

from support import PATIENCE_SECONDS, Emulator, Server, call, fetch, free_port, scratch
from template import ORDER, RECEIPT, copied

STREAMING = '''
fn page(_: Vec<u8>, _: &Context, out: &mut minilambda::ResponseStream) -> Result<(), Error> {
    use std::io::Write;
    out.http(201, &[("X-Part", "one")], &["seen=1"])?;
    out.write_all(b"<p>at once")?;
    out.flush()?;
    std::thread::sleep(std::time::Duration::from_secs(1));
    out.write_all("<p>später".as_bytes())?;
    Ok(())
}
'''


def run():
    fetch("cargo_lambda", "rie")
    project, env = copied()
    # Its own way to link is by zig, which has no static glibc.
    call("cargo", "lambda", "build", "--release", "--compiler", "cargo", cwd=project, env=env)
    bootstrap = project / "target/lambda/shop/bootstrap"
    with Emulator(bootstrap, "shop.order") as emulator:
        assert emulator.invoke(ORDER) == RECEIPT

    with watch(project, env, "shop.order") as (watching, port):
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
        assert RECEIPT in invoke(ORDER.decode()), watching.said()
        assert watching.said().count("Running `") == 1, watching.said()

    main = project / "src/main.rs"
    entry = '    ("shop.page", Handler::streaming(page)),\n];\n'
    main.write_text(main.read_text().replace("];\n", entry, 1) + STREAMING)
    with watch(project, env, "shop.page") as (watching, port):
        for _ in range(3):
            stream(f"http://127.0.0.1:{port}/lambda-url/shop/", watching)
        assert watching.said().count("Running `") == 1, watching.said()
    return "cargo lambda build, watch and invoke, and a stream"


@contextmanager
def watch(project, env, handler):
    """`cargo lambda watch`, with the port it listens on."""
    call("cargo", "build", cwd=project, env=env)
    port = free_port()
    # It sets no handler: the first argument names one.
    server = Server(
        "cargo", "lambda", "watch", "--ignore-changes", "--timeout", PATIENCE_SECONDS,
        "-A", "127.0.0.1", "-P", port, "--", handler,
        ports=[port], log=scratch("cargo-lambda-watch") / "log", cwd=project, env=env,
    )
    with server:
        yield server, port


def stream(url, watching):
    """The first part of a page arrives before the second is written."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:
            head = (response.status, response.headers["X-Part"], response.headers["Set-Cookie"])
            assert head == (201, "one", "seen=1"), (head, watching.said())
            first, at_first = response.read1(), time.monotonic()
            rest, at_end = response.read(), time.monotonic()
    except OSError as error:
        raise AssertionError(f"{error}\n{watching.said()}") from error
    assert (first, rest) == (b"<p>at once", "<p>später".encode()), (first, rest, watching.said())
    assert at_end - at_first > 0.5, "the first part came with the second"
