//! What an event that does not match looks like: the usual cause is a trigger of another kind.

use super::scan::{Scanner, SyntaxError};

/// AWS's events: the paths of fields that identify each, and its name.
///
/// Values are not compared. A shape comes before those that it includes. A table would take more
/// space in a binary: it has an address and a relocation for each string.
const SHAPES: &str = "\
Records.0.receiptHandle = an SQS event
Messages.0.ReceiptHandle = a response of SQS's ReceiveMessage
Records.0.Sns = an SNS event
Records.0.s3 = an S3 event
Records.0.kinesis = a Kinesis event
Records.0.dynamodb = a DynamoDB Streams event
Records.0.ses = an SES event
Records.0.cf = a CloudFront event
Records.0.codecommit = a CodeCommit event
awslogs.data = a CloudWatch Logs event
alarmData = a CloudWatch alarm event
AlarmName NewStateValue = a CloudWatch alarm from an SNS notification
widgetContext = a CloudWatch dashboard event
logGroup logEvents = unpacked CloudWatch Logs data
TopicArn MessageId Message = an SNS notification
dynamodb.Keys eventName = a DynamoDB record
Service Event Bucket = an S3 test event
detail-type source = an EventBridge event
invocationId records.0.lambdaDeliveryRecordMetadata = a Kinesis Data Analytics event
invocationId records.0.kinesisStreamRecordMetadata = a Kinesis Data Analytics event
invocationId records.0.recordId = a Firehose event
requestContext.elb = an Application Load Balancer event
methodArn type = an API Gateway authorizer event
routeArn type = an API Gateway authorizer event
requestContext.connectionId requestContext.eventType = an API Gateway WebSocket event
rawPath requestContext.http = an API Gateway HTTP API or function URL event
resource httpMethod requestContext = an API Gateway REST API event
triggerSource userPoolId = a Cognito event
datasetName identityPoolId = a Cognito Sync event
info.channel info.operation = an AppSync Events event
typeName fieldName = an AppSync event
operation payload = an AppSync template
info.fieldName info.parentTypeName = an AppSync event
0.info.fieldName = an AppSync batch event
authorizationToken requestContext.apiId = an AppSync authorizer event
directive.header = an Alexa smart home event
header.namespace header.payloadVersion = an Alexa smart home event
request.type context.System = an Alexa skill event
job.id tasks invocationId = an S3 Batch event
userRequest xAmzRequestId = an S3 Object Lambda event
eventSource bootstrapServers = a Kafka event
eventSource rmqMessagesByQueue = a RabbitMQ event
eventSource eventSourceArn messages = an ActiveMQ event
RequestType LogicalResourceId = a CloudFormation custom resource event
Step SecretId = a Secrets Manager rotation event
0.eventSource 0.awsRegion = records of an EventBridge pipe
0.eventSource 0.eventSourceKey = records of an EventBridge pipe
eventSource eventSourceArn events = a DocumentDB event
eventSource records = a Kafka event
invokingEvent resultToken = an AWS Config event
CodePipeline.job = a CodePipeline job event
DeploymentId LifecycleEventHookExecutionId = a CodeDeploy lifecycle hook event
requestContext.functionArn requestContext.condition = a Lambda destination event
requestContext.serviceArn = a VPC Lattice event
raw_path method = a VPC Lattice event
sessionState bot = a Lex V2 event
currentIntent bot = a Lex V1 event
Details.ContactData = a Connect event
InvocationMetadata Items = a Connect outbound campaign event
notificationType mail = an SES notification
eventType mail = an SES sending event
agent actionGroup = a Bedrock agent event
protocolData protocols = an IoT authorizer event
serialNumber clickType = an IoT button event
deviceEvent deviceInfo = an IoT 1-Click event
templateArn claimCertificateId = an IoT provisioning hook event
eventType eventId jobId = an IoT job event
eventType eventId operation = an IoT registry event
eventType clientId = an IoT lifecycle event
connection-id endpoint-id = a Client VPN event
labelingJobArn = a SageMaker Ground Truth event
username serverId = a Transfer Family event
summaryVersion envelope = a WorkMail event
hookTypeName requestData = a CloudFormation hook event
transformId fragment = a CloudFormation macro event
lifecycleStage executionId = an ECS deployment hook event
serviceMetadata token = a Transfer Family workflow event
external_function arguments = a Redshift function event
CallDetails InvocationEventType = a Chime SDK call event
CapacityToTerminate = an Auto Scaling termination event
interceptorInputVersion = a Bedrock gateway event";

