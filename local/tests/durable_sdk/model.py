"""Calls each operation for durable executions with boto3, and checks each response against the
service model, which boto3 itself reads leniently: python model.py URL"""

import json
import re
import sys
import time

import boto3
from botocore.config import Config

client = boto3.client("lambda", endpoint_url=sys.argv[1], region_name="eu-central-1",
                      config=Config(retries={"max_attempts": 0}, read_timeout=30))
model = client.meta.service_model
called = set()
bodies = []
send = client._endpoint.http_session.send


def record(request):
    response = send(request)
    if not request.stream_output:
        bodies.append(response.content)
    return response


client._endpoint.http_session.send = record


def check(shape, value, where):
    """What the model says of a value."""
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), f"{where} is no object"
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name in shape.required_members:
            member = shape.members[name]
            if member.serialization.get("location") is None:
                assert member.serialization.get("name", name) in value, f"{where} has no {name}"
        for name, part in value.items():
            assert name in names, f"{where} has {name}, which the model does not know"
            check(names[name], part, f"{where}.{name}")
    elif kind == "list":
        assert isinstance(value, list), f"{where} is no list"
        for index, part in enumerate(value):
            check(shape.member, part, f"{where}[{index}]")
    elif kind == "timestamp":
        assert isinstance(value, (int, float)) and 1.7e9 < value < 5e9, f"{where} is no time in seconds: {value}"
    elif kind in ("integer", "long"):
        assert isinstance(value, int) and not isinstance(value, bool), f"{where} is no integer"
    elif kind == "boolean":
        assert isinstance(value, bool), f"{where} is no boolean"
    else:
        assert isinstance(value, str), f"{where} is no string: {value!r}"
        assert not shape.enum or value in shape.enum, f"{where} is {value}, of {shape.enum}"
        pattern = shape.metadata.get("pattern")
        assert not pattern or re.fullmatch(pattern, value), f"{where} is {value!r}, which is not {pattern}"
        assert len(value) >= shape.metadata.get("min", 0), f"{where} is too short"


def call(operation, **arguments):
    name = next(name for name in model.operation_names if name.lower() == operation.replace("_", ""))
    result = getattr(client, operation)(**arguments)
    shape = model.operation_model(name).output_shape
    if shape is not None and not shape.serialization.get("payload"):
        check(shape, json.loads(bodies[-1] or b"{}"), name)
    called.add(name)
    return result


def refused(kind, operation, **arguments):
    try:
        getattr(client, operation)(**arguments)
    except client.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == kind, error
        assert error.response["Error"]["Message"], error
        return
    raise AssertionError(f"{operation} is not refused")


def start(name, *script, kind="Event"):
    started = client.invoke(FunctionName="script:$LATEST", InvocationType=kind, DurableExecutionName=name,
                            Payload=json.dumps(script))
    assert "/durable-execution/" in started["DurableExecutionArn"], started
    return started


def until(arn, condition):
    for _ in range(500):
        execution = call("get_durable_execution", DurableExecutionArn=arn)
        if condition(execution):
            return execution
        time.sleep(0.02)
    raise AssertionError(f"{arn} stays {execution}")


def callback(arn):
    for _ in range(500):
        history = call("get_durable_execution_history", DurableExecutionArn=arn)["Events"]
        waiting = [event["CallbackStartedDetails"]["CallbackId"] for event in history if event["EventType"] == "CallbackStarted"]
        if waiting:
            return waiting[-1]
        time.sleep(0.02)
    raise AssertionError("no callback")


# An invocation that waits for the result.
done = start("all-1", "step a", "flaky 1 1", "wait 1", "invoke plain 7", "callback 1 0", kind="RequestResponse")
assert json.load(done["Payload"]) == ["a", "after 1", "", "[7]", "TIMED_OUT Callback.Timeout"], done
arn = done["DurableExecutionArn"]
execution = call("get_durable_execution", DurableExecutionArn=arn)
assert execution["Status"] == "SUCCEEDED" and execution["DurableExecutionName"] == "all-1", execution
bare = call("get_durable_execution", DurableExecutionArn=arn, IncludeExecutionData=False)
assert "Result" not in bare and bare["ExecutionDataIncluded"] is False, bare
history = call("get_durable_execution_history", DurableExecutionArn=arn)["Events"]
assert [event["EventId"] for event in history] == list(range(1, len(history) + 1))
without = call("get_durable_execution_history", DurableExecutionArn=arn, IncludeExecutionData=False)["Events"]
assert without[0]["ExecutionStartedDetails"]["Input"] == {"Truncated": True}, without[0]
pages = list(client.get_paginator("get_durable_execution_history").paginate(
    DurableExecutionArn=arn, ReverseOrder=True, PaginationConfig={"PageSize": 4}))
ids = [event["EventId"] for page in pages for event in page["Events"]]
assert len(pages) > 2 and ids == list(range(len(history), 0, -1)), ids

