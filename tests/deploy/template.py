"""The templates, as `make new` makes projects of them, from a git repository. tests/first-hour takes
the checkout."""

import atexit
import functools
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from stand_in import StandIn
from support import (
    BUILT, PATIENCE_SECONDS, ROOT, TOOLS, Emulator, Server, call, commands, create_role, environment, fetch,
    free_port, scratch, unzip_bootstrap,
)

ORDER = b'{"id":"A-1007","pieces":7}'
RECEIPT = '{"order":"A-1007","boxes":2}'


@functools.cache
def checkout():
    """A copy of the sources with one commit, in a folder that has room for projects."""
    around = Path(tempfile.mkdtemp(prefix="minilambda-"))
    copy = around / around.name
    copy.mkdir()
    call("tests/tools/sources", str(copy))
    (around / ".cargo").mkdir()
    shutil.copy(ROOT / "tests/tools/quick.toml", around / ".cargo/config.toml")
    git = ["git", "-C", str(copy), "-c", "user.name=test", "-c", "user.email=test@example.com"]
    call(*git, "init", "--quiet")
    call(*git, "add", "--all")
    call(*git, "commit", "--quiet", "--message", "the sources")
    atexit.register(remove, around)
    return copy


def remove(around):
    """Removes it, and what cargo keeps of the repository, whose name no other process has."""
    shutil.rmtree(around, ignore_errors=True)
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    for kept in home.glob(f"git/*/{around.name}-*"):
        shutil.rmtree(kept, ignore_errors=True)


def copied(template="function", name="shop"):
    """A new project, and the variables to build it with. All of a process share one folder of
    programs, and those of one name share a path, which is among the options of a release."""
    project = checkout().parent / "projects" / name
    shutil.rmtree(project, ignore_errors=True)
    call("make", "new", f"PROJECT={project}", f"TEMPLATE={template}", f"FROM=file://{checkout()}")
    links = [path for path in project.rglob("*") if path.is_symlink()]
    assert not links, links
    assert f'minilambda-local = {{ git = "file://{checkout()}" }}' in (project / "Cargo.toml").read_text()
    # Another process, such as benches/local-beside, has programs of the same names.
    built = checkout().parent / "built"
    built.mkdir(exist_ok=True)
    (project / "target").symlink_to(built)
    return project, environment(**BUILT)


def run():
    fetch("rie", "moto_server", "aws", "sam")
    function()
    fullstack()
    durable()
    gallery()
    return "tested, run, zipped and deployed to moto"


def function():
    project, env = copied(name="thumbs")
    left = [path for path in project.rglob("*") if path.is_file() and b"shop" in path.read_bytes()]
    assert not left, f"the template's name is left in {left}"
    asked = dict(line.split(" = ", 1) for line in dependencies(project))
    assert set(asked) == {"minilambda", "minilambda-events", "miniserde", "log"}, asked
    call("cargo", "fmt", "--check", cwd=project, env=env)
    call("make", "test", cwd=project, env=env)
    # What the tests were built with is what the program and the tool are built with.
    said = call("cargo", "build", cwd=project, env=env)
    assert "Compiling" not in said, f"crates are compiled twice:\n{said}"
    said = call("cargo", "build", "--example", "local", cwd=project, env=env)
    assert "Compiling" not in said, f"crates are compiled twice:\n{said}"
    said = call("make", "zip", cwd=project, env=without_zip(env))
    assert said.count("C library: ") == 1, said
    first = (project / "lambda.zip").read_bytes()
    call("make", "zip", cwd=project, env=env)
    assert first == (project / "lambda.zip").read_bytes(), "two builds differ"
    bootstrap = unzip_bootstrap(project / "lambda.zip", scratch("template-zip"))
    with Emulator(bootstrap, "thumbs.order") as emulator:
        response = emulator.invoke(ORDER)
        assert response == RECEIPT, response
    with StandIn() as aws:
        env |= {"AWS_ENDPOINT_URL": aws.url}
        deployed(aws, project, env)


def fullstack():
    project, env = copied("fullstack")
    env |= {"PATH": f"{TOOLS}:{os.environ['PATH']}", "CI": "true"}
    call("cargo", "fmt", "--check", cwd=project, env=env)
    said = call("make", "test", cwd=project, env=env)
    assert "SKIPPED" not in said, said
    # Without moto, that is visible; in CI it is a failure.
    without = environment(**BUILT) | {"PATH": path_without("moto_server")}
    without.pop("CI", None)
    said = call("make", "test", cwd=project, env=without)
    assert "SKIPPED an_order_is_stored_once: moto_server: " in said and "tests/moto/install" in said, said
    with open(project / "local.env", "a") as variables:
        variables.write("# a comment\nGREETING=hello to you\n")
    said = call("make", "run", cwd=project, env=env)
    assert '"statusCode":200' in said and '"body":"open\\n"' in said, said
    with StandIn() as aws:
        env |= {"AWS_ENDPOINT_URL": aws.url}
        deploy(project, env, create_role("shop", env))
        variables = aws.function("shop-http")[0]["Environment"]["Variables"]
        assert variables["TABLE"] == "orders", variables
        response = aws.invoke("shop-http", (project / "request.json").read_bytes()).decode()
        assert '"statusCode":200' in response, response