/// The required fields of AWS's events. miniserde cannot list the fields of a type, so an error can
/// name a missing one only if it is here. `events/tests/documents` checks that each is.
pub(super) const REQUIRED_FIELDS: &str = "\
    AlarmName AutoScalingGroupName Body CallDetails CampaignContext CampaignId \
    CapacityToTerminate ClientRequestToken CodePipeline.job ContactData ContactId \
    CustomerProfiles DataType DeploymentId Details Event EventSource InstanceId Instances \
    InvocationEventType InvocationMetadata Items LifecycleEventHookExecutionId LogicalResourceId \
    Message MessageId Messages NewStateValue ProfileId ReceiptHandle Records RequestId \
    RequestType ResourceType ResponseURL SecretId Service Sns StackId Step TopicArn TransactionId \
    Type Value accountId actionGroup actionInvocationPoint agent alarmArn alarmData alarmName \
    apiId application applicationArn arguments attributes authorizationToken awsRegion awslogs \
    body bot bucket bucketName build-id cf channel clickType clientId clusterArn codecommit \
    condition config configuration connection-id connectionId containerInstanceArn currentIntent \
    dashboardName data dataObject dataType deploymentGroup deploymentId describe detail \
    detail-type deviceEvent deviceId deviceInfo directive dynamodb elb emailAddress end \
    endpoint-id envelope event eventArn eventId eventName eventSource eventSourceARN \
    eventSourceArn eventSourceKey eventType eventTypeCategory eventTypeCode events execution-id \
    executionArn executionDetails executionId external_function fieldName flowDirection fragment \
    functionArn header headers hookTypeName http httpMethod id identityPoolId info inputS3Url \
    instance-action instance-id intent interceptorInputVersion invocationId \
    invocationSchemaVersion invocationSource invokingEvent isFinalInvokeForWindow \
    isWindowTerminatedEarly job jobId jobName jobQueue key kinesis labelingJobArn lastStatus \
    lifecycleStage localeId logEvents logGroup logStream mail message messageID messageId \
    messageType messages method methodArn name namespace notificationType object objectKey offset \
    operation operationType outputRoute outputToken params parentTypeName partition partitionKey \
    path payload pipeline project-name protocol protocolData protocolVersion protocols rawPath \
    raw_path receipt receiptHandle recordId records ref references repository-name request \
    requestContext requestData requestId resource resourceId resourceType response result \
    resultCode resultToken results rmqMessagesByQueue routeArn routeKey s3 s3Key s3ObjectDetails \
    s3Uri scanStatus scopes sequenceNumber serialNumber serverId service serviceArn \
    serviceMetadata ses sessionId sessionState shardId signatureVerified source start state \
    stateMachineArn status statusCode summaryVersion targetGroupArn targetName taskArn taskId \
    tasks templateArn timestamp token topic transformId triggerSource type uri url userId \
    userPoolId userRequest username value version widgetContext widgetId window";

/// Returns the kind of AWS event that a JSON text looks like.
pub(super) fn recognize(text: &str) -> Option<&'static str> {
    let shapes = || SHAPES.lines().filter_map(|line| line.split_once(" = "));
    let named: Vec<_> = shapes().flat_map(|(paths, _)| paths.split(' ')).collect();
    let mut present = Vec::new();
    // A text that is not JSON looks like nothing.
    collect(&mut Scanner::new(text), "", &named, &mut present).ok()?;
    let has = |path: &str| present.iter().any(|it| it == path);
    let shape = shapes().find(|(paths, _)| paths.split(' ').all(has));
    shape.map(|(_, name)| name)
}

/// Collects the paths of a value that a shape names. Other values are skipped.
fn collect(
    scanner: &mut Scanner,
    path: &str,
    named: &[&str],
    present: &mut Vec<String>,
) -> Result<(), SyntaxError> {
    let join =
        |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    let is_named = |path: &str| {
        let mut rest = named.iter().filter_map(|it| it.strip_prefix(path));
        rest.any(|it| it.is_empty() || it.starts_with('.'))
    };
    match scanner.next() {
        b'{' => scanner.fields(|scanner, key| {
            let path = join(&key);
            if !is_named(&path) {
                return Ok(false);
            }
            collect(scanner, &path, named, present)?;
            present.push(path);
            Ok(true)
        }),
        b'[' if is_named(&join("0")) => {
            scanner.expect(b'[')?;
            let mut more = scanner.next() != b']';
            let mut is_first = true;
            while more {
                if is_first {
                    collect(scanner, &join("0"), named, present)?;
                } else {
                    scanner.skip_value()?;
                }
                is_first = false;
                more = scanner.skip_byte(b',');
            }
            scanner.expect(b']')
        }
        _ => scanner.skip_value(),
    }
}
