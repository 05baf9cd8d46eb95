//! Spans of OpenTelemetry: what a collector gets, and collectors that misbehave.

#[allow(dead_code, reason = "a part is used here")]
#[path = "../../tests/support/fake_api.rs"]
mod fake_api;
#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[allow(dead_code, reason = "a part is used here")]
#[path = "../../tests/support/program.rs"]
mod program;
#[path = "support/service.rs"]
mod service;

use fake_api::{FakeApi, Reply};
use local_support::tool;
use minilambda_local::script::{Step, respond};
use miniserde::Deserialize;
use miniserde::json::{self, Value};
use program::Ended;
use service::{Service, error, fine};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const XRAY: &str = "Root=1-5f84c7a1-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1;Lineage=1:a87bd80c:0";
const TRACE: &str = "5f84c7a10123456789abcdef01234567";

fn serve(
    endpoint: &str,
    handler: &str,
    events: impl IntoIterator<Item = Reply>,
    variables: &[(&str, &str)],
) -> (FakeApi, Ended) {
    let api = FakeApi::start(events, []);
    let mut program = program::example("aws-otel");
    program.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", handler);
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "shop-order"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
    ] {
        program.env(name, value);
    }
    let ended = program::end(program.envs(variables.iter().copied()), b"");
    (api, ended)
}

fn url(service: &Service) -> String {
    format!("http://{}", service.address)
}

fn collector() -> Service {
    Service::start(vec![respond("200 OK", &[], "{}")])
}

/// The body of each request.
fn bodies(service: &Service) -> Vec<String> {
    let requests = service.requests().into_iter();
    requests.map(|text| text.split_once("\n\n").unwrap().1.to_owned()).collect()
}

#[derive(Debug, Deserialize)]
struct Export {
    resource: BTreeMap<String, Value>,
    spans: Vec<Span>,
}

#[derive(Debug, Deserialize)]
struct Span {
    name: String,
    kind: String,
    trace: String,
    id: String,
    /// The name of one in the same request, or an id.
    parent: String,
    remote: bool,
    sampled: bool,
    failed: bool,
    attributes: BTreeMap<String, Value>,
}

impl Span {
    /// The attributes as one text.
    fn attributes(&self) -> String {
        let pairs = self.attributes.iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}", json::to_string(value)));
        pairs.collect::<Vec<_>>().join(" ")
    }
}

/// Reads requests by OpenTelemetry's schema; `None` if it is not installed.
fn read(bodies: &[String]) -> Option<Vec<Export>> {
    let python = tool("opentelemetry_proto")?.join("bin/python3");
    let mut python = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/otel.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    input.write_all(format!("{}\n", bodies.join("\n")).as_bytes()).unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let exports: Vec<Export> = text.lines().map(|line| json::from_str(line).unwrap()).collect();
    assert_eq!(exports.len(), bodies.len(), "the schema takes each");
    Some(exports)
}

fn find<'a>(export: &'a Export, name: &str) -> &'a Span {
    let found = export.spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("{name}: {export:#?}"))
}

