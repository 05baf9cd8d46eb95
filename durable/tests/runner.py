"""Runs durable functions against AWS's local service for them, and compares what comes of it.

runner.py DEX_LOCAL_RUNNER LAMBDA_URL PORT HANDLERS WHAT [ARGUMENT...]

The functions are behind the Invoke API at LAMBDA_URL. They reach the service at PORT, where this
script passes their requests on, or makes them fail. With the port 0 the service is that of
minilambda-local, at LAMBDA_URL."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3

PATIENCE_SECONDS = 120


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Proxy(BaseHTTPRequestHandler):
    """Between the functions and the service. `faults` are those of an execution's checkpoints."""

    protocol_version = "HTTP/1.1"
    service = 0
    faults = {}
    counts = {}
    lock = threading.Lock()

    def log_message(self, *_):
        pass

    def fault(self):
        if not self.path.endswith("/checkpoint"):
            return None
        arn = self.path.split("/")[-2]
        with self.lock:
            if arn not in self.counts:
                self.counts[arn] = 0
            self.counts[arn] += 1
            for kind, first, last in self.faults.get("next", []):
                if first <= self.counts[arn] <= last:
                    return kind
        return None

    def send(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, kind, message):
        body = json.dumps({"Type": "User", "message": message}).encode()
        self.send(status, body, [("x-amzn-errortype", kind)])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = self.fault()
        if fault == "500":
            return self.refuse(500, "ServiceException", "down")
        if fault == "429":
            return self.refuse(429, "TooManyRequestsException", "slower")
        if fault == "stale":
            return self.refuse(400, "InvalidParameterValueException", "Invalid checkpoint token: x")
        if fault == "refused":
            return self.refuse(400, "InvalidParameterValueException", "STEP output is too large")
        if fault == "key":
            return self.refuse(502, "KMSAccessDeniedException", "no key")
        upstream = http.client.HTTPConnection("127.0.0.1", self.service, timeout=PATIENCE_SECONDS)
        skipped = ("host", "content-length", "connection")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in skipped}
        upstream.request(self.command, self.path, body, headers)
        response = upstream.getresponse()
        data = response.read()
        if fault == "lost":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        if fault == "revoked":
            document = json.loads(data)
            document.pop("CheckpointToken", None)
            data = json.dumps(document).encode()
        kept = [(k, v) for k, v in response.getheaders() if k.lower().startswith(("x-amz", "content-type"))]
        return self.send(response.status, data, kept)

    do_GET = do_POST


def client_of(url):
    return boto3.client("lambda", endpoint_url=url, region_name="us-west-2",
                        aws_access_key_id="test", aws_secret_access_key="test")


class Api:
    """The API of a service for durable functions, and the URL of the functions."""

    def __init__(self, url, functions_url):
        self.client = client_of(url)
        self.functions_url = functions_url

    def history(self, arn):
        events, marker = [], {}
        while True:
            page = self.client.get_durable_execution_history(
                DurableExecutionArn=arn, IncludeExecutionData=True, **marker)
            events += page["Events"]
            if not page.get("NextMarker"):
                return events
            marker = {"Marker": page["NextMarker"]}


class Local(Api):
    """minilambda-local, which has the service in it."""

    lacks = set()

    def stop(self):
        pass

    def start(self, function, payload):
        response = self.client.invoke(FunctionName=function, InvocationType="Event", Payload=payload,
                                      DurableExecutionName="e" + uuid.uuid4().hex[:12])
        return response["DurableExecutionArn"]


