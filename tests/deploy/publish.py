"""What crates.io would be given: each crate packaged, and built from the package."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from support import BUILT, ROOT, Skipped, call, environment

# Files that a package must have, and beginnings that none may have.
NEEDED = {
    "minilambda": {"LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs", "examples/hello.rs",
                   "data/order.json"},
    "minilambda-events": {"LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"},
    "minilambda-http": {"LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"},
    "minilambda-aws": {"LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"},
    "minilambda-durable": {"LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"},
    "minilambda-local": {"LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs", "src/main.rs",
                         "page/page.html", "data/sqs.json"},
}
UNWANTED = (".ci", "tests/", "examples/template", "examples/sam", "target", "lambda.zip")


def run():
    for crate, needed in NEEDED.items():
        listed = call("cargo", "package", "--list", "--allow-dirty", "-p", crate).splitlines()
        assert needed <= set(listed), f"{crate} lacks {needed - set(listed)}"
        unwanted = [name for name in listed if name.startswith(UNWANTED)]
        assert not unwanted, f"{crate} has {unwanted}"
    version = call("cargo", "--version")
    if int(re.search(r"1\.(\d+)", version).group(1)) < 90:
        raise Skipped(f"cargo publish --workspace needs cargo 1.90; this is {version.strip()}")
    said = dry_run()
    warnings = [line for line in said.splitlines() if line.startswith("warning:")]
    # The last: the profile of this workspace names a crate that the runtime does not depend on.
    expected = ("aborting upload", "is not included in the published package",
                "profile package spec `minilambda-events`")
    warnings = [line for line in warnings if not any(part in line for part in expected)]
    assert not warnings, warnings
    return "cargo publish --dry-run of the crates"


def dry_run():
    """In a new folder, with a copy of what others have built of the dependencies."""
    sources = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo") / "registry/src"
    before = set(sources.glob("-*"))
    with tempfile.TemporaryDirectory() as target:
        copy_dependencies(ROOT / "target/debug", Path(target) / "debug")
        own = BUILT | {"CARGO_TARGET_DIR": target, "CARGO_BUILD_BUILD_DIR": target}
        try:
            return call("cargo", "publish", "--dry-run", "--workspace", "--allow-dirty", env=environment(**own))
        finally:
            for unpacked in set(sources.glob("-*")) - before:
                shutil.rmtree(unpacked)


def copy_dependencies(built, copy):
    """Cargo knows the crates of a package by their names, and would take the state of them that this folder has built:
    they stay out. Others may be building there: what is marked as built is copied before what was built."""
    for folder, names in [(".fingerprint", "*"), ("build", "*"), ("deps", "*.d"), ("deps", "*.rlib"),
                          ("deps", "*.rmeta"), ("deps", "*.so")]:
        for path in (built / folder).glob(names):
            if "minilambda" in path.name:
                continue
            goal = copy / folder / path.name
            goal.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, goal)
            else:
                shutil.copy2(path, goal)
