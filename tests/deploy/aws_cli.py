"""The guide's lines for the AWS CLI, run as they stand there."""

import json
import re

from stand_in import StandIn
from support import (
    ROOT, responds, call, commands, create_role, environment, fetch, scratch, script, unzip_bootstrap,
)

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtimes-supported, November 2026.
# Any name would do for moto. provided.al2 is deprecated since 2026-07-31.
RUNTIMES = {"provided.al2023"}

# The machine's own program is uploaded in its place: other tests check the zips.
NOT_BUILT = re.compile(r"\bmake zip .*ARCH=arm64")


def run():
    fetch("aws", "moto_server", "rie")
    lines = commands("docs/guide/deploying.md", "The AWS CLI")
    runtimes = {name for command in lines for name in re.findall(r"--runtime (\S+)", command)}
    assert runtimes and runtimes <= RUNTIMES, f"not in AWS's list: {runtimes - RUNTIMES}"
    lines = [line for line in lines if not NOT_BUILT.search(line)]
    with StandIn() as aws:
        env = environment(AWS_ENDPOINT_URL=aws.url)
        said = call("bash", "-c", script(lines), env=env)
        # What the lines say they do.
        assert said.count('{"order":"A-1007","pieces":7}') == 1, said
        assert said.count('"statusCode":200') == 1, said
        seen, archive = aws.function("hello")
        assert archive == (ROOT / "lambda.zip").read_bytes(), "another zip is stored"
        # moto keeps the tracing of create-function only, so it is seen on its way.
        assert any(b'"TracingConfig": {"Mode": "Active"}' in body for *_, body in aws.requests)
        assert seen["Environment"]["Variables"], seen
        assert aws.function("hello-arm64")[0]["Architectures"] == ["arm64"]
        policy = json.loads(call("aws", "lambda", "get-policy", "--function-name", "hello",
                                 "--query", "Policy", "--output", "text", env=env))
        actions = {statement["Action"] for statement in policy["Statement"]}
        assert actions == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}, policy
        # What was uploaded is what runs.
        folder = scratch("aws-cli-stored")
        (folder / "lambda.zip").write_bytes(archive)
        responds(unzip_bootstrap(folder / "lambda.zip", folder))
        images = snapstart(aws, env | {"role": create_role("search", env)})
        durables = durable(aws, env | {"role": create_role("order", env)})
    return f"{len(lines) + images + durables} commands of the guide against moto; the stored zip runs"


def snapstart(aws, env):
    """Those for an image; moto has none that could be invoked."""
    *lines, invoked = commands("docs/guide/managed-instances.md", "SnapStart")
    assert invoked.startswith("aws lambda invoke "), invoked
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/search:latest"
    call("bash", "-c", script(lines), env=env | {"image": image})
    seen = json.loads(call("aws", "lambda", "get-function", "--function-name", "search:1", env=env))
    assert seen["Configuration"]["PackageType"] == "Image", seen
    # moto does not keep it, so it is seen on its way.
    assert any(b'"SnapStart": {"ApplyOn": "PublishedVersions"}' in body for *_, body in aws.requests)
    return len(lines)


def durable(aws, env):
    """Those for a durable function; moto does not keep its configuration, so it is seen on its way."""
    lines = commands("docs/guide/durable.md", "Deploying")
    call("bash", "-c", script(lines), env=env)
    created = [json.loads(body) for *_, body in aws.requests if b'"DurableConfig"' in body]
    expected = {"ExecutionTimeout": 604800, "RetentionPeriodInDays": 14}
    assert [one["DurableConfig"] for one in created] == [expected], created
    return len(lines)
