//! The examples, each run on a document in `data/`.

mod support;

use minilambda_local::Lambda;
use minilambda_local::script::{Server, respond};
use std::fs;
use support::program::{end, example};

/// Example, handler, document, and a string that it writes.
const TABLE: &[(&str, &str, &str, &str)] = &[
    // Alexa
    ("alexa", "alexa.order", "alexa-intent", "2 of Earl Grey, at once."),
    // Application Load Balancer
    ("alb", "page", "alb", r#""body":"<ul><li>Rex</li><li>Tom</li><li>Polly</li></ul>""#),
    ("alb", "page", "alb-multi-value", r#""multiValueHeaders":{"Content-Type":["text/html"#),
    // API Gateway, and function URLs
    ("apigateway", "pets", "apigateway-http", r#""cookies":["seen=42; Secure; HttpOnly"]"#),
    ("apigateway", "pets", "function-url", r#"{"statusCode":404,"#),
    ("authorizer", "authorize", "apigateway-authorizer-token", r#"{"principalId":"user-17","#),
    ("authorizer", "authorize", "apigateway-authorizer-token", r#":a1b2c3d4e5/prod/*""#),
    // AppSync
    ("appsync", "appsync.product", "appsync-cognito", r#"{"name":"teapot","price":24.5}"#),
    ("appsync", "appsync.stock", "appsync-batch", r#"[{"data":3},{"data":0}]"#),
    // Bedrock agents
    ("bedrock", "bedrock.stock", "bedrock-agent", r#"{\"item\":\"cup\",\"count\":2}"#),
    ("bedrock", "bedrock.stock", "bedrock-agent-function", r#"{"body":"there are 12 of cup"}"#),
    // CloudFront
    ("cloudfront", "cloudfront.pictures", "cloudfront", r#""uri":"/picture.large.jpg""#),
    ("cloudfront", "cloudfront.headers", "cloudfront-response-event", r#""value":"nosniff""#),
    // CloudWatch
    ("logs", "logs.errors", "cloudwatch-logs", "ERROR order A-1007: the warehouse is closed\"]"),
    ("schedule", "schedule.nightly", "eventbridge-scheduled", r#""2026-02-10T21:14:25Z""#),
    ("schedule", "schedule.nightly", "eventbridge-scheduler", r#""2026-02-10T21:14:25Z""#),
    // Cognito
    ("cognito", "cognito.sign-up", "cognito-pre-sign-up", r#""autoConfirmUser":true"#),
    ("cognito", "cognito.token", "cognito-pre-token-generation", r#"{"tenant":"north"}"#),
    // Config
    ("config", "config.tagged", "config", r#""ComplianceType":"NON_COMPLIANT""#),
    // DynamoDB
    ("dynamodb", "dynamodb.announce", "dynamodb", r#"["A-1007: 7 pieces are on their way"]"#),
    // IoT
    ("iot", "iot.authorize", "iot", r#"123456789012:topic/devices/kettle""#),
    // Kafka
    (
        "kafka",
        "kafka.orders",
        "kafka",
        r#"[{"itemIdentifier":{"partition":"orders-0","offset":16}}]"#,
    ),
    // Kinesis
    ("kinesis", "kinesis.watch", "kinesis", r#"{"batchItemFailures":[{"itemIdentifier":"4965"#),
    // Lex
    ("lex", "lex.order", "lex-v2", r#""content":"2 cups are on their way.""#),
    // S3
    ("s3", "s3.photos", "s3", r#"["incoming/red flower+1.jpg","incoming/café/tea.jpg"]"#),
    ("s3", "s3.photos-queued", "sqs-sns", r#"["incoming/red flower+1.jpg","incoming/café"#),
    // Secrets Manager
    ("secretsmanager", "secrets.rotate", "secretsmanager", r#""created the new secret""#),
    // SES
    ("ses", "ses.filter", "ses", r#"{"disposition":"STOP_RULE_SET"}"#),
    // SQS and SNS
    ("sqs", "sqs.ship", "sqs", r#"{"batchItemFailures":[{"itemIdentifier":"c2a9d1e4-"#),
    // HTTP for every front end
    ("todo", "todo.http", "todo-list", r#""body":"{\"items\":[],\"next\":null}""#),
    ("todo", "todo.http", "alb-multi-value", r#""statusDescription":"404 Not Found""#),
    // Streams
    ("stream", "stream.page", "function-url", "<p>Here it is."),
    ("stream", "stream.lines", "order", "line 999\nline 1000\n"),
    // Your own events
    ("order", "shop.order", "order", r#"{"order":"A-1007","boxes":2}"#),
    ("around", "around.order", "order", r#""A-1007: 84 EUR""#),
    ("around", "around.echo", "item", "Earl Grey"),
    ("logging", "logging.pack", "order", r#""A-1007 is packed""#),
    ("custom-event", "custom.label", "item", r#""1.5 kg of Earl Grey""#),
];

#[test]
fn errors_have_the_kinds_that_the_example_names() {
    let lambda = Lambda::example("errors");
    for (handler, kind, message) in [
        ("errors.own", "OutOfStock", "nothing is left for order A-1"),
        ("errors.library", "ParseIntError", "invalid digit found in string"),
        ("errors.wrapped", "Warehouse", "No such file or directory"),
        ("errors.anyhow", "Error", "the id of the order is not a number: invalid digit"),
        ("errors.panic", "Function.Panic", "an id with a prefix"),
    ] {
        let done = lambda.invoke(handler, r#"{"id":"A-1"}"#).unwrap();
        let told = done.error_type().unwrap_or_default();
        assert!(told.ends_with(kind), "{handler}: {told}");
        assert!(done.text().contains(message), "{handler}: {}", done.text());
    }
}

#[test]
fn state_is_kept_between_the_events_of_a_process() {
    let lambda = Lambda::builder(Lambda::path_of_example("state")).env("GREETING", "Moin").build();
    for events in 1..=3 {
        let done = lambda.invoke("state.count", "\"Ada\"").unwrap();
        assert_eq!(done.text(), format!(r#"{{"greeting":"Moin, Ada!","events":{events}}}"#));
    }
    let lambda = Lambda::builder(Lambda::path_of_example("state")).env("GREETING", "").build();
    assert_eq!(lambda.invoke("state.count", "\"Ada\"").unwrap().error_type(), Some("Settings"));
}

/// The gallery has a line for each example and each project.
#[test]
fn the_gallery_has_each_example() {
    let root = env!("CARGO_MANIFEST_DIR");
    let gallery = fs::read_to_string(format!("{root}/examples/README.md")).unwrap();
    for (folder, link) in [
        ("examples", ""),
        ("examples/gallery", "gallery/"),
        ("aws/examples", "../aws/examples/"),
        ("durable/examples", "../durable/examples/"),
        ("docs/examples", "../docs/examples/"),
    ] {
        for file in fs::read_dir(format!("{root}/{folder}")).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(gallery.contains(&format!("]({link}{name})")) || name == "README.md", "{name}");
        }
    }
}

#[test]
fn each_example_does_what_it_says() {
    for (name, handler, document, told) in TABLE {
        let file = format!("{}/data/{document}.json", env!("CARGO_MANIFEST_DIR"));
        let done = Lambda::example(name).invoke(handler, fs::read(file).unwrap()).unwrap();
        assert_eq!(done.failure, None, "{name}: {:#?}", done.log);
        assert!(done.text().contains(told), "{name}: {}", done.text());
    }
}

#[test]
fn the_cloudformation_example_sends_its_response_to_the_url_of_the_event() {
    let document = include_str!("../data/cloudformation.json");
    let url = "https://cloudformation-custom-resource-response.example.com";
    assert!(document.contains(url));
    let broken = document.replace("\"2\"", "\"two\"");
    let other = document.replace("\"items\"", "[7]");
    for (event, http, status, told) in [
        (
            document,
            "200 OK",
            r#""Status":"SUCCESS""#,
            r#""Endpoint":"https://search.example.com/items""#,
        ),
        (&*broken, "200 OK", r#""Status":"FAILED""#, r#""Reason":"invalid digit"#),
        (&*other, "200 OK", r#""Status":"FAILED""#, ".ResourceProperties.Name: expected"),
        (document, "403 Forbidden", r#""Status":"SUCCESS""#, "index-items"),
    ] {
        let server = Server::start(vec![respond(http, &[], "")]).unwrap();
        let event = event.replace(url, &server.url());
        let ended = end(example("cloudformation").arg("cfn.index"), event.as_bytes());
        let [request] = &*server.requests() else { panic!("one request") };
        assert_eq!(request.line, "PUT /upload?signature=x");
        let content_type = request.headers.iter().find(|(name, _)| name == "content-type");
        assert_eq!(content_type.map_or("", |(_, value)| value), "");
        let body = String::from_utf8_lossy(&request.body);
        assert!(body.contains(status) && body.contains(told), "{body}");
        assert!(body.contains(r#""LogicalResourceId":"Index""#), "{body}");
        assert_eq!(ended.code(), i32::from(http != "200 OK"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("signature"), "{}", ended.stderr);
    }
}
