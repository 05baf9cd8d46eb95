"""examples/template, copied elsewhere as a user would, with its dependencies taken from here."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from support import (
    ROOT, Emulator, call, cargo_target, environment, fetch, scratch, unzip_bootstrap,
)

ORDER = b'{"id":"A-1007","pieces":7}'
RECEIPT = '{"order":"A-1007","boxes":2}'


def copied(name):
    """A copy, and the variables to build it with."""
    around = Path(tempfile.mkdtemp(prefix=f"minilambda-{name}-"))
    atexit.register(shutil.rmtree, around, ignore_errors=True)
    shutil.copytree(ROOT / "examples/template", around / "shop",
                    ignore=shutil.ignore_patterns("target", "lambda.zip", "Cargo.lock"))
    # Above the project, so that all of its own files stay as they are.
    (around / ".cargo").mkdir()
    (around / ".cargo/config.toml").write_text(
        "[patch.crates-io]\n"
        f'minilambda = {{ path = "{ROOT}" }}\n'
        f'minilambda-events = {{ path = "{ROOT}/events" }}\n'
        f'minilambda-local = {{ path = "{ROOT}/local" }}\n'
    )
    env = environment(CARGO_BUILD_TARGET=cargo_target())
    return around / "shop", env


def run():
    fetch("rie")
    project, env = copied("template")
    asked = dict(line.split(" = ", 1) for line in dependencies(project))
    assert set(asked) == {"minilambda", "minilambda-events", "miniserde", "log"}, asked
    call("make", "test", cwd=project, env=env)
    said = call("make", "run", cwd=project, env=env)
    assert RECEIPT in said, said
    call("make", "zip", cwd=project, env=env)
    first = (project / "lambda.zip").read_bytes()
    call("make", "zip", cwd=project, env=env)
    assert first == (project / "lambda.zip").read_bytes(), "two builds differ"
    bootstrap = unzip_bootstrap(project / "lambda.zip", scratch("template-zip"))
    with Emulator(bootstrap, "shop.order") as emulator:
        answer = emulator.invoke(ORDER)
        assert answer == RECEIPT, answer
    shown = "" if "musl" in env["CARGO_BUILD_TARGET"] else "; not with musl, which is not installed"
    return f"tested, run and zipped ({os.path.getsize(project / 'lambda.zip')} bytes){shown}"


def dependencies(project):
    text = (project / "Cargo.toml").read_text().split("[dependencies]\n", 1)[1]
    return [line for line in text.split("[", 1)[0].splitlines() if " = " in line]
