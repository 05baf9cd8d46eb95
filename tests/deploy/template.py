"""The templates, as `make new` makes projects of them, from a git repository. readme.py takes the checkout."""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from stand_in import StandIn
from support import (
    ROOT, SCRATCH, TOOLS, Emulator, call, create_role, environment, fetch, scratch, unzip_bootstrap,
)

ORDER = b'{"id":"A-1007","pieces":7}'
RECEIPT = '{"order":"A-1007","boxes":2}'


# readme.py builds with the profile as it is; here half of the time would be its optimisation.
QUICK = {
    "CARGO_PROFILE_DEV_DEBUG": "none",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
}


@functools.cache
def checkout():
    """A copy of the sources with a commit of them, and room beside it."""
    around = Path(tempfile.mkdtemp(prefix="minilambda-"))
    copy = around / "minilambda"
    copy.mkdir()
    call("tests/tools/sources", str(copy))
    git = ["git", "-C", str(copy), "-c", "user.name=test", "-c", "user.email=test@example.com"]
    call(*git, "init", "--quiet")
    call(*git, "add", "--all")
    call(*git, "commit", "--quiet", "--message", "the sources")
    atexit.register(remove, around)
    return copy


def remove(around):
    """Removes it, and what cargo keeps of the repository."""
    shutil.rmtree(around, ignore_errors=True)
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    for kept in [*home.glob("git/db/minilambda-*"), *home.glob("git/checkouts/minilambda-*")]:
        shutil.rmtree(kept, ignore_errors=True)


def copied(name, template="function"):
    """A new project, and the variables to build it with. All share what is built of the dependencies."""
    project = checkout().parent / name / "shop"
    shutil.rmtree(project, ignore_errors=True)
    call("make", "new", f"PROJECT={project}", f"TEMPLATE={template}", f"FROM=file://{checkout()}")
    assert not (project / "Makefile").is_symlink()
    assert f"--git 'file://{checkout()}' minilambda-local" in (project / "Makefile").read_text()
    built = SCRATCH / "projects"
    built.mkdir(parents=True, exist_ok=True)
    (project / "target").symlink_to(built)
    return project, environment(**QUICK)


def run():
    fetch("rie", "moto_server", "aws")
    for wrong in ("TEMPLATE=other", "FROM=other"):
        name = checkout().parent / "wrong"
        said = call("make", "new", f"PROJECT={name}", wrong, fails=True)
        assert "error: " in said and not name.exists(), said
    function()
    fullstack()
    return "tested, run, zipped and deployed to moto"


def function():
    project, env = copied("template")
    asked = dict(line.split(" = ", 1) for line in dependencies(project))
    assert set(asked) == {"minilambda", "minilambda-events", "miniserde", "log"}, asked
    call("cargo", "fmt", "--check", cwd=project, env=env)
    call("make", "test", cwd=project, env=env)
    call("make", "zip", cwd=project, env=env)
    first = (project / "lambda.zip").read_bytes()
    call("make", "zip", cwd=project, env=env)
    assert first == (project / "lambda.zip").read_bytes(), "two builds differ"
    bootstrap = unzip_bootstrap(project / "lambda.zip", scratch("template-zip"))
    with Emulator(bootstrap, "shop.order") as emulator:
        answer = emulator.invoke(ORDER)
        assert answer == RECEIPT, answer
    with StandIn() as aws:
        env |= {"AWS_ENDPOINT_URL": aws.url}
        role = create_role("shop", env)
        deploy(project, env, role)
        assert aws.invoke("shop-order", ORDER).decode() == RECEIPT
        # The second time the code is updated.
        assert "shop-health" in deploy(project, env, role)


def fullstack():
    project, env = copied("fullstack", "fullstack")
    env |= {"PATH": f"{TOOLS}:{os.environ['PATH']}", "CI": "true"}
    call("cargo", "fmt", "--check", cwd=project, env=env)
    said = call("make", "test", cwd=project, env=env)
    assert "SKIPPED" not in said, said
    said = call("make", "run", cwd=project, env=env)
    assert '"statusCode":200' in said and '"body":"open\\n"' in said, said
    with StandIn() as aws:
        env |= {"AWS_ENDPOINT_URL": aws.url}
        deploy(project, env, create_role("shop", env))
        variables = aws.function("shop-http")[0]["Environment"]["Variables"]
        assert variables["TABLE"] == "orders", variables
        answer = aws.invoke("shop-http", (project / "request.json").read_bytes()).decode()
        assert '"statusCode":200' in answer, answer


def deploy(project, env, role):
    return call("make", "deploy", f"ROLE={role}", cwd=project, env=env)


def dependencies(project):
    text = (project / "Cargo.toml").read_text().split("[dependencies]\n", 1)[1]
    return [line for line in text.split("[", 1)[0].splitlines() if " = " in line]
