//! The log of a request.

use log::{Level, LevelFilter, Log, Metadata, Record};
use minilambda_http::{Api, Failure, Request, Response, get};
use std::sync::Mutex;

struct Records(Mutex<Vec<(Level, String)>>);

static RECORDS: Records = Records(Mutex::new(Vec::new()));

impl Log for Records {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }
    fn log(&self, record: &Record) {
        self.0.lock().unwrap().push((record.level(), record.args().to_string()));
    }
    fn flush(&self) {}
}

static API: Api =
    Api::new(&[get("/pets/{id}", read), get("/fails", fails), get("/panics", panics)]);

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
fn logged(request: minilambda_http::RequestBuilder) -> Vec<(Level, String)> {
    RECORDS.0.lock().unwrap().clear();
    let _ = API.call(request);
    let records = RECORDS.0.lock().unwrap().clone();
    let without_time = |message: String| match message.rsplit_once(" in ") {
        Some((start, end)) if end.trim_end_matches(" ms").parse::<f64>().is_ok() => {
            format!("{start} in TIME")
        }
        _ => message,
    };
    records.into_iter().map(|(level, message)| (level, without_time(message))).collect()
}

#[test]
fn each_request_is_one_line_and_a_failure_is_another() {
    log::set_logger(&RECORDS).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let line = |level, message: &str| (level, message.to_owned());
    assert_eq!(
        logged(Request::get("/pets/7?token=secret").header("user-agent", "curl")),
        [
            line(Level::Error, "the header x-a is left out: its value is invalid"),
            line(Level::Info, "GET /pets/{id} 204 in TIME"),
        ]
    );
    assert_eq!(logged(Request::get("/secret")), [line(Level::Info, "GET - 404 in TIME")]);
    assert_eq!(
        logged(Request::get("/secret").header("user-agent", "ELB-HealthChecker/2.0")),
        [line(Level::Debug, "GET - 404 in TIME")]
    );
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
