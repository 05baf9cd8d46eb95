"""What the templates of a gallery project have in common: their resources in one form, whatever tool they are
for."""

import re

# Of each type: a property, and its path in CloudFormation and in Terraform.
FORMS = {
    ("AWS::Lambda::Function", "aws_lambda_function"): {
        "handler": ("Handler", "handler"), "runtime": ("Runtime", "runtime"),
        "architectures": ("Architectures", "architectures"), "memory": ("MemorySize", "memory_size"),
        "timeout": ("Timeout", "timeout"), "log": ("LoggingConfig.LogFormat", "logging_config.log_format"),
        "variables": ("Environment.Variables", "environment.variables"),
    },
    ("AWS::SQS::Queue", "aws_sqs_queue"): {
        "visibility": ("VisibilityTimeout", "visibility_timeout_seconds"),
        "retention": ("MessageRetentionPeriod", "message_retention_seconds"),
        "attempts": ("RedrivePolicy.maxReceiveCount", "redrive_policy.maxReceiveCount"),
    },
    ("AWS::DynamoDB::Table", "aws_dynamodb_table"): {
        "billing": ("BillingMode", "billing_mode"), "key": ("KeySchema.0.AttributeName", "hash_key"),
        "type": ("AttributeDefinitions.0.AttributeType", "attribute.type"),
        "ttl": ("TimeToLiveSpecification.AttributeName", "ttl.attribute_name"),
        "expires": ("TimeToLiveSpecification.Enabled", "ttl.enabled"),
    },
    ("AWS::Lambda::EventSourceMapping", "aws_lambda_event_source_mapping"): {
        "batch": ("BatchSize", "batch_size"), "response": ("FunctionResponseTypes", "function_response_types"),
    },
    ("AWS::Events::Rule", "aws_cloudwatch_event_rule"): {"schedule": ("ScheduleExpression", "schedule_expression")},
    ("AWS::CloudWatch::Alarm", "aws_cloudwatch_metric_alarm"): {
        "namespace": ("Namespace", "namespace"), "metric": ("MetricName", "metric_name"),
        "statistic": ("Statistic", "statistic"), "period": ("Period", "period"),
        "periods": ("EvaluationPeriods", "evaluation_periods"), "threshold": ("Threshold", "threshold"),
        "comparison": ("ComparisonOperator", "comparison_operator"),
        "missing": ("TreatMissingData", "treat_missing_data"),
    },
    ("AWS::SNS::Topic", "aws_sns_topic"): {},
}


def of_cloudformation(template):
    """The resources of a template, and the actions that its roles allow beyond reading the queue and writing logs."""
    resources = [(resource["Type"], resource.get("Properties", {})) for resource in template["Resources"].values()]
    documents = [properties["PolicyDocument"] for kind, properties in resources if kind == "AWS::IAM::Policy"]
    documents += [policy["PolicyDocument"] for kind, properties in resources if kind == "AWS::IAM::Role"
                  for policy in properties.get("Policies", ())]
    return form(resources, 0), actions(statement["Action"] for document in documents
                                       for statement in document["Statement"])


def of_terraform(file):
    """The same of a file that python-hcl2 has read. A resource for each of a set is as many."""
    resources = []
    for block in file["resource"]:
        [(kind, named)] = block.items()
        [properties] = [value for name, value in named.items() if not name.startswith("__")]
        count = len(re.findall(r'"[^"]+"', str(properties.get("for_each", '""')).replace("'", '"'))) or 1
        resources += [(kind, properties)] * count
    documents = [block["aws_iam_policy_document"] for block in file["data"]]
    statements = [statement["actions"] for document in documents for name, body in document.items()
                  if name != "assume" for statement in body["statement"]]
    return form(resources, 1), actions(statements)


def form(resources, tool):
    found = []
    for kinds, properties in FORMS.items():
        for kind, given in resources:
            if kind == kinds[tool]:
                values = {name: plain(value(given, paths[tool].split("."))) for name, paths in properties.items()}
                found.append((kinds[0], {name: value for name, value in values.items() if value is not None}))
    return sorted(found, key=str)


def value(given, path):
    for name in path:
        if isinstance(given, str) and f"{name} = " in re.sub(" +", " ", given):
            # Out of an expression such as jsonencode({…}).
            return re.search(rf"{name}\s*=\s*(\w+)", given)[1]
        if isinstance(given, list) and not name.isdigit():
            [given] = given
        given = given[int(name)] if isinstance(given, list) else (given or {}).get(name)
    return given


def plain(value):
    if isinstance(value, dict):
        return sorted(name for name in value if not name.startswith("__"))
    if isinstance(value, list):
        return [str(item) for item in value]
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def actions(lists):
    """As a sorted list, without what lets Lambda read a queue and the function write logs."""
    flat = {action for words in lists for action in ([words] if isinstance(words, str) else words)}
    return sorted(action for action in flat if not action.startswith(("sqs:", "logs:")))
