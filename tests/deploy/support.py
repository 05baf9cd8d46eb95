"""What the steps have in common: commands, tools, lines of the README and the guide, AWS's
emulator."""

import atexit
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tools"))
import emulator
from emulator import accepts, free_port

TOOLS = ROOT / "target/tools"
# Of this process: others run beside it.
SCRATCH = ROOT / "target/deploy" / str(os.getpid())
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
PATIENCE_SECONDS = 60
# Cargo takes what the tests have built of the dependencies.
BUILT = {"CARGO_PROFILE_DEV_DEBUG": "none", "CARGO_BUILD_BUILD_DIR": str(ROOT / "target")}


class Skipped(Exception):
    """A tool cannot be had."""


def fetch(*tools):
    """The paths of tools, fetched where they are missing."""
    done = subprocess.run([ROOT / "tests/tools/fetch", *tools], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skipped(done.stderr.strip().splitlines()[-1])
    paths = [Path(line) for line in done.stdout.split()]
    return paths[0] if len(paths) == 1 else paths


def call(*command, cwd=ROOT, env=None, fails=False):
    """Runs a command to its end, and gives what it wrote."""
    done = subprocess.run(
        command, cwd=cwd, env=env or environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    said = f"{' '.join(map(str, command))}\nexit status {done.returncode}:\n{done.stdout}"
    assert (done.returncode != 0) == fails, said
    return done.stdout


def environment(**more):
    """The variables of every command: no account of the user's is ever touched."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SAM_", "SLS_", "SERVERLESS_", "MAKE"))
    }
    return kept | {
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_PAGER": "",
        "SAM_CLI_TELEMETRY": "0",
        "SLS_TELEMETRY_DISABLED": "1",
        "SLS_NOTIFICATIONS_MODE": "off",
        "DOCKER": "",  # `make zip` with the toolchain that is here
        "MAKEFLAGS": " -- DOCKER=",
    } | more


def section(page, heading):
    """The text under a heading of a page, up to the next one."""
    found = re.search(rf"^##+ {re.escape(heading)}$(.*?)(?=^##|\Z)", (ROOT / page).read_text(),
                      re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {heading!r}"
    return found[1]


def blocks(page, heading, language):
    """The blocks of code in a section."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(page, heading), re.MULTILINE | re.DOTALL)


def commands(page, heading):
    """The commands in a section's console blocks: `$ ` begins one, four spaces continue it."""
    found = []
    for block in blocks(page, heading, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(line[2:])
            else:
                assert line.startswith("    ") and found, f"not a command: {line!r}"
                found[-1] += "\n" + line
    assert found, f"{page} has no commands under {heading!r}"
    return found


def script(lines):
    """A script that says each command before it runs."""
    return "\n".join(["set -eo pipefail"] + [f"cat <<'LINE'\n$ {line}\nLINE\n{line}" for line in lines])


def create_role(name, env):
    """Creates a role without any policy, and returns its ARN."""
    return call("aws", "iam", "create-role", "--role-name", name, "--query", "Role.Arn", "--output", "text",
                "--assume-role-policy-document", "{}", env=env).strip()


def scratch(name):
    """An empty folder, which is removed when the process ends."""
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def unzip_bootstrap(archive, folder):
    """The one file that a zip for Lambda holds, as Lambda would put it down."""
    with zipfile.ZipFile(archive) as opened:
        [member] = opened.infolist()
        assert member.filename == "bootstrap", member.filename
        mode = member.external_attr >> 16 & 0o777
        assert mode == 0o755, f"mode {mode:o}"
        bootstrap = Path(opened.extract(member, folder))
    bootstrap.chmod(mode)
    return bootstrap


class Server:
    """A process that listens on 127.0.0.1; it and what it started end with the block."""

    def __init__(self, *command, ports, log, cwd=ROOT, env=None):
        self.ports = ports
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command], cwd=cwd, env=env or environment(), stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )

    def __enter__(self):
        end = time.monotonic() + PATIENCE_SECONDS
        while not all(accepts(port) for port in self.ports):
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise AssertionError(f"{self.process.args[0]} does not start:\n{self.said()}")
            time.sleep(0.002)
        return self

    def __exit__(self, *_):
        # Asked first: the emulator ends its bootstrap, which is in another process group.
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, how)
                self.process.wait(5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass

    def said(self):
        return Path(self.log).read_text(errors="replace")


class Emulator(Server):
    """AWS's Runtime Interface Emulator with a bootstrap."""

    def __init__(self, bootstrap, handler, env=None):
        self.port, api_port = free_port(), free_port()
        super().__init__(
            *emulator.command(fetch("rie"), self.port, api_port, bootstrap, handler),
            ports=[self.port, api_port], log=scratch("emulator") / "log", env=env or {},
        )

    def invoke(self, event):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("POST", emulator.PATH, event)
        response = connection.getresponse().read().decode()
        connection.close()
        return response


def responds(bootstrap):
    """That the example `hello` runs under the emulator and responds to both kinds of event."""
    with Emulator(bootstrap, "hello.order") as emulator:
        response = emulator.invoke((ROOT / "data/order.json").read_bytes())
        assert response == '{"order":"A-1007","pieces":7}', response
    with Emulator(bootstrap, "hello.apigateway") as emulator:
        response = emulator.invoke((ROOT / "data/apigateway-rest.json").read_bytes())
        assert '"statusCode":200' in response, response
