"""examples/sam and examples/snapstart, by the real SAM CLI."""

import os
import re

from support import ROOT, blocks, responds, call, environment, fetch, scratch


def run():
    fetch("sam", "rie")
    folder = ROOT / "examples/sam"
    assert "is a valid SAM Template" in call("sam", "validate", "--lint", cwd=folder)
    assert "is a valid SAM Template" in call(
        "sam", "validate", "--lint", cwd=ROOT / "examples/snapstart"
    )
    # The guide's lines for a durable function, whose configuration is checked by AWS's schema.
    [lines] = blocks("docs/guide/durable.md", "Deploying", "yaml")
    head, _ = (folder / "template.yaml").read_text().split("Resources:\n")
    durable = scratch("sam-durable") / "template.yaml"
    durable.write_text(f"{head}Resources:\n" + "".join(f"  {line}\n" for line in lines.splitlines()))
    assert "is a valid SAM Template" in call("sam", "validate", "--lint", "--template", durable)
    known = set(re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    [given] = re.findall(r"DockerBuildArgs:\n((?: {8}.*\n)+)", (ROOT / "examples/snapstart/template.yaml").read_text())
    given = set(re.findall(r"^ +(\w+):", given, re.MULTILINE))
    assert given and given <= known, f"the Dockerfile has no {given - known}"
    built = scratch("sam")
    # The template asks for x86_64; what is to run here is built for here.
    env = environment(ARCH=os.uname().machine.replace("aarch64", "arm64"))
    call("sam", "build", "--build-dir", built, cwd=folder, env=env)
    responds(built / "HelloFunction/bootstrap")
    return "sam validate --lint, sam build; the artefact runs"

