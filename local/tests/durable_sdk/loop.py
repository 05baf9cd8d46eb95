"""A runtime of a few lines: python loop.py MODULE.FUNCTION."""

import importlib
import json
import os
import sys
import traceback
import types
import urllib.request

module, function = sys.argv[1].split(".")
handler = getattr(importlib.import_module(module), function)
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def post(path, document):
    body = json.dumps(document).encode()
    urllib.request.urlopen(urllib.request.Request(f"{base}/{path}", body)).read()


while True:
    response = urllib.request.urlopen(f"{base}/next")
    event = json.load(response)
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    context = types.SimpleNamespace(
        aws_request_id=request_id,
        invoked_function_arn=response.headers["Lambda-Runtime-Invoked-Function-Arn"],
        get_remaining_time_in_millis=lambda: 60_000,
        log_group_name="", log_stream_name="", function_name=sys.argv[1], function_version="$LATEST",
        memory_limit_in_mb="128", tenant_id=None, client_context=None, identity=None,
    )
    try:
        post(f"{request_id}/response", handler(event, context))
    except Exception as error:
        traceback.print_exc()
        post(f"{request_id}/error", {"errorType": type(error).__name__, "errorMessage": str(error)})