def durable():
    project, env = copied("durable")
    # The guide's lines are those of this step.
    lines = commands("docs/guide/durable.md", "Start a project")
    assert lines == ["make new PROJECT=../shop TEMPLATE=durable", "cd ../shop", "make test", "make local"], lines
    call("cargo", "fmt", "--check", cwd=project, env=env)
    call("make", "test", cwd=project, env=env)
    said = call("cargo", "build", "--example", "local", cwd=project, env=env)
    assert "Compiling" not in said, f"crates are compiled twice:\n{said}"
    said = call("make", "run", cwd=project, env=env, fails=True)
    assert "a durable one is run by make local" in said, said
    workflow(project, env)
    with StandIn() as aws:
        env |= {"AWS_ENDPOINT_URL": aws.url}
        role = create_role("shop", env)
        said = deploy(project, env, role)
        assert "shop-order: created" in said and "shop-order: the alias live is version 1" in said, said
        assert aws.durable == {"shop-order": {"ExecutionTimeout": 604800, "RetentionPeriodInDays": 14}}, aws.durable
        # The second time a version is published again, and the alias leads to it.
        configuration = project / "functions.conf"
        configuration.write_text(configuration.read_text().replace("604800 14", "86400 7"))
        said = deploy(project, env, role)
        assert "shop-order: updated" in said and "shop-order: the alias live is version 2" in said, said
        changed = [json.loads(body)["DurableConfig"] for method, _, body in aws.requests
                   if method == "PUT" and b"DurableConfig" in body]
        assert changed == [{"ExecutionTimeout": 86400, "RetentionPeriodInDays": 7}], changed
        configuration.write_text(configuration.read_text() + "durable 60 1\n")
        said = call("make", "deploy", cwd=project, env=env, fails=True)
        assert "the function shop-approve was not created as a durable one" in said, said


def workflow(project, env):
    """An order at `make local`, with the AWS CLI and SAM's. The program is changed while it waits."""
    port = free_port()
    env = env | {"PORT": str(port), "OPTIONS": "--time skip"}
    with Server("make", "local", ports=[port], log=scratch("durable-local") / "log", cwd=project, env=env) as server:
        def aws(*words):
            return call("aws", "lambda", "--endpoint-url", f"http://127.0.0.1:{port}", *words, cwd=project, env=env)

        def until(what):
            """The first result that is one."""
            end = time.monotonic() + PATIENCE_SECONDS
            while not (found := what()):
                assert time.monotonic() < end, server.said()
                time.sleep(0.05)
            return found

        def ask(*words):
            return json.loads(aws(*words))

        aws("invoke", "--function-name", "shop-order:live", "--invocation-type", "Event", "--payload", "fileb://events/order.json",
            "--durable-execution-name", "A-1007", "/dev/stdout")
        [arn] = until(lambda: [one["DurableExecutionArn"] for one in ask(
            "list-durable-executions-by-function", "--function-name", "shop-order")["DurableExecutions"]])
        [callback] = until(lambda: [event["CallbackStartedDetails"]["CallbackId"] for event in ask(
            "get-durable-execution-history", "--durable-execution-arn", arn)["Events"]
            if event["EventType"] == "CallbackStarted"])
        # SAM's own commands take it for AWS's emulator of durable functions.
        emulator = env | {"DURABLE_EXECUTIONS_EXTERNAL_EMULATOR_PORT": str(port)}
        call("sam", "local", "callback", "heartbeat", callback, cwd=project, env=emulator)
        said = call("sam", "local", "execution", "history", arn, cwd=project, env=emulator)
        assert "CallbackStarted" in said and "BankBusy" in said, said
        main = project / "src/main.rs"
        main.write_text(main.read_text().replace("in a box\"))", "in a crate\"))"))
        until(lambda: server.said().count("built in ") == 2)
        answer = scratch("durable-answer") / "answer.json"
        answer.write_text(json.dumps({"callback": callback, "by": "Ada"}))
        aws("invoke", "--function-name", "shop-approve", "--payload", f"fileb://{answer}", "/dev/stdout")
        result = until(lambda: ask("get-durable-execution", "--durable-execution-arn", arn).get("Result"))
        expected = {"charge": "charge of A-1007", "approved_by": "Ada", "parcels": ["desk in a crate", "lamp in a crate"]}
        assert json.loads(result) == expected, result


