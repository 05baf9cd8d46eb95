"""examples/cdk, synthesized by the CDK."""

import json
import shutil

from support import ROOT, blocks, call, environment, fetch, scratch


def run():
    modules = fetch("cdk").resolve() / "node_modules"
    around = scratch("cdk")
    app = around / "examples/cdk"
    app.mkdir(parents=True)
    shutil.copy(ROOT / "examples/cdk/app.mjs", app)
    shutil.copy(ROOT / "lambda.zip", around)
    (app / "node_modules").symlink_to(modules)
    call("node", "app.mjs", cwd=app, env=environment(CDK_OUTDIR=str(around / "out")))
    template = json.loads((around / "out/Hello.template.json").read_text())
    [function] = [resource["Properties"] for resource in template["Resources"].values()
                  if resource["Type"] == "AWS::Lambda::Function"]
    assert (function["Runtime"], function["Handler"]) == ("provided.al2023", "hello.order"), function
    files = json.loads((around / "out/Hello.assets.json").read_text())["files"].values()
    [asset] = [file for file in files if file["source"]["path"].endswith(".zip")]
    assert (around / "out" / asset["source"]["path"]).read_bytes() == (ROOT / "lambda.zip").read_bytes()
    durable(around, app)
    return "synthesized; the asset is lambda.zip. Not run: cdk deploy"


def durable(around, app):
    """The guide's lines for a durable function, on top of the example."""
    [lines] = blocks("docs/guide/durable.md", "Deploying", "js")
    shutil.copy(ROOT / "lambda.zip", app)
    text = (app / "app.mjs").read_text()
    (app / "durable.mjs").write_text(text.replace("app.synth();", f"{lines}app.synth();"))
    call("node", "durable.mjs", cwd=app, env=environment(CDK_OUTDIR=str(around / "durable")))
    template = json.loads((around / "durable/Hello.template.json").read_text())
    resources = list(template["Resources"].values())
    configurations = [it["Properties"].get("DurableConfig") for it in resources if it["Type"] == "AWS::Lambda::Function"]
    assert {"ExecutionTimeout": 604800, "RetentionPeriodInDays": 14} in configurations, configurations
    assert any(it["Type"] == "AWS::Lambda::Alias" and it["Properties"]["Name"] == "live" for it in resources), resources
    # The guide says so.
    assert "AWSLambdaBasicDurableExecutionRolePolicy" in json.dumps(template), template
