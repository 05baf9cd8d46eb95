# Botocore as the judge of requests, and a server that computes each signature from the bytes it received.
#
# Prints the cases as JSON, one in a line: the event of the function that sends the request, and what botocore sends
# for it. Then serves: each request is checked, and its parts are printed as JSON.
import hashlib, hmac, http.server, json, sys, threading, urllib.parse
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

SECRET = "a-secret-that-nobody-sees"


class Stop(Exception):
    pass


def sample(shape, depth=0):
    """A value of a shape, with all that is required and some more."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return {"a": 1}
        names = [n for n in shape.members if n in shape.required_members]
        others = [n for n in shape.members if n not in names]
        union = getattr(shape, "is_tagged_union", False)
        chosen = names + ([] if depth > 1 else others[: 1 if union else 3])
        if union:
            chosen = chosen[:1] or others[:1]
        return {n: sample(shape.members[n], depth + 1) for n in chosen}
    if kind == "list":
        return [sample(shape.member, depth + 1)] if depth < 6 else []
    if kind == "map":
        return {"key é": sample(shape.value, depth + 1)} if depth < 6 else {}
    if kind == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "a value, with é \"quotes\" & 100%/x"
    if kind in ("integer", "long"):
        return max(7, int(shape.metadata.get("min", 7)))
    if kind in ("float", "double"):
        return 0.5
    if kind == "boolean":
        return True
    if kind == "timestamp":
        return 1700000000
    if kind == "blob":
        return b"bytes"
    raise Stop(kind)


def has(shape, kind, seen=()):
    if shape is None or shape.name in seen:
        return False
    seen = seen + (shape.name,)
    if shape.type_name == kind:
        return True
    inner = {"structure": lambda: shape.members.values(), "list": lambda: [shape.member],
             "map": lambda: [shape.value]}.get(shape.type_name, lambda: [])()
    return any(has(it, kind, seen) for it in inner)


def cases(url):
    session = botocore.session.get_session()
    session.set_credentials("AKIDEXAMPLE", SECRET, "a-token-that-nobody-sees")
    for name in sys.argv[1:]:
        client = session.create_client(name, "eu-central-1", endpoint_url=url, config=Config(
            parameter_validation=False, inject_host_prefix=False, retries={"max_attempts": 0},
            request_checksum_calculation="when_required", s3={"addressing_style": "path"}))
        sent = {}

        def keep(request, **_):
            sent.update(method=request.method, url=request.url, body=request.body or b"",
                        headers={k.lower(): (v if isinstance(v, str) else v.decode()) for k, v in request.headers.items()})
            return AWSResponse(request.url, 500, {}, None)

        client.meta.events.register("before-send", keep)
        model = client.meta.service_model
        count = 0
        for action in model.operation_names:
            operation = model.operation_model(action)
            shape = operation.input_shape
            if count == 12 or has(shape, "blob") or has(shape, "timestamp") or operation.has_event_stream_input:
                continue
            value = sample(shape) if shape else {}
            sent.clear()
            try:
                client._make_api_call(action, value)
            except Exception as error:
                if not sent:
                    continue
            parts = urllib.parse.urlsplit(sent["url"])
            body = sent["body"].decode() if isinstance(sent["body"], bytes) else sent["body"]
            wanted = {"method": sent["method"], "path": parts.path or "/", "body": body,
                      "query": sorted(urllib.parse.parse_qsl(parts.query, True)),
                      "headers": {k: v for k, v in sent["headers"].items() if k in ("x-amz-target", "content-type")}}
            protocol = model.metadata["protocol"]
            if protocol == "json":
                handler, event = "action", {"service": name, "action": action, "input": json.loads(body)}
            elif protocol == "query":
                pairs = urllib.parse.parse_qsl(body, True)
                fields = [[k, v] for k, v in pairs if k not in ("Action", "Version")]
                handler, event = "action", {"service": name, "action": action, "fields": fields}
            else:
                # The path as a program writes it: literals, and what comes from outside as segments.
                segments = [urllib.parse.unquote(it) for it in parts.path.strip("/").split("/")]
                literal = operation.http["requestUri"].split("?")[0].strip("/").split("/")
                first = next((at for at, it in enumerate(literal) if "{" in it), len(literal))
                if "+}" in operation.http["requestUri"] or any(
                        "{" in it and not it.startswith("{") for it in literal):
                    continue
                event = {"service": name, "method": sent["method"], "path": "/" + "/".join(literal[:first]),
                         "segments": segments[first:], "query": wanted["query"]}
                if parts.path.endswith("/") and first == len(literal):
                    event["path"] = parts.path
                elif parts.path.endswith("/"):
                    continue
                if body:
                    event["body"] = body
                    event["headers"] = [[k, v] for k, v in wanted["headers"].items()]
                else:
                    wanted["headers"] = {}
                handler = "rest"
            count += 1
            yield {"name": f"{name} {action}", "handler": handler, "event": json.dumps(event), "wanted": wanted}


def signature(method, target, headers, body):
    """Computes the signature of what was received, without botocore."""
    fields = dict(it.split("=", 1) for it in headers["authorization"].split(" ", 1)[1].split(", "))
    _, day, region, service, _ = fields["Credential"].split("/")
    path, _, query = target.partition("?")
    if service != "s3":
        path = urllib.parse.quote(path, safe="/-_.~")
    pairs = sorted(tuple(it.partition("=")[::2]) for it in query.split("&") if it)
    names = fields["SignedHeaders"].split(";")
    lines = "".join(f"{n}:{' '.join(headers[n].split())}\n" for n in names)
    text = "\n".join([method, path, "&".join(f"{k}={v}" for k, v in pairs), lines, ";".join(names),
                      hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], f"{day}/{region}/{service}/aws4_request",
                      hashlib.sha256(text.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == fields["Signature"], names


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        names = [k.lower() for k in self.headers.keys()]
        headers = {k.lower(): v for k, v in self.headers.items()}
        is_valid, signed = signature(self.command, self.path, headers, body)
        parts = urllib.parse.urlsplit(self.path)
        is_valid = is_valid and len(names) == len(set(names)) and "x-amz-security-token" in signed and "host" in signed
        print(json.dumps({"is_valid": is_valid, "method": self.command, "path": parts.path, "body": body.decode(),
            "query": sorted(urllib.parse.parse_qsl(parts.query, True)),
            "headers": {k: v for k, v in headers.items() if k in ("x-amz-target", "content-type")}}), flush=True)
        text = b"<R/>" if "form" in headers.get("content-type", "") else b"{}"
        self.send_response(200 if is_valid else 403)
        self.send_header("content-length", "0" if self.command == "HEAD" else str(len(text)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
url = f"http://127.0.0.1:{server.server_address[1]}"
print(json.dumps({"url": url, "cases": list(cases(url))}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
