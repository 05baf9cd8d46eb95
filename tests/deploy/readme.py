"""The README's program, and the commands of the README and of the guide, as they stand there. Those of a
new project are run by tests/first-hour."""

import re

from stand_in import StandIn
from support import ROOT, blocks, call, commands, create_role, environment, fetch, script, section
from template import RECEIPT


def run():
    fetch("aws", "moto_server", "rie")
    complete_function()
    lines = deploy() + guide()
    return f"the program, and {lines} commands"


def complete_function():
    heading = "A complete function"
    [program] = blocks("README.md", heading, "rust,no_run")
    example = (ROOT / "examples/order.rs").read_text()
    assert program == re.sub(r"\A(//!.*\n)+\n", "", example), "the README has another program"
    [line] = commands("README.md", heading)
    said = call("bash", "-c", line)
    [printed] = blocks("README.md", heading, "text")
    assert said.endswith(printed), said


def deploy():
    lines = commands("README.md", "Deploy")
    with StandIn() as aws:
        env = environment(AWS_ENDPOINT_URL=aws.url)
        role = create_role("order", env)
        said = call("bash", "-c", script(lines), env=env | {"role": role})
        assert RECEIPT in said, said
    return len(lines)


# Pages whose commands other steps run: aws_cli.py, local.py, template.py, triggers.py. An engine
# for containers is not to be had here.
ELSEWHERE = {
    "asynchronous.md": {"After an error"},
    "deploying.md": {"The AWS CLI", "The zip"},
    "durable.md": {"Deploying", "Start a project"},
    "idempotency.md": {"The table"},
    # A debugger: local/tests/debugging.rs runs one.
    "local.md": {"A page, the Invoke API and HTTP", "Callers", "Debugging"},
    "managed-instances.md": {"SnapStart"},
    "triggers.md": {"A role and its policy", "A queue", "A bucket", "A schedule", "An HTTP API with tokens", "An alarm"},
}


def guide():
    count = 0
    for page in sorted((ROOT / "docs/guide").glob("*.md")):
        name = f"docs/guide/{page.name}"
        for heading in re.findall(r"^##+ (.*)$", page.read_text(), re.MULTILINE):
            if "```console" not in section(name, heading) or heading in ELSEWHERE.get(page.name, ()):
                continue
            lines = commands(name, heading)
            if page.name == "first-function.md":
                assert set(lines) <= set(commands("README.md", "Start a project")), lines
            else:
                call("bash", "-c", script(lines))
            count += len(lines)
    return count
