//! What an event looks like that does not fit: the usual cause is a trigger of another kind.

use miniserde::json::Value;

/// The documents of AWS's that are told by their members: the members, and the name.
///
/// Members are enough; no value is looked at. A shape stands before those that it includes.
const SHAPES: &[(&[&str], &str)] = &[
    (&["Records.0.receiptHandle"], "an SQS event"),
    (&["Records.0.Sns"], "an SNS event"),
    (&["Records.0.s3"], "an S3 event"),
    (&["Records.0.kinesis"], "a Kinesis event"),
    (&["Records.0.dynamodb"], "a DynamoDB Streams event"),
    (&["Records.0.ses"], "an SES event"),
    (&["Records.0.cf"], "a CloudFront event"),
    (&["Records.0.codecommit"], "a CodeCommit event"),
    (&["awslogs.data"], "a CloudWatch Logs event"),
    (&["alarmData"], "a CloudWatch alarm event"),
    (&["detail-type", "source"], "an EventBridge event"),
    (&["deliveryStreamArn", "records"], "a Firehose event"),
    (&["requestContext.elb"], "an Application Load Balancer event"),
    (&["methodArn", "type"], "an API Gateway authorizer event"),
    (&["routeArn", "type"], "an API Gateway authorizer event"),
    (
        &["requestContext.connectionId", "requestContext.eventType"],
        "an API Gateway WebSocket event",
    ),
    (&["rawPath", "requestContext.http"], "an API Gateway HTTP API or function URL event"),
    (&["resource", "httpMethod", "requestContext"], "an API Gateway REST API event"),
    (&["triggerSource", "userPoolId"], "a Cognito event"),
    (&["info.fieldName", "info.parentTypeName"], "an AppSync event"),
    (&["0.info.fieldName"], "an AppSync batch event"),
    (&["authorizationToken", "requestContext.apiId"], "an AppSync authorizer event"),
    (&["directive.header"], "an Alexa smart home event"),
    (&["request.type", "context.System"], "an Alexa skill event"),
    (&["job.id", "tasks", "invocationId"], "an S3 Batch event"),
    (&["userRequest", "xAmzRequestId"], "an S3 Object Lambda event"),
    (&["eventSource", "bootstrapServers"], "a Kafka event"),
    (&["eventSource", "rmqMessagesByQueue"], "a RabbitMQ event"),
    (&["eventSource", "eventSourceArn", "messages"], "an ActiveMQ event"),
    (&["RequestType", "ResponseURL"], "a CloudFormation custom resource event"),
    (&["Step", "SecretId"], "a Secrets Manager rotation event"),
];

pub(crate) fn what(event: &Value) -> Option<&'static str> {
    let shape = SHAPES.iter().find(|(paths, _)| paths.iter().all(|path| has(event, path)));
    shape.map(|(_, name)| *name)
}

fn has(value: &Value, path: &str) -> bool {
    let mut value = value;
    for step in path.split('.') {
        let next = match value {
            Value::Object(object) => object.get(step),
            Value::Array(array) => step.parse().ok().and_then(|index: usize| array.get(index)),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => return false,
        }
    }
    true
}
