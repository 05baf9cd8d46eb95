"""A stand-in for AWS on 127.0.0.1: moto, and, for what is invoked, the code that moto was given.

moto would run functions in Docker, and gives no zip back: where get-function says that it lies
there is nothing. So each zip is kept on its way to moto, and an invocation runs the one whose hash
moto computed of what it has, under AWS's emulator, with the function's handler and environment.
What moto forgets of a configuration, that a function is durable, is kept too.
"""

import base64
import hashlib
import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from support import Emulator, Server, fetch, free_port, scratch, unzip_bootstrap

# By this moto tells which service and region are meant; nothing is checked.
SIGNED = "AWS4-HMAC-SHA256 Credential=none/20260101/eu-central-1/lambda/aws4_request"


class StandIn:
    def __init__(self):
        self.archives = {}
        self.durable = {}
        self.requests = []

    def __enter__(self):
        self.moto_port = free_port()
        self.moto = Server(
            fetch("moto_server"), "-H", "127.0.0.1", "-p", self.moto_port,
            ports=[self.moto_port], log=scratch("moto") / "log",
            env={"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PATH": "/usr/bin:/bin"},
        ).__enter__()
        self.proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        self.url = f"http://127.0.0.1:{self.proxy.server_port}"
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
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
        """Keeps the zip of create-function and update-function-code, under AWS's hash of it."""
        if b'"ZipFile"' in request:
            document = json.loads(request)
            archive = base64.b64decode(document.get("Code", document)["ZipFile"])
            self.archives[base64.b64encode(hashlib.sha256(archive).digest()).decode()] = archive

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
        variables = configuration.get("Environment", {}).get("Variables", {})
        with Emulator(bootstrap, configuration["Handler"], variables) as emulator:
            return emulator.invoke(event).encode()


def handler_for(stand_in):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
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
