"""The templates, as `make new` makes projects of them: from the checkout, and from a git repository."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from stand_in import StandIn
from support import (
    ROOT, SCRATCH, TOOLS, Emulator, call, environment, fetch, scratch, unzip_bootstrap,
)

ORDER = b'{"id":"A-1007","pieces":7}'
RECEIPT = '{"order":"A-1007","boxes":2}'


def folder(name):
    """A folder outside of the repository, as long as this process runs."""
    around = Path(tempfile.mkdtemp(prefix=f"minilambda-{name}-"))
    atexit.register(shutil.rmtree, around, ignore_errors=True)
    return around


def copied(name, template="function", source="checkout"):
    """A new project, and the variables to build it with. All share what is built of the dependencies."""
    project = folder(name) / "shop"
    call("make", "new", f"PROJECT={project}", f"TEMPLATE={template}", f"FROM={source}")
    built = SCRATCH / "projects"
    built.mkdir(parents=True, exist_ok=True)
    (project / "target").symlink_to(built)
    return project, environment()


def run():
    fetch("rie", "moto_server", "aws")
    assert makefiles_are_equal(), "the Makefiles of the templates differ below their variables"
    sizes = [function(), fullstack()]
    from_git()
    return f"tested, run, zipped ({' and '.join(sizes)} bytes) and deployed to moto; from a git repository"


def function():
    project, env = copied("template")
    asked = dict(line.split(" = ", 1) for line in dependencies(project))
    assert set(asked) == {"minilambda", "minilambda-events", "miniserde", "log"}, asked
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
        deploy(project, env, aws)
        assert aws.invoke("shop-order", ORDER).decode() == RECEIPT
        # The second time the code is updated.
        assert "shop-health" in deploy(project, env, aws)
    return str(len(first))


def fullstack():
    project, env = copied("fullstack", "fullstack")
    env |= {"PATH": f"{TOOLS}:{os.environ['PATH']}", "CI": "true"}
    said = call("make", "test", cwd=project, env=env)
    assert "SKIPPED" not in said, said
    said = call("make", "run", cwd=project, env=env)
    assert '"statusCode":200' in said and '"body":"open\\n"' in said, said
    with StandIn() as aws:
        deploy(project, env, aws)
        variables = aws.function("shop-http")[0]["Environment"]["Variables"]
        assert variables["TABLE"] == "orders", variables
        answer = aws.invoke("shop-http", (project / "request.json").read_bytes()).decode()
        assert '"statusCode":200' in answer, answer
    return str(os.path.getsize(project / "lambda.zip"))


def deploy(project, env, aws):
    role = "ROLE=arn:aws:iam::123456789012:role/shop"
    return call("make", "deploy", role, cwd=project, env=env | {"AWS_ENDPOINT_URL": aws.url})


def from_git():
    """`FROM=URL`: the crates come from a repository, as they were committed."""
    repository = folder("git") / "minilambda.git"
    call("git", "clone", "--quiet", "--bare", str(ROOT), str(repository))
    project, env = copied("from-git", source=f"file://{repository}")
    said = call("make", "run", cwd=project, env=env)
    assert RECEIPT in said, said
    assert f"--git file://{repository} minilambda-local" in (project / "Makefile").read_text()


def makefiles_are_equal():
    rules = [(ROOT / f"examples/{name}/Makefile").read_text().split("\n.PHONY", 1)[1]
             for name in ("template", "template-fullstack")]
    return rules[0] == rules[1]


def dependencies(project):
    text = (project / "Cargo.toml").read_text().split("[dependencies]\n", 1)[1]
    return [line for line in text.split("[", 1)[0].splitlines() if " = " in line]