class Service(Api):
    """AWS's runner, the proxy before it, and a client for it."""

    # What the history of Lambda has and that of the runner lacks.
    lacks = {"Timeout", "HeartbeatTimeout", "InvocationCompletedDetails", "ExecutedVersion",
             "RetryDetails", "DurableExecutionArn"}

    def __init__(self, program, functions_url, port, names, skip_time=False):
        Proxy.service = free_port()
        url = f"http://127.0.0.1:{Proxy.service}"
        durable = {"DurableConfig": {"ExecutionTimeout": 300, "RetentionPeriodInDays": 1}}
        plain = ("echo", "broken", "shop.ship")
        configs = {name: {} if name in plain else durable for name in names}
        self.url = url
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        # Nothing of this machine's is used.
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": tempfile.gettempdir(),
                       "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        command = [program, "start-server", "--host", "127.0.0.1", "--port", str(Proxy.service),
                   "--lambda-endpoint", functions_url, "--local-runner-endpoint", url,
                   "--function-configs", json.dumps(configs)]
        command += ["--skip-time"] if skip_time else []
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=environment)
        self.proxy = ThreadingHTTPServer(("127.0.0.1", port), Proxy)
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        super().__init__(url, functions_url)
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", Proxy.service), 1).close()
                return
            except OSError:
                if time.monotonic() > give_up or self.process.poll() is not None:
                    self.log.seek(0)
                    sys.exit("AWS's runner does not start:\n" + self.log.read())
                time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.proxy.shutdown()

    def start(self, function, payload):
        body = dict(AccountId="123456789012", FunctionName=function, FunctionQualifier="$LATEST",
                    ExecutionName="e" + uuid.uuid4().hex[:12], ExecutionTimeoutSeconds=300,
                    ExecutionRetentionPeriodDays=1, InvocationId=str(uuid.uuid4()), Input=payload)
        request = urllib.request.Request(self.url + "/start-durable-execution",
                                         data=json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        # The runner drops connections if many come at once.
        for attempt in range(4):
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
                    return json.loads(response.read())["ExecutionArn"]
            except ConnectionResetError:
                if attempt == 3:
                    raise
                time.sleep(0.5)

    def run(self, function, payload, on_callback=None, patience=PATIENCE_SECONDS):
        """The end of an execution, and its history. `on_callback` answers a callback by its id."""
        arn = self.start(function, payload)
        seen = set()
        give_up = time.monotonic() + patience
        while True:
            execution = self.client.get_durable_execution(DurableExecutionArn=arn)
            if execution["Status"] != "RUNNING" or time.monotonic() > give_up:
                return execution, self.history(arn)
            if on_callback:
                for event in self.history(arn):
                    details = event.get("CallbackStartedDetails")
                    if details and details["CallbackId"] not in seen:
                        seen.add(details["CallbackId"])
                        time.sleep(0.5)
                        on_callback(details["CallbackId"])
            time.sleep(0.2)


def told(execution):
    error = execution.get("Error") or {}
    return f"{error.get('ErrorType')}: {error.get('ErrorMessage')}" if error else execution.get("Result")


def succeed(service, text):
    return lambda id: service.client.send_durable_execution_callback_success(CallbackId=id, Result=text)


def fail(service):
    error = {"ErrorType": "Denied", "ErrorMessage": "no"}
    return lambda id: service.client.send_durable_execution_callback_failure(CallbackId=id, Error=error)


def workflow(service):
    """The example `order`, whose history is the expected one."""
    payload = {"id": "o-1", "items": ["pen", "ink", "cup"], "cents": 12500}
    execution, history = service.run("shop.order", json.dumps(payload), succeed(service, b'{"by":"ada"}'))
    expected = {"order": "o-1", "charge": "charge of o-1", "approved_by": "ada",
                "parcels": ["pen from shelf of pen", "ink from shelf of ink", "cup from shelf of cup"],
                "tracking": "tracking of label of o-1"}
    yield "order", json.loads(execution.get("Result") or "null") == expected, told(execution)
    steps = sorted(f"{it['Id']} {it['Name']}" for it in history if it["EventType"] == "StepSucceeded")
    names = ["1 charge", "3-2 submit", "4-1-1 find", "4-1-3 box", "4-2-1 find", "4-2-3 box",
             "4-3-1 find", "4-3-3 box", "5-1 label"]
    yield "its steps", steps == names, steps
    refused = dict(payload, cents=666)
    execution, history = service.run("shop.order", json.dumps(refused))
    cancelled = [it for it in history if it.get("Name") == "cancel"]
    yield "refused", told(execution) == "CardRefused: no credit" and len(cancelled) == 2, told(execution)


X = '"x"'
CASES = [
    ("swallow_wait", X, '"done true"'),
    ("swallow_retry", X, '"ok at 3"'),
    ("drop_guard", X, '"done"'),
    ("panic_handler", X, "Function.Panic: as asked"),
    ("panic_step", X, '"3"'),
    ("wrong_context", X, "Durable.WrongContext: "),
    ("large_child", X, '"320000 bytes"'),
    ("large_step", "300000", '"300000 bytes"'),
    ("large_step", "1200000", "Durable.TooLarge: "),
    ("large_result", "3000000", '"xxx'),
    ("large_result", "6291454", '"xxx'),
    ("many", "100", '"10100"'),
    ("first_wins", X, '"left 4"'),
    ("one_fails", X, '"1 2 Three left left"'),
    ("nested", X, '"[36, 66]"'),
    ("in_place", X, '"[1, 2]"'),
    ("invoke_fails", X, '"Broken as asked"'),
    ("poll", X, "3"),
    ("pages", "40", "8000000"),
    ("units", X, '"None [Done(()), Done(())]"'),
    ("bad_name", X, "Durable.InvalidArgument: "),
    ("abort_once", X, '"attempt 1"'),
    ("abort_at_most_once", X, '"Durable.Interrupted"'),
    ("abort_retried", X, '"attempt 2"'),
    ("empty_map", X, "0"),
    ("saga", X, "Refused: no"),
    ("swallow_in_branch", X, '"[1, 2]"'),
    ("sequence", "50", "50"),
    ("large_race", X, '"left 300000"'),
    ("late_branch", X, '"left 4"'),
    ("submit_fails", X, "Down: "),
    ("long_error", X, '"Long Long Long"'),
    ("ignores", X, '"ok at 3"'),
    ("poll", '{"not":"a string"}', "Durable.InvalidResult: "),
]
# Those that show the most, for a quick run.
QUICK = ("swallow_retry", "drop_guard", "large_result", "many", "in_place", "late_branch", "abort_retried",
         "long_error")


def cases(service, quick=""):
    """The hard cases, all at the same time."""
    answers = [("callback", X, '"yes"', succeed(service, b'"yes"')),
               ("callback", X, '"Denied"', fail(service)),
               ("callback", X, '"Durable.InvalidResult"', succeed(service, b"not JSON"))]
    chosen = [case for case in CASES if not quick or case[0] in QUICK]
    chosen = [(*case, None) for case in chosen] + answers

    def one(case):
        name, payload, expected, on_callback = case
        execution, history = service.run(name, payload, on_callback)
        result = str(told(execution))
        is_right = result == expected or expected.endswith((": ", "xxx")) and result.startswith(expected)
        names = [event.get("Name") for event in history]
        if name == "in_place":
            is_right &= sum(event["EventType"] == "InvocationCompleted" for event in history) == 1
        if name == "large_race":
            # On a busy machine the slow branch may be over in time. Afterwards it does nothing.
            end = [event["EventType"] + event.get("Id", "") for event in history].index("ContextSucceeded1")
            is_right = result in (expected, '"4 300000"') and "late" not in names[end:]
        if name in ("swallow_retry", "late_branch"):
            is_right &= not {"refund", "refused"} & set(names)
        ends = [event["Id"] for event in history if event["EventType"] == "StepSucceeded" and name != "poll"]
        is_right &= len(ends) == len(set(ends))
        return f"{name} {payload[:20]}", is_right, result[:100]

    with ThreadPoolExecutor(len(chosen)) as pool:
        yield from pool.map(one, chosen)


def faults(service):
    """Faults at the second checkpoint of a sequence of three steps."""
    for kind, last, expected in [
        ("500", 2, "3"), ("429", 2, "3"), ("stale", 2, "3"), ("lost", 2, "3"), ("revoked", 2, "3"),
        ("key", 2, "3"), ("key", 9, "KMSAccessDeniedException: "),
        ("refused", 2, "InvalidParameterValueException: could not record"),
    ]:
        Proxy.faults = {"next": [(kind, 2, last)]}
        execution, history = service.run("sequence", "3")
        result = str(told(execution))
        ends = [event["Id"] for event in history if event["EventType"] == "StepSucceeded"]
        is_right = result == expected or len(expected) > 1 and result.startswith(expected)
        yield f"{kind} {last - 1}", is_right and len(ends) == len(set(ends)), result[:100]
    Proxy.faults = {"next": [("500", 2, 1000)]}
    execution, _ = service.run("sequence", "3", patience=3)
    yield "500 for ever", execution["Status"] == "RUNNING", execution["Status"]
    Proxy.faults = {}


def side_by_side(service):
    """Executions at once in one process."""
    def one(n):
        execution, _ = service.run("mixed", json.dumps(f"n{n}"))
        expected = "".join(f"n{n}{i}" for i in range(3)) + " " + "".join(f"n{n}-{i}" for i in (1, 2, 3))
        return f"n{n}", execution.get("Result") == json.dumps(expected), told(execution)

    with ThreadPoolExecutor(16) as pool:
        yield from pool.map(one, range(16))


def main():
    program, functions_url, port, names, what, *arguments = sys.argv[1:]
    if what == "conformance":
        from conformance import conformance as run
    else:
        run = {"workflow": workflow, "cases": cases, "faults": faults, "side_by_side": side_by_side}[what]
    service = Local(functions_url, functions_url) if port == "0" else \
        Service(program, functions_url, int(port), names.split(","))
    try:
        results = list(run(service, *arguments))
    finally:
        service.stop()
    for name, is_right, result in results:
        print("ok  " if is_right else "FAIL", name, "" if is_right else result)
    wrong = sum(not is_right for _, is_right, _ in results)
    print(len(results) - wrong, "of", len(results))
    sys.exit(wrong > 0 or not results)


if __name__ == "__main__":
    main()
