"""AWS's Runtime Interface Emulator: how it is started and invoked. `tests/tools/fetch rie` has it.
For tests in Rust this is `tests/support/emulator.rs`; `tests/image` starts it in a shell."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

PATH = "/2015-03-31/functions/function/invocations"
PATIENCE_SECONDS = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def accepts(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def command(rie, port, api_port, *bootstrap):
    """Starts the bootstrap at the first invocation. It takes two words: the program and one argument."""
    return [rie, "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
            "--runtime-api-address", f"127.0.0.1:{api_port}", *bootstrap]


@contextmanager
def running(rie, bootstrap, environment, before=(), output=subprocess.DEVNULL):
    """Runs it for a block, behind the words of another command, and gives the port to invoke it at."""
    port, api_port = free_port(), free_port()
    process = subprocess.Popen(
        [*before, *command(rie, port, api_port, *bootstrap)], env=environment,
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
    )
    try:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not (accepts(port) and accepts(api_port)) and process.poll() is None:
            if time.monotonic() > give_up:
                break
            time.sleep(0.01)
        yield port
    finally:
        process.terminate()
        process.wait()


def invoke(port, event):
    """The status and the body of what the caller gets; the status is text if nothing responds."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", data=event, headers=headers)
    # Never through a proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE_SECONDS) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return "no response", str(error).encode()
