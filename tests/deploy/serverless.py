"""examples/serverless, packaged by the Serverless Framework 3 (4 wants a login)."""

import json
import re

from support import ROOT, responds, call, fetch, scratch, unzip_bootstrap


def run():
    fetch("serverless", "rie")
    folder = ROOT / "examples/serverless"
    call("make", "zip", "EXAMPLE=hello")
    packaged = scratch("serverless")
    said = call("serverless", "package", "--package", packaged, cwd=folder)
    # A schema's complaints are warnings there.
    assert "Service packaged" in said and "warning" not in said.lower(), said
    template = json.loads((packaged / "cloudformation-template-update-stack.json").read_text())
    functions = {
        resource["Properties"]["Handler"]: resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    assert set(functions) == {"hello.apigateway", "hello.order"}, functions
    for function in functions.values():
        assert function["Runtime"] == "provided.al2023", function
        assert function["Code"]["S3Key"].endswith("/lambda.zip"), function
    [artifact] = re.findall(r"^  artifact: (.*)$", (folder / "serverless.yml").read_text(), re.M)
    responds(unzip_bootstrap(folder / artifact, scratch("serverless-artifact")))
    return "serverless package; the artefact it names runs. Not run: serverless deploy"
