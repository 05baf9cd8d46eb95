"""A stand-in for AWS on 127.0.0.1: moto, and, for what is invoked, the code that moto was given.

moto would run functions in Docker, and gives no zip back: where get-function says that it lies
there is nothing. So each zip is kept on its way to moto, and an invocation runs the one whose hash
moto computed of what it has, under AWS's emulator, with the function's handler and environment.
What moto forgets of a configuration, that a function is durable, is kept too.

A function calls moto through a path of its own, so that it is known which actions it needs.
"""

import base64
import hashlib
import http.client
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from support import ROOT, Emulator, Server, fetch, free_port, scratch, unzip_bootstrap

# By this moto tells which service and region are meant; nothing is checked.
SIGNED = "AWS4-HMAC-SHA256 Credential=none/20260101/eu-central-1/lambda/aws4_request"


class StandIn:
    def __init__(self):
        self.archives = {}
        self.durable = {}
        self.requests = []
        # Of each function: the actions that it has called, and its responses.
        self.actions = {}
        self.responses = {}

    def __enter__(self):
        self.proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        self.url = f"http://127.0.0.1:{self.proxy.server_port}"
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        self.moto_port = free_port()
        python = fetch("moto_server").resolve().parent / "python3"
        self.moto = Server(
            python, ROOT / "tests/deploy/moto_that_invokes.py", self.url, "-H", "127.0.0.1", "-p", self.moto_port,
            ports=[self.moto_port], log=scratch("moto") / "log",
            env={"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PATH": "/usr/bin:/bin"},
        ).__enter__()
        return self

    def __exit__(self, *_):
        self.proxy.shutdown()
        self.proxy.server_close()
        self.moto.__exit__()

    def ask_moto(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.moto_port, timeout=60)
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        return reply.status, reply.getheaders(), reply.read()

    def keep_zip(self, request):
        """Keeps the zip of create-function and update-function-code, or one that is put into a bucket, under AWS's
        hash of it."""
        if b'"ZipFile"' in request:
            document = json.loads(request)
            request = base64.b64decode(document.get("Code", document)["ZipFile"])
        if request.startswith(b"PK"):
            self.archives[base64.b64encode(hashlib.sha256(request).digest()).decode()] = request

    def keep_durable(self, method, path, request):
        """Keeps the DurableConfig of a new function. Only such a one can be given another."""
        words = path.split("/")
        document = json.loads(request) if b'"DurableConfig"' in request else {}
        if method == "POST":
            self.durable |= {document["FunctionName"]: document["DurableConfig"]} if document else {}
        elif document and words[-2] not in self.durable:
            return 400, [("x-amzn-ErrorType", "InvalidParameterValueException")], b'{"message":"not durable"}'
        return None

    def with_durable(self, path, reply):
        """The configuration of a function as AWS responds with it."""
        status, headers, body = reply
        words = path.split("/")
        if status != 200 or words[-1] != "configuration" or words[-2] not in self.durable:
            return reply
        return status, headers, json.dumps(json.loads(body) | {"DurableConfig": self.durable[words[-2]]}).encode()

    def function(self, name):
        """What moto knows of a function, and the very bytes that were uploaded."""
        path = f"/2015-03-31/functions/{name}"
        known = json.loads(self.ask_moto("GET", path, headers={"Authorization": SIGNED})[2])
        return known["Configuration"], self.archives[known["Configuration"]["CodeSha256"]]

    def invoke(self, name, event):
        configuration, archive = self.function(name)
        folder = scratch(f"stored-{name}")
        (folder / "lambda.zip").write_bytes(archive)
        bootstrap = unzip_bootstrap(folder / "lambda.zip", folder)
        variables = configuration.get("Environment", {}).get("Variables", {}) | {
            "AWS_ENDPOINT_URL": f"{self.url}/as/{name}", "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
        }
        with Emulator(bootstrap, configuration["Handler"], variables) as emulator:
            response = emulator.invoke(event)
        self.responses.setdefault(name, []).append(response)
        return response.encode()


def action(method, headers):
    """What a policy has to allow for a request, such as dynamodb:PutItem."""
    service = re.search(r"/([a-z0-9-]+)/aws4_request", headers["Authorization"])[1]
    target = headers.get("X-Amz-Target")
    if service == "s3":
        return f"s3:{method.capitalize()}Object"
    return f"{service}:{target.rpartition('.')[2] if target else method}"


def handler_for(stand_in):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/as/"):
                name, _, rest = self.path[len("/as/"):].partition("/")
                self.path = f"/{rest}"
                stand_in.actions.setdefault(name, set()).add(action(self.command, self.headers))
            path = urlsplit(self.path).path
            words = path.split("/")
            if words[-1] == "invocations":
                reply = 200, [], stand_in.invoke(words[-2], body)
            else:
                stand_in.requests.append((self.command, self.path, body))
                stand_in.keep_zip(body)
                headers = dict(self.headers.items())
                reply = (stand_in.keep_durable(self.command, path, body) or
                         stand_in.with_durable(path, stand_in.ask_moto(self.command, self.path, body, headers)))
            status, headers, body = reply
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = serve

        def log_message(self, *_):
            pass

    return Handler
