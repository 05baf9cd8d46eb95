//! The log of a request.

use log::{Level, LevelFilter, Log, Metadata, Record};
use minilambda::{Context, Error, Handler};
use minilambda_http::{
    Api, BodyStream, Failure, Request, RequestBuilder, Response, get, http_stream, stream,
};
use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

struct Records;

thread_local! {
    /// A request is served in the thread of its test.
    static RECORDS: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

impl Log for Records {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }
    fn log(&self, record: &Record) {
        let record = (record.level(), record.args().to_string());
        RECORDS.with_borrow_mut(|records| records.push(record));
    }
    fn flush(&self) {}
}

static API: Api = Api::new(&[
    get("/pets/{id}", read),
    get("/fails", fails),
    get("/panics", panics),
    get("/misspelt/{id}", |request| Ok(Response::text(200, request.param::<String>("idd")?))),
    get("/redirect", |_| Ok(Response::redirect(302, "/a\r\nb: a secret"))),
    get("/status", |_| Ok(Response::empty(199))),
    get("/name", |request| Ok(Response::empty(200).with_header(request.path().trim(), "1"))),
    stream("/stream", |_, out| Ok(out.write_all(b"begun")?)),
    stream("/breaks", breaks),
    stream("/breaks-early", breaks_early),
]);
static STREAMED: Handler = http_stream!(API);

fn breaks(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.write_all(b"begun")?;
    Err(Error::new("Database", "the table is gone"))?
}

fn breaks_early(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.begin(Response::empty(200))?;
    Err(Error::new("Database", "the table is gone"))?
}

fn read(_: &Request) -> Result<Response, Failure> {
    Ok(Response::empty(204).with_header("x-a", "split\r\nx-b: 1"))
}

fn fails(_: &Request) -> Result<Response, Failure> {
    Err(std::io::Error::other("the table is gone"))?
}

fn panics(_: &Request) -> Result<Response, Failure> {
    panic!("the table is gone")
}

/// The levels and messages of a request, with the duration as `TIME`.
fn logged(request: RequestBuilder) -> Vec<(Level, String)> {
    logged_by(|| drop(API.call(request)))
}

