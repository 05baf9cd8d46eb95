"""examples/terraform, parsed. Terraform and its provider are on no registry that the tests use."""

from support import ROOT, call, fetch

READ = "import hcl2, json, sys; print(json.dumps(hcl2.load(sys.stdin)))"


def run():
    python = fetch("python_hcl2").resolve() / "bin/python3"
    said = call("sh", "-c", f"'{python}' -c '{READ}' <'{ROOT}/examples/terraform/main.tf'")
    for part in ("provided.al2023", "hello.order", "filebase64sha256"):
        assert part in said, said
    return "parsed. Not run: terraform validate, terraform apply"
