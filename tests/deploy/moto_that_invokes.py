"""moto's server, whose functions run outside of it: moto_that_invokes.py URL OPTION...

moto fires triggers of S3, SQS, DynamoDB and EventBridge itself, but would run a function in Docker. Here it asks
URL, which runs it. moto sends one message of a queue at a time, and goes by the error only: with
`ReportBatchItemFailures` a failure in the response is one.
"""

import json
import sys
import urllib.request

from moto.awslambda import models
from moto.server import main

URL = sys.argv[1]
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def reports_failures(function):
    mappings = models.get_backend(function.account_id, function.region).list_event_source_mappings(None, None)
    return any("ReportBatchItemFailures" in (mapping.function_response_types or ()) for mapping in mappings
               if mapping.function_name == function.function_name)


def invoke(function, event=None):
    url = f"{URL}/2015-03-31/functions/{function.function_name}/invocations"
    with LOCAL.open(url, json.dumps(event).encode(), timeout=60) as response:
        body = response.read().decode()
    document = json.loads(body)
    failed = isinstance(document, dict) and "errorType" in document
    if isinstance(document, dict) and document.get("batchItemFailures") and reports_failures(function):
        failed = True
    return body, failed, ""


models.LambdaFunction._invoke_lambda = invoke
main(sys.argv[2:])
