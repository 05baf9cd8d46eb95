// lambda.zip is made by `make zip` in the repository's folder, two above this one.
// npm install aws-cdk-lib constructs, then: npx aws-cdk deploy --app 'node app.mjs'

import { App, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { Architecture, Code, Function, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import { fileURLToPath } from "node:url";

const app = new App();
const stack = new Stack(app, "Hello");
const hello = new Function(stack, "HelloFunction", {
  runtime: Runtime.PROVIDED_AL2023,
  architecture: Architecture.X86_64,
  handler: "hello.order",
  code: Code.fromAsset(fileURLToPath(new URL("../../lambda.zip", import.meta.url))),
  memorySize: 128,
  timeout: Duration.seconds(5),
  loggingFormat: LoggingFormat.JSON,
});
new CfnOutput(stack, "Function", { value: hello.functionArn });
app.synth();
