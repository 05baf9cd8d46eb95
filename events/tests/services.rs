//! What the types of single services do beyond decoding and encoding.

use minilambda_events::bedrock::{self, Action};
use minilambda_events::{
    Json, alexa, appsync, autoscaling, chime, clientvpn, cloudformation, cloudfront, config,
    connect, destination, dynamodb, ecs, eventbridge, iot, kafka, lattice, lex, mq, pipes,
    redshift, sagemaker, ses, sns, transfer, workmail,
};
use miniserde::json::Value;
use miniserde::{Deserialize, json};
use std::fs;

fn document<T: Deserialize>(name: &str) -> T {
    let file = format!("{}/../data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    minilambda::decode(&fs::read(file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

fn order() -> Order {
    Order { id: "A-1".to_owned(), pieces: 4 }
}

#[test]
fn a_kafka_batch_reports_a_failed_record_and_those_of_its_partition_after_it() {
    let record = |partition, offset| {
        let mut record = kafka::Record::new("orders", offset, "{}");
        record.partition = u64::into(partition);
        record
    };
    let event: kafka::Event =
        [record(0, 1), record(0, 2), record(0, 3), record(1, 1)].into_iter().collect();
    let mut tried = Vec::new();
    let response = event.each(|record| {
        tried.push((record.partition.as_u64().unwrap(), record.offset));
        assert!(tried.len() != 2, "a panic is a failure");
        Ok(())
    });
    assert_eq!(tried, [(0, 1), (0, 2), (1, 1)]);
    assert_eq!(
        json::to_string(&response),
        r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":2}},{"itemIdentifier":{"partition":"orders-0","offset":3}}]}"#
    );
    assert_eq!(json::to_string(&event.each(|_| Ok(()))), r#"{"batchItemFailures":[]}"#);
}

#[test]
fn kafka_values_and_headers_are_decoded() {
    let event: kafka::Event = document("kafka");
    let record = event.all().next().unwrap();
    assert_eq!(record.value_json::<Order>().unwrap(), order());
    assert_eq!(record.header("traceparent").unwrap(), "00é".as_bytes());
    assert_eq!(record.header("other"), None);
    let deleted = event.all().find(|record| record.value.is_none()).unwrap();
    let error = deleted.value_json::<Order>().unwrap_err();
    assert_eq!(error.message(), "the record has no value");
    let records: Vec<pipes::KafkaRecord> = document("pipes-kafka");
    assert_eq!(records[0].value_json::<Order>().unwrap(), order());
}

#[test]
fn the_two_spellings_of_an_activemq_message_are_read() {
    for (message, id) in [
        (r#""destination":{"physicalName":"orders"},"correlationId":"a""#, "a"),
        (r#""destination":{"physicalname":"orders"},"correlationID":"b""#, "b"),
    ] {
        let message = format!(r#"{{"messageID":"1","data":"e30=",{message}}}"#);
        let message: mq::activemq::Message = minilambda::decode(message.as_bytes()).unwrap();
        assert_eq!((message.queue(), message.correlation_id()), (Some("orders"), Some(id)));
    }
    for source in ["aws:mq", "aws:amq"] {
        let event = format!(r#"{{"eventSource":"{source}","eventSourceArn":"x","messages":[]}}"#);
        minilambda::decode::<mq::activemq::Event>(event.as_bytes()).unwrap();
    }
}

#[test]
fn a_bedrock_action_gets_a_response_of_its_form() {
    let event: bedrock::Event = document("bedrock-agent");
    assert_eq!(event.action(), Some(Action::Operation { method: "POST", path: "/stock" }));
    assert_eq!((event.parameter("item"), event.parameter("count")), (Some("cup"), Some("2")));
    assert_eq!(
        json::to_string(&event.success("{}")),
        r#"{"messageVersion":"1.0","response":{"actionGroup":"stock","apiPath":"/stock","httpMethod":"POST","httpStatusCode":200,"responseBody":{"application/json":{"body":"{}"}}}}"#
    );
    let event: bedrock::Event = document("bedrock-agent-function");
    assert_eq!(event.action(), Some(Action::Function("count")));
    assert_eq!(
        json::to_string(&event.success("12")),
        r#"{"messageVersion":"1.0","response":{"actionGroup":"stock","function":"count","functionResponse":{"responseBody":{"TEXT":{"body":"12"}}}}}"#
    );
    let event = <bedrock::Event as Default>::default();
    assert_eq!(event.action(), None);
}

#[test]
fn a_cloudformation_response_has_what_cloudformation_requires() {
    let event: cloudformation::Event = document("cloudformation");
    assert_eq!(event.request_type, cloudformation::RequestType::Create);
    let required = ["Status", "PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId"];
    let success = json::to_string(&event.success("index-1", "data"));
    let failure = json::to_string(&event.failure("no shards left"));
    for (response, status) in [(&success, "SUCCESS"), (&failure, "FAILED")] {
        let response: Json = json::from_str(response).unwrap();
        assert!(required.iter().all(|name| response.get(name).is_some()), "{response:?}");
        assert!(format!("{:?}", response.get("Status")).contains(status));
    }
    assert!(success.ends_with(r#""Data":"data"}"#) && !success.contains("Reason"), "{success}");
    assert!(failure.contains(r#""Reason":"no shards left""#), "{failure}");
    // A failed update must keep the resource's id, or CloudFormation deletes the resource.
    let update: cloudformation::Event = document("cloudformation-update");
    let id = update.physical_resource_id.clone().unwrap();
    assert_eq!(update.failure("x").physical_resource_id, Some(id));
    // CloudFormation takes 4,096 bytes.
    let cut = update.failure("\"é".repeat(2048)).reason.unwrap();
    assert!(cut.len() <= 1024 && cut.starts_with("\"é"), "{}", cut.len());
}

#[test]
fn cloudfront_headers_are_found_and_set_in_any_case() {
    let event: cloudfront::Event = document("cloudfront");
    assert_eq!(event.clone().into_response(), None);
    let mut request = event.into_request().unwrap();
    assert_eq!(request.header("User-Agent"), Some("curl/8"));
    request.set_header("USER-AGENT", "none");
    assert_eq!(request.header("user-agent"), Some("none"));
    assert_eq!(request.headers.len(), 2);
    let mut response = cloudfront::Response::text(404, "not here");
    response.set_header("Cache-Control", "no-store");
    assert_eq!(
        json::to_string(&response),
        r#"{"status":"404","headers":{"cache-control":[{"key":"Cache-Control","value":"no-store"}]},"body":"not here"}"#
    );
}

#[test]
fn lex_slots_are_read_and_intents_closed() {
    let event: lex::v2::Event = document("lex-v2");
    assert_eq!((event.slot("count"), event.slot("color")), (Some("2"), None));
    let response = event.close("Fulfilled", "done");
    let state = response.session_state.as_ref().unwrap();
    assert_eq!(state.intent.as_ref().unwrap().state.as_deref(), Some("Fulfilled"));
    assert!(json::to_string(&response).contains(r#""dialogAction":{"type":"Close"}"#));
    let event: lex::v1::Event = document("lex");
    assert!(event.slot("no such slot").is_none());
    let response = json::to_string(&event.close("Failed", "sorry"));
    let action = r#""dialogAction":{"type":"Close","fulfillmentState":"Failed","message":{"contentType":"PlainText","content":"sorry"}}"#;
    assert!(response.contains(action), "{response}");
}

#[test]
fn lex_asks_for_a_slot_or_a_confirmation_or_goes_on() {
    let event: lex::v2::Event = document("lex-v2");
    let intent = event.session_state.intent.clone();
    for (response, action, messages) in [
        (
            event.clone().elicit_slot("color", "Which?"),
            r#"{"type":"ElicitSlot","slotToElicit":"color"}"#,
            1,
        ),
        (event.clone().confirm_intent("Really?"), r#"{"type":"ConfirmIntent"}"#, 1),
        (event.delegate(), r#"{"type":"Delegate"}"#, 0),
    ] {
        let text = json::to_string(&response);
        assert!(text.contains(&format!(r#""dialogAction":{action}"#)), "{text}");
        assert_eq!(response.messages.unwrap_or_default().len(), messages, "{text}");
        assert_eq!(response.session_state.unwrap().intent, intent, "{text}");
    }
}

#[test]
fn what_a_config_rule_evaluates_is_decoded() {
    let event: config::Event = document("config");
    let item = event.invoking_event::<Json>().unwrap().configuration_item.unwrap();
    assert_eq!((&*item.resource_type, &*item.resource_id), ("AWS::S3::Bucket", "photos"));
    assert_eq!(item.tags.unwrap()["team"], "shop");
    let event = <config::Event as Default>::default();
    assert_eq!(event.rule_parameters::<Json>().unwrap(), None);
    let error = event.invoking_event::<Json>().unwrap_err();
    assert!(error.message().starts_with("the invoking event: "), "{error}");
}

#[derive(Deserialize)]
struct Customer {
    visits: u32,
}

#[test]
fn each_profile_of_a_campaign_gets_a_result() {
    let event: connect::campaign::Event = document("connect-outbound-campaigns");
    let response = event
        .results(|profile| profile.customer_data::<Customer>().is_ok_and(|data| data.visits > 0));
    assert_eq!(
        json::to_string(&response),
        r#"{"Items":{"CustomerProfiles":[{"Id":"profile-1","Result":"SUCCESS"},{"Id":"profile-2","Result":"FAILURE"}]}}"#
    );
}

#[test]
fn a_destination_gets_the_event_and_the_result_of_a_function() {
    let event: destination::Event = document("lambda-destination-stream");
    assert_eq!(event.kinesis_batch_info.unwrap().batch_size, Some(500));
    assert_eq!(event.request_payload, None);
}

#[test]
fn a_lattice_request_is_read_by_name() {
    let request: lattice::Request = document("vpc-lattice-v2");
    assert_eq!(request.query("limit"), Some("2"));
    let request = r#"{"path":"/","method":"GET","queryStringParameters":{"a":"1","b":["2","3"]},
        "requestContext":{"serviceArn":"x"}}"#;
    let request: lattice::Request = minilambda::decode(request.as_bytes()).unwrap();
    assert_eq!((request.query("a"), request.query("b")), (Some("1"), Some("2")));
}

#[test]
fn a_skill_knows_what_the_device_has_and_asks_for_permissions() {
    let event: alexa::Event = document("alexa-intent");
    let device = event.context.unwrap().system.unwrap().device.unwrap();
    assert!(device.supports("AudioPlayer") && !device.supports("Alexa.Presentation.APL"));
    let card = alexa::response::Card::ask_for_permissions(["alexa::profile:email:read"]);
    assert_eq!(
        json::to_string(&card),
        r#"{"type":"AskForPermissionsConsent","permissions":["alexa::profile:email:read"]}"#
    );
}

#[test]
fn a_token_is_read_without_its_scheme() {
    let mut request: appsync::authorizer::Request = document("appsync-authorizer");
    assert_eq!(request.bearer_token(), "7c9e6679-7425-40de-944b-e07fc1f90ae7");
    for (sent, token) in [("bearer  a b", "a b"), ("a", "a"), ("Basic a", "Basic a"), ("", "")] {
        request.authorization_token = sent.to_owned().into();
        assert_eq!(request.bearer_token(), token, "{sent}");
    }
}

#[test]
fn an_ses_notification_is_decoded_from_an_sns_message() {
    let file = format!("{}/../data/ses-notification-bounce.json", env!("CARGO_MANIFEST_DIR"));
    let record = sns::Record::new("id-1", fs::read_to_string(file).unwrap());
    let notification: ses::notification::Notification = record.sns.message_json().unwrap();
    assert_eq!(&*notification.notification_type, "Bounce");
    let recipients = notification.bounce.unwrap().bounced_recipients.unwrap();
    assert_eq!(recipients[0].email_address, "ada@example.net");
    let event: ses::Event = document("ses");
    assert_eq!(event.records[0].ses.mail.header("SUBJECT"), Some("An order"));
}

#[test]
fn the_usual_responses_are_one_call() {
    let table = [
        (json::to_string(&ses::Response::stop_rule()), r#"{"disposition":"STOP_RULE"}"#),
        (json::to_string(&iot::authorizer::Response::deny()), r#"{"isAuthenticated":false}"#),
        (json::to_string(&iot::provisioning::Response::new(true)), r#"{"allowProvisioning":true}"#),
        (
            json::to_string(&clientvpn::Response::deny("no")),
            r#"{"allow":false,"error-msg-on-denied-connection":"no","posture-compliance-statuses":[],"schema-version":"v3"}"#,
        ),
        (
            json::to_string(&transfer::Response::new("role", "/bucket/ada")),
            r#"{"Role":"role","HomeDirectory":"/bucket/ada"}"#,
        ),
        (json::to_string(&transfer::Response::refuse()), "{}"),
        (json::to_string(&ecs::HookResponse::succeeded()), r#"{"hookStatus":"SUCCEEDED"}"#),
        (json::to_string(&ecs::HookResponse::failed()), r#"{"hookStatus":"FAILED"}"#),
        (
            json::to_string(&ecs::HookResponse::in_progress(60)),
            r#"{"hookStatus":"IN_PROGRESS","callBackDelay":60}"#,
        ),
        (
            json::to_string(&chime::Response::new(Vec::new())),
            r#"{"SchemaVersion":"1.0","Actions":[]}"#,
        ),
        (json::to_string(&sagemaker::Response::new(Value::Bool(true))), r#"{"taskInput":true}"#),
        (
            json::to_string(&workmail::Response::for_all("DROP")),
            r#"{"actions":[{"allRecipients":true,"action":{"type":"DROP"}}]}"#,
        ),
    ];
    for (written, expected) in table {
        assert_eq!(written, expected);
    }
}

#[test]
fn what_ses_publishes_of_a_mail_is_decoded_from_sns_and_eventbridge() {
    let file = format!("{}/../data/ses-sending-click.json", env!("CARGO_MANIFEST_DIR"));
    let record = sns::Record::new("id-1", fs::read_to_string(file).unwrap());
    let event: ses::sending::Event = record.sns.message_json().unwrap();
    let click = event.click.unwrap();
    assert_eq!(click.link.as_deref(), Some("https://example.com/orders/A-1"));
    assert_eq!(click.link_tags.unwrap()["place"], ["footer", "logo"]);
    assert_eq!(event.mail.tags.unwrap()["ses:configuration-set"], ["orders"]);
    let event: eventbridge::Event<ses::sending::Event> = document("eventbridge-ses");
    let delayed = event.detail.delivery_delay.unwrap().delayed_recipients.unwrap();
    assert_eq!(delayed[0].email_address, "ada@example.net");
}

#[test]
fn a_redshift_function_gets_each_call_and_its_first_error_fails_the_batch() {
    let event: redshift::Event = document("redshift");
    let response = event.each(|arguments| Ok(arguments.len() as u64));
    let expected = r#"{"success":true,"num_records":3,"results":[2,2,0]}"#;
    assert_eq!(json::to_string(&response), expected);
    let mut calls = 0;
    let response = event.each(|_| {
        calls += 1;
        if calls == 2 { Err("no price".into()) } else { Ok(1_u64) }
    });
    assert_eq!(json::to_string(&response), r#"{"success":false,"error_msg":"no price"}"#);
    assert_eq!(calls, 2);
}

#[test]
fn hooks_and_macros_of_cloudformation_get_responses_in_one_call() {
    let event: cloudformation::hook::Event = document("cloudformation-hook");
    let token = r#""clientRequestToken":"f8da6d11-b23f-48f4-814c-0fb6a667f50e""#;
    assert_eq!(json::to_string(&event.success()), format!(r#"{{"hookStatus":"SUCCESS",{token}}}"#));
    assert_eq!(
        json::to_string(&event.failure("too large")),
        format!(
            r#"{{"hookStatus":"FAILED","errorCode":"NonCompliant","message":"too large",{token}}}"#
        )
    );
    let event: cloudformation::template_macro::Event = document("cloudformation-macro");
    let id = r#""requestId":"a1b2c3d4-5678-90ab-cdef-1234567890ab""#;
    assert_eq!(
        json::to_string(&event.success(vec![1])),
        format!(r#"{{{id},"status":"success","fragment":[1]}}"#)
    );
    assert_eq!(
        json::to_string(&event.failure("no owner")),
        format!(r#"{{{id},"status":"failure","errorMessage":"no owner"}}"#)
    );
}

#[test]
fn the_queue_of_a_contact_is_an_object_or_its_name() {
    for name in ["connect", "connect-queue-name"] {
        let event: connect::Event = document(name);
        assert_eq!(event.details.contact_data.queue_name(), Some("orders"), "{name}");
    }
    assert_eq!(<connect::ContactData as Default>::default().queue_name(), None);
}

#[test]
fn the_attempts_of_a_batch_job_say_why_they_ended() {
    let event: eventbridge::Event<eventbridge::batch::JobStateChange> =
        document("eventbridge-batch");
    let attempts = event.detail.attempts.unwrap();
    let container = attempts[0].container.as_ref().unwrap();
    assert_eq!(container.exit_code, Some(1));
    assert_eq!(container.log_stream_name.as_deref(), Some("invoices/default/1"));
}

#[test]
fn an_interceptor_passes_what_it_got_or_responds_itself() {
    let pass = |name| json::to_string(&document::<bedrock::gateway::Event>(name).pass());
    assert_eq!(
        pass("bedrock-gateway"),
        r#"{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayRequest":{"body":{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"stock","arguments":{"item":"book"}}}}}}"#
    );
    assert_eq!(
        pass("bedrock-gateway-result"),
        r#"{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayResponse":{"statusCode":200,"body":{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"stock"}]}}}}}"#
    );
    assert_eq!(
        pass("bedrock-gateway-http"),
        r#"{"interceptorOutputVersion":"1.0","http":{"transformedGatewayRequest":{"body":"eyJtb2RlbCI6ImF1dG8ifQ=="}}}"#
    );
    let event: bedrock::gateway::Event = document("bedrock-gateway");
    assert_eq!(
        json::to_string(&event.respond(403, "no")),
        r#"{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayResponse":{"statusCode":403,"body":"no"}}}"#
    );
}

#[test]
fn a_termination_policy_returns_the_instances_that_are_ready() {
    let event: autoscaling::TerminationEvent = document("autoscaling-termination");
    let response =
        event.instances_that(|instance| instance.instance_market_option.as_deref() == Some("spot"));
    assert_eq!(json::to_string(&response), r#"{"InstanceIDs":["i-02e1c69383a3ed501"]}"#);
    assert_eq!(json::to_string(&event.instances_that(|_| false)), r#"{"InstanceIDs":[]}"#);
}

#[test]
fn the_event_of_a_failed_batch_is_decoded_from_its_record() {
    let record: destination::Event = document("lambda-destination-s3");
    let event: dynamodb::Event = record.payload().unwrap();
    assert_eq!(event.records.len(), 1);
    let error = record.payload::<kafka::Event>().unwrap_err();
    assert!(error.message().starts_with("the record's payload: "), "{error}");
    let record: destination::Event = document("lambda-destination-kafka");
    let event: kafka::Event = record.payload().unwrap();
    assert_eq!(
        event.all().next().unwrap().value_json::<Json>().unwrap().path("id").unwrap().as_str(),
        Some("A-1")
    );
    let record: destination::Event = document("lambda-destination");
    let error = record.payload::<Json>().unwrap_err();
    assert_eq!(error.message(), "the record has no payload");
}