def gallery():
    """Its projects are templates, too, in what surrounds the other one."""
    for name in sorted(path.parent.name for path in (ROOT / "examples/gallery").glob("*/Cargo.toml")):
        project, env = copied(name, f"my-{name}")
        asked = dict(line.split(" = ", 1) for line in dependencies(project))
        assert all("path" not in source for source in asked.values()), asked
        call("cargo", "fmt", "--check", cwd=project, env=env)
        said = call("make", "help", cwd=project, env=env)
        assert f"[HANDLER={name}." in said and "[EVENT=event.json]" in said, said
        assert (project / "template.yaml").is_file() and not (project / "README.md").exists()
        assert "make zip && sam deploy" in call("make", "deploy", cwd=project, env=env, fails=True)
    # One of them is built; the others are built from the same sources by `make test`.
    env |= {"PATH": f"{TOOLS}:{os.environ['PATH']}", "CI": "true"}
    project = project.parent / "my-notes"
    said = call("make", "test", cwd=project, env=env)
    assert "SKIPPED" not in said and said.count("test result: ok. ") == 2, said


def deploy(project, env, role):
    return call("make", "deploy", f"ROLE={role}", cwd=project, env=env)


def deployed(aws, project, env):
    """Settings of functions.conf arrive, for new functions and for old ones; nothing is built
    before it is checked."""
    configuration = project / "functions.conf"
    for wrong, told in [("memroy 5", "there is no setting memroy"), ("timeout soon", "timeout is a number"),
                        ("url open", "url is public or iam"), ("env A", "a variable is env NAME=VALUE")]:
        text = configuration.read_text()
        configuration.write_text(text + wrong + "\n")
        said = call("make", "deploy", "ROLE=arn:aws:iam::123456789012:role/x", cwd=project, env=env, fails=True)
        line = text.count("\n") + 1
        assert f"functions.conf, line {line}: {told}" in said and "bootstrap" not in said, said
        configuration.write_text(text)
    for role, told in [("", "is new, and needs a role"), ("thumbs", "thumbs is not the ARN of a role")]:
        said = call("make", "deploy", f"ROLE={role}", cwd=project, env=env, fails=True)
        assert told in said and "bootstrap" not in said, said
    nobody = env | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    said = call("make", "deploy", "ROLE=arn:aws:iam::123456789012:role/x", cwd=project, env=nobody, fails=True)
    assert "AWS cannot be asked for the function" in said and "bootstrap" not in said, said

    role = create_role("thumbs", env)
    configuration.write_text("""
        memory 256
        env GREETING=hello, "you"
        [thumbs.order]
        timeout 7
        tracing on
        env RUST_LOG=debug
        [thumbs.health]
        name health
        url public
        env GREETING=good = day
    """)
    said = deploy(project, env, role)
    assert "thumbs-order: created" in said and "health: https://" in said, said
    assert aws.invoke("thumbs-order", ORDER).decode() == RECEIPT
    order, health = aws.function("thumbs-order")[0], aws.function("health")[0]
    assert (order["MemorySize"], order["Timeout"], order["Handler"]) == (256, 7, "thumbs.order"), order
    assert order["Environment"]["Variables"] == {"GREETING": 'hello, "you"', "RUST_LOG": "debug"}, order
    assert health["Environment"]["Variables"] == {"GREETING": "good = day"}, health
    assert any(b'"TracingConfig": {"Mode": "Active"}' in body for *_, body in aws.requests)
    policy = call("aws", "lambda", "get-policy", "--function-name", "health", "--output", "text", env=env)
    assert "lambda:InvokeFunctionUrl" in policy and '"lambda:InvokeFunction"' in policy, policy

    # The second time code and settings are updated; without a role they keep theirs.
    configuration.write_text(configuration.read_text().replace("memory 256", "memory 512").replace("public", "iam"))
    said = deploy(project, env, "")
    assert "thumbs-order: updated" in said and "health: https://" in said, said
    order = aws.function("thumbs-order")[0]
    assert (order["MemorySize"], order["Role"]) == (512, role), order
    assert aws.invoke("thumbs-order", ORDER).decode() == RECEIPT
    # Nobody is permitted any more what everybody was.
    said = call("aws", "lambda", "get-policy", "--function-name", "health", env=env, fails=True)
    assert "ResourceNotFoundException" in said, said


def path_without(*programs):
    """The PATH, as links in a folder, without some programs. Tools that are fetched are left
    out, too."""
    folder = scratch(f"path-without-{'-'.join(programs)}")
    for entry in os.environ["PATH"].split(":"):
        for path in Path(entry).glob("*") if entry and Path(entry) != TOOLS else ():
            if path.name not in programs and not (folder / path.name).exists():
                (folder / path.name).symlink_to(path)
    return str(folder)


def without_zip(env):
    return env | {"PATH": path_without("zip")}


def dependencies(project):
    text = (project / "Cargo.toml").read_text().split("[dependencies]\n", 1)[1]
    return [line for line in text.split("[", 1)[0].splitlines() if " = " in line]
