"""examples/terraform, parsed. Terraform and its provider are on no registry that the tests use."""

import json

from support import ROOT, call, fetch

READ = "import hcl2, json, sys; print(json.dumps(hcl2.load(sys.stdin)))"


def run():
    python = fetch("python_hcl2").resolve() / "bin/python3"
    read = call("sh", "-c", f"'{python}' -c '{READ}' <'{ROOT}/examples/terraform/main.tf'")
    found = unquoted(json.loads(read))
    resources = {}
    for block in found["resource"]:
        [(kind, named)] = block.items()
        resources[kind] = named
    function = resources["aws_lambda_function"]["hello"]
    expected = {
        "runtime": "provided.al2023", "handler": "hello.order", "architectures": ["x86_64"],
        "filename": "${var.zip}", "source_code_hash": "${filebase64sha256(var.zip)}",
        "role": "${aws_iam_role.hello.arn}",
    }
    assert {name: function[name] for name in expected} == expected, function
    assert "hello" in resources["aws_iam_role"], resources
    [default] = [block["zip"]["default"] for block in found["variable"]]
    assert (ROOT / "examples/terraform" / default).resolve() == ROOT / "lambda.zip", default
    return "parsed. Not run: terraform validate, terraform apply"


def unquoted(value):
    """A value of Terraform, with strings and names without the quotation marks that some versions keep."""
    if isinstance(value, dict):
        return {name.strip('"'): unquoted(field) for name, field in value.items()}
    if isinstance(value, list):
        return [unquoted(item) for item in value]
    return value.strip('"') if isinstance(value, str) else value
