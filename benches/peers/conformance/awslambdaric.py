"""What minilambda.rs beside this does, with AWS's own Python runtime."""

import os
import time

if "CONFORMANCE_INIT_ERROR" in os.environ:
    raise RuntimeError("the configuration is missing")


class OutOfStock(Exception):
    pass


def handle(event, _context):
    what, number = event["do"], event.get("number") or 0
    if what == "error":
        raise OutOfStock("no cups are left")
    if what == "panic":
        raise AssertionError("the panic that was asked for")
    if what == "exit":
        os._exit(number)
    if what == "sleep":
        time.sleep(number / 1000)
    if what == "bytes":
        return {"text": "x" * number}
    return {"text": event.get("text") or ""}
