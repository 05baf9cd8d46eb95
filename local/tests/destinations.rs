//! What is sent after asynchronous invocations: records to destinations, and dead letters, at moto.

#[path = "support/running.rs"]
mod running;
#[path = "support/stand_in.rs"]
mod stand_in;
mod support;

use minilambda_local::Moto;
use running::Tool;
use stand_in::{call, count, create, file, moto, sqs, start_with, wait_until};
use std::fs;
use support::request;

fn invoke(tool: &Tool, name: &str, event: &str) {
    let line =
        format!("POST /2015-03-31/functions/{name}/invocations\nX-Amz-Invocation-Type: Event");
    assert_eq!(request(tool.address(), &line, event.as_bytes()).status, 202);
}

/// Waits for the message of a queue, and returns it without the escapes of JSON.
fn message(aws: &Moto, queue: &str) -> String {
    wait_until("there is no message", || count(aws, queue).0 == "1");
    let body = format!(
        r#"{{"QueueUrl":"{queue}","AttributeNames":["All"],"MessageAttributeNames":["All"]}}"#
    );
    sqs(aws, "ReceiveMessage", &body).replace('\\', "")
}

/// Calls EventBridge.
fn events(aws: &Moto, action: &str, body: &str) {
    call(aws, "events", "1.1", &format!("AWSEvents.{action}"), body);
}

fn assert_has(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[test]
fn a_record_of_each_end_goes_to_its_destination_and_an_event_becomes_a_dead_letter() {
    let Some(aws) = moto() else { return };
    let queues = ["done", "dead", "of-topic", "of-bus"].map(|name| create(&aws, name, ""));
    let [done, dead, of_topic, of_bus] = &queues;
    let arn = |name: &str| format!("arn:aws:sqs:eu-central-1:123456789012:{name}");
    let sns = |form: &str| {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        aws.call("sns", "POST /", &[kind], form).unwrap();
    };
    sns("Action=CreateTopic&Name=letters");
    let topic = "arn:aws:sns:eu-central-1:123456789012:letters";
    let endpoint = arn("of-topic");
    sns(&format!("Action=Subscribe&TopicArn={topic}&Protocol=sqs&Endpoint={endpoint}"));
    events(&aws, "PutRule", r#"{"Name":"r","EventPattern":"{\"source\":[\"lambda\"]}"}"#);
    let target = format!(r#"{{"Rule":"r","Targets":[{{"Id":"1","Arn":"{}"}}]}}"#, arn("of-bus"));
    events(&aws, "PutTargets", &target);
    let sources = file(
        "destinations.conf",
        "[sleep]\non_success function echo\n[echo]\non_success queue done\n\
         [fail]\nretries 0\non_success queue done\non_failure bus default\ndead_letter queue dead\n\
         [order]\nretries 0\ndead_letter topic letters\n",
    );
    let running = start_with(Some(&aws), "destinations", &sources);
    invoke(&running, "sleep", "7");
    let record = message(&aws, done);
    assert_has(
        &record,
        &[
            r#""version":"1.0""#,
            "function:echo:$LATEST",
            r#""requestPayload":{"version":"1.0""#,
            "function:sleep:$LATEST",
            r#""condition":"Success""#,
            r#""approximateInvokeCount":1"#,
            r#""requestPayload":7,"responseContext":{"executedVersion":"$LATEST","statusCode":200}"#,
            r#""responsePayload":7}"#,
        ],
    );
    invoke(&running, "fail", "\"Ünknown\"");
    running.wait_for_line("the dead letter for the queue dead is sent");
    running.wait_for_line("the record for the bus default is sent");
    let letter = message(&aws, dead);
    assert_has(&letter, &["u00dcnknown", "RequestID", "ErrorCode", "\"200\"", "ErrorMessage"]);
    assert_has(&letter, &["as it was asked for", "\"DataType\": \"Number\""]);
    let record = message(&aws, of_bus);
    assert_has(
        &record,
        &[
            "Lambda Function Invocation Result - Failure",
            "\"source\": \"lambda\"",
            "\"condition\": \"RetriesExhausted\"",
            "\"approximateInvokeCount\": 1",
            "function:fail:$LATEST",
            "\"requestPayload\": \"",
            "\"functionError\": \"Unhandled\"",
            "\"errorMessage\": \"as it was asked for\"",
        ],
    );
    invoke(&running, "order", "[\"a&b=c\"]");
    running.wait_for_line("the dead letter for the topic letters is sent");
    let letter = message(&aws, of_topic);
    assert_has(&letter, &["[\"a&b=c\"]", "ErrorMessage", "RequestID"]);
    // The one message is received, and there was no other success.
    assert_eq!(count(&aws, done), ("0".to_owned(), "1".to_owned()));
}

#[test]
fn a_destination_that_there_is_not_is_said_and_tried_again_and_nothing_waits_for_it() {
    let Some(aws) = moto() else { return };
    let sources = file(
        "late-destination.conf",
        "[nobody]\nretries 1\n[echo]\non_success queue late\n[sleep]\non_success function nobody\n",
    );
    let running = start_with(Some(&aws), "late-destination", &sources);
    running.wait_for_line("nobody: Function not found: ");
    for _ in 0..20 {
        invoke(&running, "echo", "1");
    }
    invoke(&running, "sleep", "1");
    running.wait_for_line("the record for the function nobody is not sent: Function not found");
    let line = running.wait_for_line("the record for the queue late is not sent: ");
    assert_has(
        &line,
        &["echo: RequestId: ", "aws sqs create-queue --queue-name late", "tried again in "],
    );
    // The functions go on meanwhile.
    wait_until("the events are not processed", || {
        running.said.lock().unwrap().matches("echo: REPORT RequestId").count() == 20
    });
    let late = create(&aws, "late", "");
    wait_until("the records are not sent", || count(&aws, &late).0 == "20");
    let nowhere = "[echo]\non_success bus nowhere\n[fail]\nretries 0\non_failure topic nowhere\n";
    fs::write(&sources, nowhere).unwrap();
    running.wait_for_line("late-destination.conf has changed: what is new in it is started");
    invoke(&running, "echo", "2");
    invoke(&running, "fail", "\"Any\"");
    running.wait_for_line(
        "aws events create-event-bus --name nowhere --endpoint-url http://127.0.0.1:",
    );
    running.wait_for_line("aws sns create-topic --name nowhere --endpoint-url http://127.0.0.1:");
}

#[test]
fn functions_that_call_each_other_as_destinations_end() {
    let sources = file("loop.conf", "[fail]\nretries 0\non_failure function fail\n");
    let running = start_with(None, "loop", &sources);
    invoke(&running, "fail", "1");
    running.wait_for_line("nothing is sent: 16 functions in a row were called by destinations");
    assert_eq!(running.said.lock().unwrap().matches("fail: REPORT RequestId").count(), 16);
}
