"""examples/cdk, synthesized by the CDK."""

import json
import shutil

from support import ROOT, call, environment, fetch, scratch


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
    return "synthesized; the asset is lambda.zip. Not run: cdk deploy"