#[test]
fn a_process_that_waits_for_its_first_event_has_no_cold_start() {
    for (kind, is_cold) in [("on-demand", true), ("lambda-managed-instances", false)] {
        let collector = collector();
        let wrong = ("OTEL_TRACES_SAMPLER", "secret");
        let variables = [("AWS_LAMBDA_INITIALIZATION_TYPE", kind), wrong];
        let (_, ended) = serve(&url(&collector), "end", [Reply::event("1", "\"\"")], &variables);
        let expected = format!(r#""faas.coldstart","value":{{"boolValue":{is_cold}}}"#);
        assert!(bodies(&collector).concat().contains(&expected), "{kind}");
        let warnings = ended.stderr.matches("OTEL_TRACES_SAMPLER is not used").count();
        assert!(warnings == 1 && !ended.stderr.contains("secret"), "{}", ended.stderr);
    }
}

#[test]
fn an_invocation_is_a_tree_of_spans_by_the_official_schema() {
    let collector = collector();
    let aws = Service::start(vec![
        respond("200 OK", &[("x-amzn-requestid", "r-1")], "{}"),
        error("400 Bad Request", "QueueDoesNotExist"),
    ]);
    let trace = ("Lambda-Runtime-Trace-Id", XRAY);
    let event = |id| Reply::event_with(id, &[trace], "\"secret\"");
    let variables = [
        ("AWS_ENDPOINT_URL", &*url(&aws)),
        ("OTEL_SERVICE_NAME", "orders"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20key"),
    ];
    let (api, ended) = serve(&url(&collector), "order", [event("id-1"), event("id-2")], &variables);
    let requests = collector.requests();
    assert_eq!(requests.len(), 2, "one for each invocation: {}", ended.stderr);
    for part in ["POST /v1/traces\n", "content-type: application/json\n", "api-key: a key\n"] {
        assert!(requests[0].contains(part), "{part}: {}", requests[0]);
    }
    assert!(!requests.concat().contains("secret"), "{requests:?}");
    let Some(exports) = read(&bodies(&collector)) else { return };
    for (name, value) in [
        ("service.name", "orders"),
        ("deployment.environment.name", "test"),
        ("cloud.provider", "aws"),
        ("cloud.platform", "aws_lambda"),
        ("cloud.region", "eu-central-1"),
        ("faas.name", "shop-order"),
        ("telemetry.sdk.language", "rust"),
    ] {
        assert_eq!(json::to_string(&exports[0].resource[name]), format!("\"{value}\""), "{name}");
    }
    let tree: Vec<_> =
        exports[0].spans.iter().map(|it| (&*it.name, &*it.kind, &*it.parent)).collect();
    assert_eq!(
        tree,
        [
            ("inner", "SPAN_KIND_INTERNAL", "outer"),
            ("in a thread", "SPAN_KIND_INTERNAL", "outer"),
            ("outer", "SPAN_KIND_INTERNAL", "shop-order"),
            ("SQS.SendMessage", "SPAN_KIND_CLIENT", "shop-order"),
            ("SQS.SendMessage", "SPAN_KIND_CLIENT", "shop-order"),
            ("shop-order", "SPAN_KIND_SERVER", "00f067aa0ba902b7"),
        ]
    );
    for span in &exports[0].spans {
        assert_eq!((&*span.trace, span.sampled), (TRACE, true), "{span:?}");
        let is_remote = ["shop-order", "in a thread"].contains(&&*span.name);
        assert_eq!(span.remote, is_remote, "{span:?}");
    }
    let root = find(&exports[0], "shop-order");
    assert_eq!(
        root.attributes(),
        "cloud.resource_id=\"arn:aws:lambda:eu-central-1:123456789012:function:hello\" faas.coldstart=true \
         faas.invocation_id=\"id-1\" shop.bool=true shop.infinite=\"-inf\" shop.integer=-7 \
         shop.number=\"1.5\" shop.text=\"a \\\"quote\\\"\""
    );
    assert!(find(&exports[1], "shop-order").attributes().contains("faas.coldstart=false"));
    let inner = find(&exports[0], "inner");
    assert_eq!(
        (inner.failed, &*inner.attributes()),
        (true, "error.type=\"minilambda::error::Error\"")
    );
    let calls: Vec<_> = exports[0].spans.iter().filter(|it| it.name.starts_with("SQS")).collect();
    let named = "cloud.region=\"eu-central-1\"";
    let rest = "rpc.method=\"SendMessage\" rpc.service=\"SQS\" rpc.system=\"aws-api\" \
        server.address=\"127.0.0.1\"";
    let fine = format!("aws.request_id=\"r-1\" {named} http.response.status_code=200 {rest}");
    assert_eq!((calls[0].attributes(), calls[0].failed), (fine, false));
    let failed =
        format!("{named} error.type=\"QueueDoesNotExist\" http.response.status_code=400 {rest}");
    assert_eq!((calls[1].attributes(), calls[1].failed), (failed, true));
    // The services and others get the trace.
    let sent = &aws.requests()[0];
    let id = &calls[0].id;
    assert!(sent.contains(&format!("traceparent: 00-{TRACE}-{id}-01\n")), "{sent}");
    let xray = format!("x-amzn-trace-id: {}\n", XRAY.replace("00f067aa0ba902b7", id));
    assert!(sent.contains(&xray), "{sent}");
    let outer = format!("\"00-{TRACE}-{}-01\"", find(&exports[0], "outer").id);
    assert_eq!(api.posts()[0].text(), outer);
}

#[test]
fn an_http_request_is_a_span_of_its_route_in_the_trace_of_its_client() {
    let collector = collector();
    let event = include_str!("../../data/function-url.json").replace("\"POST\"", "\"GET\"");
    let (from, to) = (event.find("\"rawPath\": \"").unwrap() + 12, "\"headers\": {");
    let path = event[from..].split('"').next().unwrap();
    let parent = "00-11111111111111111111111111111111-2222222222222222-01";
    let events = [("/orders/1", parent), ("/orders/5", "broken"), ("/none", parent)];
    let events = events.map(|(new, parent)| {
        let header = format!("{to} \"traceparent\": \"{parent}\",");
        let body =
            event.replace(&format!("\"{path}\""), &format!("\"{new}\"")).replacen(to, &header, 1);
        Reply::event("id-1", body)
    });
    let (_, ended) = serve(&url(&collector), "api", events, &[]);
    let Some(exports) = read(&bodies(&collector)) else { return };
    assert_eq!(exports.len(), 3, "{}", ended.stderr);
    let named = "GET /orders/{id}";
    let first = &exports[0].spans[0];
    assert_eq!((&*first.name, &*first.parent, first.failed), (named, "2222222222222222", false));
    for part in
        ["faas.trigger=\"http\"", "http.response.status_code=200", "http.route=\"/orders/{id}\""]
    {
        assert!(first.attributes().contains(part), "{part}: {first:?}");
    }
    let second = &exports[1].spans[0];
    assert_eq!((&*second.name, &*second.parent, second.failed), (named, "", true));
    assert!(second.attributes().contains("error.type=\"503\""), "{second:?}");
    let third = &exports[2].spans[0];
    assert_eq!((&*third.name, third.failed), ("GET", false));
}

#[test]
fn errors_and_panics_have_their_kind_and_no_message() {
    let collector = collector();
    let events = ["error", "panic", "fine"].map(|end| Reply::event(end, format!("\"{end}\"")));
    let (api, ended) = serve(&url(&collector), "end", events, &[]);
    assert_eq!(api.posts().len(), 3, "{}", ended.stderr);
    let bodies = bodies(&collector);
    assert!(!bodies.concat().contains("secret"), "{bodies:?}");
    let Some(exports) = read(&bodies) else { return };
    let failed = |at: usize| {
        let spans = exports[at].spans.iter();
        let failed = spans.filter(|span| span.failed);
        failed.map(|span| json::to_string(&span.attributes["error.type"])).collect::<Vec<_>>()
    };
    assert_eq!(failed(0), ["\"Sold\""]);
    assert_eq!(failed(1), ["\"panic\"", "\"Function.Panic\""]);
    assert!(failed(2).is_empty());
}

#[test]
fn a_collector_that_misbehaves_delays_no_response_and_little_after_it() {
    let hang = vec![Step::ReadAll, Step::Wait(Duration::from_secs(20))];
    let absent = Service::start(vec![vec![Step::Refuse, Step::Close]]);
    for (case, scripts, expected) in [
        ("hangs", vec![hang], "2 spans are sent later"),
        ("resets", vec![vec![Step::Reset]], "2 spans are sent later"),
        ("closes", vec![vec![Step::ReadAll, Step::Close]], "2 spans are sent later"),
        ("is busy", vec![error("503 Busy", "x")], "responded with status 503"),
        ("refuses", vec![error("400 Bad", "x")], "2 spans are lost"),
        ("sends no end", vec![vec![Step::SendForever(b"x".to_vec())]], "2 spans are sent later"),
        (
            "rejects",
            vec![respond("200 OK", &[], r#"{"partialSuccess":{"rejectedSpans":"2"}}"#)],
            "rejected 2 of 2 spans",
        ),
        ("is no collector", vec![respond("200 OK", &[], "hello")], ""),
        ("is not there", vec![], "2 spans are sent later"),
    ] {
        let is_absent = scripts.is_empty();
        let service = Service::start(if is_absent { vec![fine()] } else { scripts });
        let endpoint = if is_absent { "http://127.0.0.1:9".to_owned() } else { url(&service) };
        let events = (0..4).map(|id| Reply::event(&format!("id-{id}"), "1"));
        let begin = Instant::now();
        let (api, ended) =
            serve(&endpoint, "many", events, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "300")]);
        let time = begin.elapsed();
        assert_eq!(api.posts().len(), 4, "{case}: {}", ended.stderr);
        assert!(api.posts().iter().all(|post| post.path.ends_with("/response")), "{case}");
        assert!(ended.stderr.contains(expected), "{case}: {}", ended.stderr);
        assert!(time < Duration::from_secs(5), "{case}: {time:?}");
        let sends_again = case == "rejects" || case == "is no collector";
        let warnings = ended.stderr.matches(" spans ").count();
        assert!(sends_again || warnings == 1, "{case}: it is left alone then: {}", ended.stderr);
        if !is_absent && !sends_again {
            assert!(service.connections() <= 1, "{case}");
        }
    }
    drop(absent);
}

/// That is no failure of the collector, which is not left alone for it.
#[test]
fn an_invocation_without_time_leaves_its_spans_to_the_next_one() {
    let collector = collector();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().to_string();
    let late = [("Lambda-Runtime-Aws-Request-Id", "late"), ("Lambda-Runtime-Deadline-Ms", &*now)];
    let events = [Reply::new(200, &late, "1"), Reply::event("next", "1")];
    let (_, ended) = serve(&url(&collector), "many", events, &[]);
    let bodies = bodies(&collector);
    assert_eq!(bodies.len(), 1, "{}", ended.stderr);
    assert!(bodies[0].contains("\"late\"") && bodies[0].contains("\"next\""), "{bodies:?}");
}

#[test]
fn without_a_sampled_trace_or_when_it_is_off_nothing_is_sent() {
    for (variable, value) in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ] {
        let collector = collector();
        let aws = Service::start(vec![fine()]);
        let variables = [(variable, value), ("AWS_ENDPOINT_URL", &*url(&aws))];
        let (api, ended) =
            serve(&url(&collector), "order", [Reply::event("1", "\"a\"")], &variables);
        assert_eq!((api.posts().len(), collector.connections()), (1, 0), "{}", ended.stderr);
        // What is not recorded is still one trace.
        let is_off = variable != "OTEL_TRACES_SAMPLER";
        assert_eq!(api.posts()[0].text() == "\"\"", is_off, "{variable}");
        let sent = &aws.requests()[0];
        assert_eq!(sent.contains("-00\n") && sent.contains("Sampled=0"), !is_off, "{sent}");
    }
    // Without the middleware there is no trace, and requests are as they were.
    let (collector, aws) = (collector(), Service::start(vec![fine()]));
    let variables = [("AWS_ENDPOINT_URL", &*url(&aws))];
    serve(&url(&collector), "plain", [Reply::event("1", "\"a\"")], &variables);
    assert!(!aws.requests()[0].contains("traceparent"), "{:?}", aws.requests());
}

#[test]
fn what_a_durable_function_repeats_is_not_sent_again() {
    let collector = collector();
    serve(&url(&collector), "repeated", [Reply::event("1", "null")], &[]);
    let bodies = bodies(&collector);
    assert!(!bodies.concat().contains("again\""), "{bodies:?}");
    let Some(exports) = read(&bodies) else { return };
    let mut tree: Vec<_> =
        exports[0].spans.iter().map(|it| (&*it.name, &*it.parent, it.remote)).collect();
    tree.sort_unstable();
    // Each has its parent: those that will be repeated are sent if something below them was.
    assert_eq!(
        tree,
        [
            ("around", "outermost", false),
            ("branch", "map", true),
            ("map", "shop-order", false),
            ("new", "shop-order", false),
            ("outermost", "shop-order", false),
            ("shop-order", "", false),
            ("step", "around", false),
        ]
    );
}

#[test]
fn more_spans_than_are_kept_are_counted() {
    let collector = collector();
    let (_, ended) = serve(&url(&collector), "many", [Reply::event("1", "3000")], &[]);
    assert!(ended.stderr.contains("953 spans were dropped"), "{}", ended.stderr);
    let Some(exports) = read(&bodies(&collector)) else { return };
    assert_eq!(exports[0].spans.len(), 2048);
    let spans = exports[0].spans.iter();
    let lost = spans.filter(|it| it.name != "shop-order" && it.parent != "shop-order").count();
    assert_eq!(lost, 0, "a span that is sent has its parent");
}

#[test]
fn what_a_program_does_not_use_is_not_linked() {
    let has = |example: &str, text: &str| {
        let program = fs::read(program::path_of(example)).unwrap();
        String::from_utf8_lossy(&program).contains(text)
    };
    for (text, user) in [
        ("OTEL_SERVICE_NAME", "aws-otel"),
        ("CloudWatchMetrics", "aws-metrics"),
        ("SCHEDULE_BETWEEN_TIME_RANGE", "aws-calls"),
    ] {
        assert!(has(user, text), "{user} uses it: {text}");
        assert!(!has("aws-objects", text), "{text}");
    }
}