fn logged_by(function: impl FnOnce()) -> Vec<(Level, String)> {
    static SET: Once = Once::new();
    SET.call_once(|| {
        log::set_logger(&Records).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
    RECORDS.take();
    function();
    let records = RECORDS.take();
    records.into_iter().map(|(level, message)| (level, without_numbers(&message))).collect()
}

/// Without the duration, and without the place of an error, which is known if there is debug
/// information.
fn without_numbers(message: &str) -> String {
    let message = message.split(" (at ").next().unwrap();
    match message.rsplit_once(" in ") {
        Some((start, end)) if end.trim_end_matches(" ms").parse::<f64>().is_ok() => {
            format!("{start} in TIME")
        }
        _ => message.to_owned(),
    }
}

fn line(level: Level, message: &str) -> (Level, String) {
    (level, message.to_owned())
}

#[test]
fn each_request_is_one_line_and_a_failure_is_another() {
    assert_eq!(
        logged(Request::get("/pets/7?token=secret").header("user-agent", "curl")),
        [
            line(Level::Error, "the header x-a is left out: its value is invalid"),
            line(Level::Info, "GET /pets/{id} 204 in TIME"),
        ]
    );
    assert_eq!(logged(Request::get("/secret")), [line(Level::Info, "GET - 404 in TIME")]);
    let failed = logged(Request::get("/fails"));
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(
        failed[0].1.contains("GET /fails failed: ") && failed[0].1.contains("the table is gone")
    );
    assert_eq!(failed[1], line(Level::Info, "GET /fails 500 in TIME"));
    let panicked = logged(Request::get("/panics"));
    assert!(panicked[0].1.contains("the table is gone"), "{panicked:?}");
    assert_eq!(panicked.last(), Some(&line(Level::Info, "GET /panics 500 in TIME")));
    let invalid = logged(Request::get("/%ff"));
    assert_eq!(invalid, [line(Level::Info, "an invalid request: 400")]);
}

/// A client can send any `User-Agent`, and would hide its requests.
#[test]
fn only_a_load_balancer_has_health_checks() {
    let event = |context: &str, headers: &str| {
        let agent = r#""user-agent":"ELB-HealthChecker/2.0""#;
        format!(
            r#"{{"httpMethod":"GET","path":"/secret","headers":{{{agent}{headers}}},"requestContext":{context}}}"#
        )
    };
    let elb = r#"{"elb":{"targetGroupArn":"x"}}"#;
    let multi = event(elb, "").replace("headers", "multiValueHeaders");
    let multi = multi.replace(r#""ELB-HealthChecker/2.0""#, r#"["ELB-HealthChecker/2.0"]"#);
    for (event, level) in [
        (event(elb, ""), Level::Debug),
        (event(elb, r#","host":"a.example","accept-encoding":"gzip""#), Level::Debug),
        (multi, Level::Debug),
        (event(elb, r#","x-forwarded-for":"203.0.113.7""#), Level::Info),
        // A load balancer can be set not to add the client's address.
        (event(elb, r#","x-forwarded-proto":"https""#), Level::Info),
        (event(elb, r#","x-amzn-trace-id":"Root=1-1""#), Level::Info),
        (event(r#"{"identity":{"sourceIp":"203.0.113.7"}}"#, ""), Level::Info),
        (event(r#"{"serviceArn":"x"}"#, ""), Level::Info),
        (event("null", ""), Level::Info),
        (event(elb, "").replace("ELB-Health", "Health"), Level::Info),
    ] {
        let records = logged_by(|| drop(API.serve(event.clone().into(), &Context::default())));
        assert_eq!(records, [line(level, "GET - 404 in TIME")], "{event}");
    }
    let request = Request::get("/secret").header("user-agent", "ELB-HealthChecker/2.0");
    assert_eq!(logged(request), [line(Level::Info, "GET - 404 in TIME")]);
}

#[test]
fn a_stream_is_one_line_also_if_it_fails() {
    for (path, expected) in [
        ("/stream", &["GET /stream 200 in TIME"][..]),
        // The error itself is the runtime's to log, which gets it.
        ("/breaks", &["GET /breaks 200 in TIME"]),
        (
            "/breaks-early",
            &[
                "GET /breaks-early failed: Database: the table is gone",
                "GET /breaks-early 500 in TIME",
            ],
        ),
    ] {
        let event = format!(
            r#"{{"rawPath":"{path}","requestContext":{{"domainName":"a.lambda-url.eu",
            "http":{{"method":"GET"}}}}}}"#
        );
        let records = logged_by(|| drop(STREAMED.call(event, &Context::default())));
        // With RUST_BACKTRACE an error says its place too.
        let messages = records.iter().map(|(_, message)| message.split(" (at ").next().unwrap());
        assert_eq!(messages.collect::<Vec<_>>(), expected, "{path}");
    }
}

#[test]
fn an_error_of_the_program_is_in_the_log() {
    for (path, start, access) in [
        (
            "/misspelt/secret",
            "GET /misspelt/{id}: the route has no parameter idd",
            "GET /misspelt/{id} 500 in TIME",
        ),
        (
            "/redirect",
            "a redirect is not sent: its location is empty or invalid",
            "GET /redirect 500 in TIME",
        ),
        (
            "/status",
            "199 is not the status of an HTTP response; 500 is sent instead",
            "GET /status 500 in TIME",
        ),
        ("/name", "a header is left out: its name is invalid (", "GET /name 200 in TIME"),
    ] {
        let records = logged(Request::get(path));
        assert_eq!(records.len(), 2, "{records:?}");
        assert!(records[0].0 == Level::Error && records[0].1.starts_with(start), "{records:?}");
        assert!(!records[0].1.contains("secret"), "{records:?}");
        assert_eq!(records[1], line(Level::Info, access));
    }
}
