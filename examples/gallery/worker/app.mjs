// The resources of template.yaml for the CDK. make zip and npm install aws-cdk-lib constructs, then:
// npx aws-cdk deploy --app 'node app.mjs' --parameters Carrier=https://… --parameters Secret=arn:…

import { App, CfnOutput, CfnParameter, Duration, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { fileURLToPath } from "node:url";

const app = new App();
const stack = new Stack(app, "Worker");
const carrier = new CfnParameter(stack, "Carrier").valueAsString;
const secret = new CfnParameter(stack, "Secret").valueAsString;

const dead = new Queue(stack, "Dead", { retentionPeriod: Duration.days(14) });
const orders = new Queue(stack, "Orders", {
  visibilityTimeout: Duration.seconds(720), // six times the function's timeout
  deadLetterQueue: { queue: dead, maxReceiveCount: 5 },
});
const once = new Table(stack, "Once", {
  billingMode: BillingMode.PAY_PER_REQUEST,
  partitionKey: { name: "id", type: AttributeType.STRING },
  timeToLiveAttribute: "expiration",
});

const handler = (id, handler, timeout, environment) =>
  new Function(stack, id, {
    runtime: Runtime.PROVIDED_AL2023,
    architecture: Architecture.X86_64,
    handler,
    code: Code.fromAsset(fileURLToPath(new URL("lambda.zip", import.meta.url))),
    memorySize: 128,
    timeout: Duration.seconds(timeout),
    loggingFormat: LoggingFormat.JSON,
    environment: { TABLE: once.tableName, ...environment },
  });
const allow = (fn, actions, resources) =>
  fn.addToRolePolicy(new PolicyStatement({ actions, resources }));

// Ten orders, each with a request of 10 s at most.
const ship = handler("Ship", "worker.ship", 120, { CARRIER: carrier, SECRET: secret });
const records = ["DeleteItem", "GetItem", "PutItem", "UpdateItem"];
allow(ship, records.map((action) => `dynamodb:${action}`), [once.tableArn]);
allow(ship, ["secretsmanager:GetSecretValue"], [secret]);
ship.addEventSource(new SqsEventSource(orders, { batchSize: 10, reportBatchItemFailures: true }));

const nightly = handler("Nightly", "worker.nightly", 60, {});
allow(nightly, ["dynamodb:Scan"], [once.tableArn]);
new Rule(stack, "Night", {
  schedule: Schedule.expression("cron(0 2 * * ? *)"),
  targets: [new LambdaFunction(nightly)],
});

const alarms = new Topic(stack, "Alarms");
for (const [id, metric] of [
  ["ShipFails", ship.metricErrors()],
  ["NightlyFails", nightly.metricErrors()],
  ["DeadIsNotEmpty", dead.metricApproximateNumberOfMessagesVisible()],
]) {
  new Alarm(stack, id, {
    metric,
    evaluationPeriods: 1,
    threshold: 0,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  }).addAlarmAction(new SnsAction(alarms));
}

new CfnOutput(stack, "Queue", { value: orders.queueUrl });
app.synth();
