"""What the scripts beside it have in common: programs of a workspace of peers, their crates, and a
certificate for a server on this machine."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IS_QUICK = bool(os.environ.get("QUICK"))

STATIC = {"RUSTFLAGS": "-C target-feature=+crt-static -C relocation-model=static"}

# An authority, and a certificate of it for 127.0.0.1.
CERTIFICATES = """
set -e
cd "$0"
new="openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
$new -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
$new -subj /CN=server -keyout server.key -out server.csr
printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\\nbasicConstraints=CA:FALSE\\n' >extensions
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.pem
"""


def make_certificates(folder):
    """Writes ca.pem, server.pem and server.key into a folder."""
    subprocess.run(["sh", "-c", CERTIFICATES, folder], check=True, capture_output=True)


class Peers:
    """A workspace in a folder, such as `benches/peers/aws`."""

    def __init__(self, folder):
        self.folder = ROOT / folder
        self.run("cargo", "fetch", "--quiet", "--locked")

    def run(self, *command, env=None, **more):
        env = os.environ | (env or {})
        return subprocess.run([str(word) for word in command], cwd=self.folder, check=True, text=True, env=env, **more)

    def crates(self, package, *features):
        """How many crates are in a program with these features, beside the program."""
        tree = self.run("cargo", "tree", "--locked", "--prefix", "none", "--no-dedupe", "-e", "normal", "-p", package,
                        "--features", ",".join(features), capture_output=True).stdout
        return len({tuple(line.split(" ")[:2]) for line in tree.splitlines() if line}) - 1

    def build(self, package, target, *features):
        """Builds a static program in a folder, and returns its path. With QUICK=1 it is not
        optimised, and built where the tests have built most of its crates."""
        command = ["cargo", "build", "--quiet", "--locked", "--package", package, "--features", ",".join(features)]
        if IS_QUICK:
            self.run(*command, env={"CARGO_TARGET_DIR": str(ROOT / "target")})
            return ROOT / "target/debug" / package
        version = self.run("rustc", "-vV", capture_output=True).stdout
        host = version.split("host: ")[1].split("\n")[0]
        self.run(*command, "--release", "--target", host, env=STATIC | {"CARGO_TARGET_DIR": str(target)})
        return target / host / "release" / package