# The same name again, and with another input.
assert start("all-1", "step a", "flaky 1 1", "wait 1", "invoke plain 7", "callback 1 0")["DurableExecutionArn"] == arn
refused("DurableExecutionAlreadyStartedException", "invoke", FunctionName="script", InvocationType="Event",
        DurableExecutionName="all-1", Payload=b"[]")
refused("InvalidParameterValueException", "invoke", FunctionName="plain", DurableExecutionName="a", Payload=b"1")

# A name of Lambda has a qualifier, and the type of an invocation is one.
unqualified = arn.split(":$LATEST")[0]
refused("InvalidParameterValueException", "invoke", FunctionName=unqualified, DurableExecutionName="b", Payload=b"[]")
refused("ValidationException", "invoke", FunctionName="script", InvocationType="Never", DurableExecutionName="c", Payload=b"[]")
qualified = client.invoke(FunctionName=unqualified, Qualifier="live", DurableExecutionName="all-1", InvocationType="Event",
                          Payload=json.dumps(["step a", "flaky 1 1", "wait 1", "invoke plain 7", "callback 1 0"]))
assert qualified["DurableExecutionArn"] == arn, qualified

# Callbacks.
for index, (answer, expected) in enumerate([
    (lambda id: call("send_durable_execution_callback_success", CallbackId=id, Result=b'{"by":"Ada"}'), '{"by":"Ada"}'),
    (lambda id: call("send_durable_execution_callback_failure", CallbackId=id, Error={"ErrorType": "Denied"}), "FAILED Denied"),
]):
    waiting = start(f"callback-{index}", "callback 60 30")["DurableExecutionArn"]
    id = callback(waiting)
    call("send_durable_execution_callback_heartbeat", CallbackId=id)
    answer(id)
    ended = until(waiting, lambda it: it["Status"] == "SUCCEEDED")
    assert json.loads(ended["Result"]) == [expected], ended
    refused("ResourceNotFoundException", "send_durable_execution_callback_success", CallbackId=id, Result=b"1")
timed_out = [event for event in history if event["EventType"] == "CallbackStarted"][0]["CallbackStartedDetails"]
refused("CallbackTimeoutException", "send_durable_execution_callback_heartbeat", CallbackId=timed_out["CallbackId"])

# Pause, resume, stop, delete.
arn = start("paused", "wait 3600")["DurableExecutionArn"]
until(arn, lambda it: True)
call("pause_durable_execution", DurableExecutionArn=arn, Reason="lunch", ExecutionTimeoutPaused=True)
paused = until(arn, lambda it: it["Status"] == "PAUSED")
assert paused["PauseDetails"]["ExecutionTimeoutPaused"] is True, paused
call("resume_durable_execution", DurableExecutionArn=arn)
refused("ResourceConflictException", "delete_durable_execution", DurableExecutionArn=arn)
call("stop_durable_execution", DurableExecutionArn=arn, Error={"ErrorType": "Enough", "ErrorMessage": "for today"})
stopped = call("get_durable_execution", DurableExecutionArn=arn)
assert stopped["Status"] == "STOPPED" and stopped["Error"]["ErrorType"] == "Enough", stopped
kinds = [event["EventType"] for event in call("get_durable_execution_history", DurableExecutionArn=arn)["Events"]]
# The program may end after the execution.
kinds = [kind for kind in kinds if kind != "InvocationCompleted"]
assert "ExecutionPaused" in kinds and "ExecutionResumed" in kinds and kinds[-1] == "ExecutionStopped", kinds

# Lists.
names = lambda **filter: [it["DurableExecutionName"] for it in call(
    "list_durable_executions_by_function", FunctionName="script", **filter)["DurableExecutions"]]
assert names() == ["paused", "callback-1", "callback-0", "all-1"], names()
assert names(ReverseOrder=True, MaxItems=2) == ["all-1", "callback-0"]
assert names(Statuses=["STOPPED", "FAILED"]) == ["paused"]
assert names(DurableExecutionName="all-1") == ["all-1"]
assert names(StartedAfter=time.time() + 60) == [] and len(names(StartedBefore=time.time() + 60)) == 4
call("delete_durable_execution", DurableExecutionArn=arn)
refused("ResourceNotFoundException", "get_durable_execution", DurableExecutionArn=arn)
refused("ResourceNotFoundException", "list_durable_executions_by_function", FunctionName="nobody")

# What only functions call: with a function's token, which a probe has got from its event.
def raw(name, value):
    check(model.operation_model(name).output_shape, value, name)
    called.add(name)


probe = client.invoke(FunctionName="probe", DurableExecutionName="probe", Payload=b"1")
for name, value in json.load(probe["Payload"]).items():
    raw(name, value)
for operation, more in [("checkpoint_durable_execution", {}), ("get_durable_execution_state", {})]:
    refused("InvalidParameterValueException", operation, DurableExecutionArn=done["DurableExecutionArn"],
            CheckpointToken="c3RhbGU=", **more)
operations = {name for name in model.operation_names if "Durable" in name and "ByCapacity" not in name}
assert called == operations, operations ^ called
print(f"{len(called)} operations")
