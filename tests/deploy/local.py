"""The guide's lines for minilambda-local, and the template's `make local` with a change of its
source."""

import http.client
import time

from support import PATIENCE_SECONDS, Server, call, commands, environment, fetch
from support import free_port, scratch
from template import ORDER, RECEIPT, copied, path_without


def run():
    fetch("aws")
    start, *lines = commands("docs/guide/local.md", "A page, the Invoke API and HTTP")
    port = free_port()
    assert start == "make local EXAMPLE=todo", start
    call("cargo", "build", "--package", "minilambda-local")
    log = scratch("local") / "log"
    env = environment(PORT=str(port))
    with Server("make", "local", "EXAMPLE=todo", ports=[port], log=log, env=env) as server:
        said = [call("bash", "-c", line.replace(":9000", f":{port}")) for line in lines]
        assert '{"items":[],"next":null}' in said[0], said
        assert '{"id":1,"title":"tea","done":false}' in said[1], said
        assert '"statusCode":200' in said[2] and "LogResult" in said[2], said
        assert "REPORT RequestId: " in server.said(), server.said()
    seconds = change()
    return f"{len(lines)} lines of the guide; a change of the template runs after {seconds:.1f} s"


def change():
    """`make local` in a copy of the template: it is built, and built again after a change."""
    project, env = copied()
    port = free_port()
    # The tool comes from the project, even if PATH has another.
    env |= {"PORT": str(port), "PATH": path_without("minilambda-local")}
    log = scratch("local-template") / "log"
    with Server("make", "local", ports=[port], log=log, cwd=project, env=env) as server:
        assert invoke(port) == RECEIPT, server.said()
        main = project / "src/main.rs"
        main.write_text(main.read_text().replace("PIECES_IN_A_BOX: u32 = 6", "PIECES_IN_A_BOX: u32 = 7"))
        start = time.monotonic()
        while (response := invoke(port)) == RECEIPT:
            assert time.monotonic() - start < PATIENCE_SECONDS, server.said()
            time.sleep(0.05)
        assert response == RECEIPT.replace('"boxes":2', '"boxes":1'), response
        seconds = time.monotonic() - start
    callers(project, env, port, log)
    return seconds


# The claims {"sub":"user-17"}, without a signature.
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyLTE3In0.c2ln"


def callers(project, env, port, log):
    """The guide's line for a route behind an authorizer: a request with claims gets a response, and
    none without."""
    start, _ = commands("docs/guide/local.md", "Callers")
    with Server(*start.split(), ports=[port], log=log, cwd=project, env=env) as server:
        for headers, status in [({}, 401), ({"Authorization": f"Bearer {TOKEN}"}, 200)]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS * 5)
            connection.request("GET", "/health", headers=headers | {"Host": f"shop.health.localhost:{port}"})
            response = connection.getresponse()
            assert response.status == status, (response.status, response.read(), server.said())
            connection.close()


def invoke(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS * 5)
    connection.request("POST", "/2015-03-31/functions/shop.order/invocations", ORDER)
    response = connection.getresponse().read().decode()
    connection.close()
    return response
