"""Durable functions with AWS's Python SDK."""

from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

TWICE = StepConfig(retry_strategy=create_retry_strategy(
    RetryStrategyConfig(max_attempts=2, initial_delay=Duration.from_seconds(1))))
ONCE = StepConfig(retry_strategy=create_retry_strategy(RetryStrategyConfig(max_attempts=1)))


@durable_execution
def order(event, context):
    def charge(step):
        if step.attempt < 2:
            raise ValueError("no answer")
        return "charge-" + event["id"]

    def refuse(step):
        raise ValueError("never")

    def pack(branch, item, index, items):
        branch.wait(Duration.from_seconds(5), name="fetch")
        return branch.step(lambda step: "box of " + item, name="box")

    charged = context.step(charge, name="charge", config=TWICE)
    context.wait(Duration.from_hours(1), name="cool-down")
    approval = context.wait_for_callback(lambda id, ctx: None, name="approval")
    parcels = context.map(event["items"], pack, name="pack")
    tracking = context.invoke("shop.ship:$LATEST", {"label": charged}, name="ship")
    forty_two = context.invoke("shop.child:$LATEST", 7, name="child")
    try:
        context.step(refuse, name="refused", config=ONCE)
        caught = None
    except Exception as error:
        caught = type(error).__name__
    return {"charge": charged, "approval": approval, "parcels": parcels.get_results(),
            "tracking": tracking, "child": forty_two, "caught": caught}


@durable_execution
def child(event, context):
    context.wait(Duration.from_minutes(1), name="nap")
    return event * 6


def ship(event, context):
    return "tracking of " + event["label"]
