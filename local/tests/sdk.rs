//! The real AWS CLI and boto3 against the server.

mod support;

use minilambda_local::{Lambda, Server};
use std::process::{Command, Output};
use std::time::Duration;
use support::tool;

fn server() -> (Lambda, Server) {
    let lambda = Lambda::builder(Lambda::path_of_example("functions"))
        .timeout(Duration::from_secs(20))
        .build();
    let server = lambda.serve(0).unwrap();
    (lambda, server)
}

/// Without the configuration of the user.
fn with_aws_environment(command: &mut Command) -> Output {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", "none")
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_aws_cli_invokes_functions() {
    let Some(aws) = tool("aws") else { return };
    let (_lambda, server) = server();
    let aws = |arguments: &[&str]| {
        let mut command = Command::new(&aws);
        command.args(["lambda", "--endpoint-url", &server.url()]).args(arguments);
        with_aws_environment(&mut command)
    };
    let invoke = |name: &str, event: &str, more: &[&str]| {
        let arguments = ["invoke", "--function-name", name, "--payload", event];
        said(&aws(&[&arguments, more, &["/dev/stdout"]].concat()))
    };
    let text = invoke("order", r#"{"id":"A-1","pieces":7}"#, &["--log-type", "Tail"]);
    assert!(text.contains("\"7 pieces\"") && text.contains("\"StatusCode\": 200"), "{text}");
    assert!(text.contains("\"LogResult\": "), "{text}");
    let text = invoke("fail", "\"OutOfStock\"", &[]);
    assert!(text.contains("\"FunctionError\": \"Unhandled\""), "{text}");
    assert!(text.contains("\"errorType\":\"OutOfStock\""), "{text}");
    let text = invoke("count", "null", &["--invocation-type", "Event"]);
    assert!(text.contains("\"StatusCode\": 202"), "{text}");
    let text = invoke("count", "null", &["--invocation-type", "DryRun"]);
    assert!(text.contains("\"StatusCode\": 204"), "{text}");
    let text = invoke("nobody", "null", &[]);
    assert!(
        text.contains("ResourceNotFoundException") && text.contains("Function not found"),
        "{text}"
    );
    let text = invoke("order", "{", &[]);
    assert!(text.contains("InvalidRequestContentException"), "{text}");
    let text = said(&aws(&["list-functions", "--query", "Functions[].FunctionName"]));
    assert!(text.contains("\"streamed-web\""), "{text}");
}

#[test]
fn boto3_invokes_functions_and_reads_streams() {
    const SCRIPT: &str = r#"
import boto3, json, sys
client = boto3.client("lambda", endpoint_url=sys.argv[1])
done = client.invoke(FunctionName="order", Payload=json.dumps({"id": "A-1", "pieces": 7}))
assert json.load(done["Payload"]) == "7 pieces", done
stream = client.invoke_with_response_stream(
    FunctionName="stream", Payload=b'"second"', LogType="Tail")
events = list(stream["EventStream"])
parts = [event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event]
assert b"".join(parts) == b'first "second"' and len(parts) > 1, events
assert "LogResult" in events[-1]["InvokeComplete"], events
broken = list(client.invoke_with_response_stream(FunctionName="broken-stream")["EventStream"])
assert broken[0]["PayloadChunk"]["Payload"] == b"first ", broken
assert broken[-1]["InvokeComplete"]["ErrorCode"] == "Broken", broken
try:
    client.invoke(FunctionName="nobody")
except client.exceptions.ResourceNotFoundException as error:
    print("done:", error)
"#;
    let Some(boto3) = tool("boto3") else { return };
    let (_lambda, server) = server();
    let mut command = Command::new(boto3.join("bin/python3"));
    let output = with_aws_environment(command.args(["-c", SCRIPT, &server.url()]));
    assert!(said(&output).contains("done: "), "{}", said(&output));
}

/// AWS's runtime for Python: a program without a table of handlers.
#[test]
fn a_program_with_another_runtime_is_invoked() {
    const SOURCE: &str = "
def handle(event, context):
    print('asked by', context.aws_request_id)
    if event['name'] == 'nobody':
        raise ValueError('there is nobody')
    return {'hello': event['name'], 'ms': context.get_remaining_time_in_millis()}
";
    use std::os::unix::fs::PermissionsExt;
    let Some(runtime) = tool("awslambdaric") else { return };
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("shop.py"), SOURCE).unwrap();
    let python = runtime.join("bin/python3");
    let script = format!(
        "#!/bin/sh\ncd {}\nexec {} -m awslambdaric \"$_HANDLER\"\n",
        folder.display(),
        python.display()
    );
    let program = folder.join("bootstrap");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let lambda = Lambda::builder(&program).timeout(Duration::from_secs(30)).build();
    assert!(lambda.handlers().unwrap().is_empty());
    let done = lambda.invoke("shop.handle", r#"{"name":"Ada"}"#).unwrap();
    assert!(done.text().starts_with(r#"{"hello": "Ada", "ms": "#), "{done:?}");
    assert!(done.has_logged(&format!("asked by {}", done.request_id)), "{done:?}");
    let done = lambda.invoke("shop.handle", r#"{"name":"nobody"}"#).unwrap();
    assert_eq!(done.error_type(), Some("ValueError"));
    assert_eq!(done.report.init, None);
}
