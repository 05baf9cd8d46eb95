"""examples/github/deploy.yml: read by GitHub's schema and by actionlint, its commands run."""

import json
import shutil

from stand_in import StandIn
from support import ROOT, call, create_role, environment, fetch, scratch
from template import ORDER, RECEIPT, copied

LINT = """
require(process.argv[1]).createLinter().then((lint) => {
  const found = lint(require("fs").readFileSync(process.argv[2], "utf8"), "deploy.yml");
  console.log(JSON.stringify(found));
});
"""

# Sets up the runner, not the project.
NOT_RUN = "rustup "


def run():
    schema, lint, _, _, _ = fetch("check_jsonschema", "actionlint", "aws", "moto_server", "rie")
    workflow = ROOT / "examples/github/deploy.yml"
    for path in (workflow, ROOT / ".github/workflows/ci.yml"):
        check(schema, lint, path)

    read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"
    python = ROOT / "target/tools/python-moto_server/bin/python"
    parsed = json.loads(call("sh", "-c", '"$0" -c "$1" <"$2"', python, read, workflow))
    project, env = copied()
    commands = 0
    with StandIn() as aws:
        env |= {"AWS_ENDPOINT_URL": aws.url}
        create_function(env, project)
        for name in ("build", "deploy"):
            job = parsed["jobs"][name]
            for step in job["steps"]:
                script = step.get("run", "")
                if not script or script.startswith(NOT_RUN):
                    continue
                variables = {
                    key: value for key, value in (parsed.get("env", {}) | step.get("env", {})).items()
                    if key != "TARGET"
                }
                call("bash", "-eo", "pipefail", "-c", script, cwd=project, env=env | variables)
                commands += 1
        assert aws.function("shop-order")[1] == (project / "lambda.zip").read_bytes()
        assert aws.invoke("shop-order", ORDER).decode() == RECEIPT
    return f"schema, actionlint; {commands} steps run, with moto for AWS. Not run: actions, OIDC, rustup"


def check(schema, lint, workflow):
    call(schema, "--builtin-schema", "vendor.github-workflows", workflow)
    found = json.loads(call("node", "-e", LINT, lint.resolve(), workflow))
    # It is of 2022: newer runners and the context `vars` are left to the schema.
    found = [entry for entry in found if entry["kind"] != "runner-label"
             and 'undefined variable "vars"' not in entry["message"]]
    assert not found, found


def create_function(env, project):
    role = create_role("shop", env)
    folder = scratch("github-first")
    (folder / "bootstrap").write_text("")
    shutil.make_archive(str(folder / "first"), "zip", folder, "bootstrap")
    call("aws", "lambda", "create-function", "--function-name", "shop-order", "--role", role,
         "--handler", "shop.order", "--runtime", "provided.al2023",
         "--zip-file", f"fileb://{folder}/first.zip", env=env)
