//! Responses that are sent while they are written.

use minilambda::{Context, Error, Handler};
use minilambda_http::{
    Api, BodyStream, Cors, Failure, Request, Response, get, http, http_stream, stream,
};
use std::io::Write;

static CORS: Cors = Cors::new(&["https://a.example"]);
static API: Api = Api::new(&[
    get("/whole", whole),
    stream("/lines", lines),
    stream("/plain", plain),
    stream("/nothing", nothing),
    stream("/refused", refused),
    stream("/fails", fails),
    stream("/breaks", breaks),
    stream("/late", late),
    stream("/twice", twice),
])
.cors(&CORS);

static STREAMED: Handler = http_stream!(API);
static BUFFERED: Handler = http!(API);

fn whole(_: &Request) -> Result<Response, Failure> {
    Ok(Response::bytes(200, "image/png", [0x89, 0xff]).with_cookie("a=1").with_cookie("b=2"))
}

fn lines(request: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    let count: u32 = request.query("count")?.unwrap_or(2);
    out.begin(
        Response::text(201, "first\n").with_header("x-a", "1").with_added_header("x-a", "2"),
    )?;
    for line in 0..count {
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(())
}

fn plain(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.write_all(&[1, 2, 3])?;
    Ok(())
}

fn nothing(_: &Request, _: &mut BodyStream) -> Result<(), Failure> {
    Ok(())
}

fn refused(_: &Request, _: &mut BodyStream) -> Result<(), Failure> {
    Err(Response::problem(403, "not you"))?
}

fn fails(_: &Request, _: &mut BodyStream) -> Result<(), Failure> {
    Err(Error::new("Database", "a secret"))?
}

fn breaks(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.write_all(b"begun")?;
    Err(Error::new("Database", "the connection was lost"))?
}

fn late(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.write_all(b"begun")?;
    Err(Response::problem(404, "too late"))?
}

fn twice(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.begin(Response::empty(200))?;
    out.begin(Response::empty(200))?;
    Ok(())
}

fn event(method: &str, target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    format!(
        r#"{{"version":"2.0","rawPath":"{path}","rawQueryString":"{query}",
        "headers":{{"origin":"https://a.example"}},
        "requestContext":{{"http":{{"method":"{method}"}},"domainName":"a.lambda-url.eu"}}}}"#
    )
}

/// Returns the prelude and the body of a streamed response.
fn streamed(method: &str, target: &str) -> (String, Vec<u8>) {
    let response = STREAMED.call(event(method, target), &Context::default()).unwrap();
    let end = response.windows(8).position(|bytes| bytes == [0; 8]).unwrap();
    let prelude = String::from_utf8(response[..end].to_vec()).unwrap();
    (prelude, response[end + 8..].to_vec())
}

#[test]
fn a_stream_begins_with_its_status_and_headers() {
    let (prelude, body) = streamed("GET", "/lines");
    assert!(prelude.starts_with(r#"{"statusCode":201,"#), "{prelude}");
    for header in [
        r#""content-type":"text/plain; charset=utf-8""#,
        r#""x-a":"1, 2""#,
        r#""access-control-allow-origin":"https://a.example""#,
    ] {
        assert!(prelude.contains(header), "{prelude} lacks {header}");
    }
    assert_eq!(body, b"first\n0\n1\n");
    let (prelude, body) = streamed("GET", "/plain");
    assert!(prelude.contains("application/octet-stream"), "{prelude}");
    assert_eq!(body, [1, 2, 3]);
    assert_eq!(streamed("GET", "/nothing").1, b"");
}

#[test]
fn other_routes_of_the_table_are_sent_as_they_are() {
    let (prelude, body) = streamed("GET", "/whole");
    assert!(prelude.contains(r#""cookies":["a=1","b=2"]"#), "{prelude}");
    assert_eq!(body, [0x89, 0xff], "bytes need no base64 in a stream");
    assert!(streamed("GET", "/none").0.starts_with(r#"{"statusCode":404,"#));
    assert!(streamed("BAD METHOD", "/whole").0.starts_with(r#"{"statusCode":400,"#));
    assert_eq!(streamed("HEAD", "/lines").1, b"");
}

#[test]
fn a_failure_before_the_first_byte_is_an_ordinary_response() {
    for (path, status) in [("/refused", 403), ("/fails", 500), ("/lines?count=x", 400)] {
        let (prelude, body) = streamed("GET", path);
        assert!(prelude.starts_with(&format!(r#"{{"statusCode":{status},"#)), "{prelude}");
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}

#[test]
fn a_failure_after_the_first_byte_is_an_error() {
    for (path, kind, message) in [
        ("/breaks", "Database", "the connection was lost"),
        ("/late", "Function.StreamBegun", "status 404 is too late: the response has begun"),
        ("/twice", "Function.StreamBegun", "the response has begun already"),
    ] {
        let error = STREAMED.call(event("GET", path), &Context::default()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, message));
    }
}

#[test]
fn a_handler_that_does_not_stream_collects_the_response() {
    let response = BUFFERED.call(event("GET", "/lines"), &Context::default()).unwrap();
    let response = String::from_utf8(response).unwrap();
    assert!(response.contains(r#""statusCode":201"#), "{response}");
    assert!(response.contains(r#""body":"first\n0\n1\n""#), "{response}");
    assert!(response.contains("access-control-allow-origin"), "{response}");
    for (path, status) in [("/breaks", 500), ("/late", 404), ("/twice", 500), ("/nothing", 200)] {
        assert_eq!(API.call(Request::get(path)).status(), status, "{path}");
    }
}
