//! Responses that are sent while they are written.

mod support;

use minilambda::{Context, Error, Handler};
use minilambda_http::{
    Api, BodyStream, Cors, Failure, Request, Response, get, http, http_stream, stream,
};
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use support::{ALL, FrontEnd, SIMPLE, Sent, received};

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
    stream("/begins-and-fails", begins_and_fails),
    stream("/begins-and-refuses", begins_and_refuses),
    stream("/begins-and-panics", begins_and_panics),
    stream("/begins-flushes-and-fails", begins_flushes_and_fails),
    stream("/begins-with-a-body-and-fails", begins_with_a_body_and_fails),
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

fn begins_and_fails(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.begin(Response::empty(200))?;
    Err(Error::new("Database", "a secret"))?
}

fn begins_and_refuses(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.begin(Response::empty(200))?;
    Err(Response::problem(409, "not now"))?
}

fn begins_and_panics(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.begin(Response::empty(200))?;
    panic!("a secret")
}

fn begins_flushes_and_fails(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.begin(Response::empty(200))?;
    out.flush()?;
    Err(Error::new("Database", "a secret"))?
}

fn begins_with_a_body_and_fails(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.begin(Response::text(200, "a secret"))?;
    Err(Error::new("Database", "a secret"))?
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
    stream_of(&STREAMED, method, target)
}

fn stream_of(handler: &Handler, method: &str, target: &str) -> (String, Vec<u8>) {
    let response = handler.call(event(method, target), &Context::default()).unwrap();
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
    for (path, status) in [
        ("/refused", 403),
        ("/fails", 500),
        ("/lines?count=x", 400),
        // Also after `begin`: nothing was sent yet.
        ("/begins-and-fails", 500),
        ("/begins-and-refuses", 409),
        ("/begins-and-panics", 500),
        ("/begins-flushes-and-fails", 500),
        ("/begins-with-a-body-and-fails", 500),
        ("/twice", 500),
    ] {
        let (prelude, body) = streamed("GET", path);
        assert!(prelude.starts_with(&format!(r#"{{"statusCode":{status},"#)), "{prelude}");
        let body = String::from_utf8_lossy(&body);
        assert!(body.starts_with('{') && !body.contains("secret"), "{body}");
        assert!(prelude.contains("access-control-allow-origin"), "{prelude}");
    }
}

/// Before, the client got the document of the failure, followed by the stream.
#[test]
fn a_panic_after_a_streamed_route_is_one_response() {
    static PANICS: Api = Api::new(&[
        stream("/lines", lines),
        stream("/stubborn", stubborn),
        stream("/plain", plain),
    ])
    .cors(&CORS)
    .after(|_, _| panic!("a secret"));
    static HANDLER: Handler = http_stream!(PANICS);
    fn stubborn(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
        let _ = out.begin(Response::empty(200));
        let _ = out.write(b"a secret");
        let _ = out.flush();
        Ok(())
    }
    for path in ["/lines", "/stubborn", "/plain", "/none"] {
        let (prelude, body) = stream_of(&HANDLER, "GET", path);
        assert!(prelude.starts_with(r#"{"statusCode":500,"#), "{path}: {prelude}");
        assert!(prelude.contains("access-control-allow-origin"), "{path}: {prelude}");
        let body = String::from_utf8(body).unwrap();
        assert!(body.starts_with('{') && body.ends_with('}'), "{path}: {body}");
        assert!(!body.contains("secret"), "{path}: {body}");
    }
}

#[test]
fn head_ends_a_stream_when_its_head_is_known() {
    static AFTER_HEAD: AtomicU32 = AtomicU32::new(0);
    static LONG: Api =
        Api::new(&[stream("/begins", begins), stream("/writes", writes)]).cors(&CORS);
    static STREAMED: Handler = http_stream!(LONG);
    static BUFFERED: Handler = http!(LONG);
    fn begins(request: &Request, out: &mut BodyStream) -> Result<(), Failure> {
        let count: u32 = request.query("count")?.unwrap_or(2);
        out.begin(
            Response::bytes(201, "text/csv", "first").with_header("x-count", count.to_string()),
        )?;
        AFTER_HEAD.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn writes(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
        out.write_all(b"a part")?;
        AFTER_HEAD.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    for (target, status, header) in [
        ("/begins", 201, r#""content-type":"text/csv""#),
        ("/begins", 201, r#""x-count":"2""#),
        ("/begins", 201, r#""access-control-allow-origin":"https://a.example""#),
        ("/begins?count=many", 400, "application/problem+json"),
        ("/writes", 200, "application/octet-stream"),
    ] {
        let (prelude, body) = stream_of(&STREAMED, "HEAD", target);
        assert!(prelude.starts_with(&format!(r#"{{"statusCode":{status},"#)), "{prelude}");
        assert!(prelude.contains(header), "{target}: {prelude}");
        assert_eq!(body, b"", "{target}");
        let response = BUFFERED.call(event("HEAD", target), &Context::default()).unwrap();
        let response = String::from_utf8(response).unwrap();
        assert!(response.contains(&format!(r#""statusCode":{status},"#)), "{response}");
        assert!(response.contains(r#""body":"""#), "{response}");
    }
    assert_eq!(AFTER_HEAD.load(Ordering::Relaxed), 0, "no body was made");
    assert_eq!(stream_of(&STREAMED, "GET", "/begins").1, b"first");
    assert_eq!(AFTER_HEAD.load(Ordering::Relaxed), 1);
}

#[test]
fn a_stream_whose_status_has_no_body_sends_none() {
    static EMPTY: Api = Api::new(&[stream("/{status}", empty)]);
    static HANDLER: Handler = http_stream!(EMPTY);
    fn empty(request: &Request, out: &mut BodyStream) -> Result<(), Failure> {
        let status = request.param("status")?;
        out.begin(Response::text(status, "first").with_header("etag", "7"))?;
        out.write_all(b"second")?;
        out.flush()?;
        Ok(())
    }
    for path in ["/204", "/205", "/304"] {
        let (prelude, body) = stream_of(&HANDLER, "GET", path);
        assert!(prelude.contains(r#""etag":"7""#), "{prelude}");
        assert!(!prelude.contains("content-type"), "{prelude}");
        assert_eq!(body, b"", "{path}");
        assert_eq!(EMPTY.call(Request::get(path)).body(), b"", "{path}");
    }
    assert_eq!(stream_of(&HANDLER, "GET", "/200").1, b"firstsecond");
    assert_eq!(stream_of(&HANDLER, "GET", "/100").0.find(r#""statusCode":500"#), Some(1));
}

#[test]
fn a_failure_after_the_first_byte_is_an_error() {
    for (path, kind, message) in [
        ("/breaks", "Database", "the connection was lost"),
        ("/late", "Function.StreamBegun", "status 404 is too late: the response has begun"),
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

/// They take the bytes of a stream for the response of a function.
#[test]
fn a_front_end_that_cannot_stream_gets_its_own_form() {
    for front_end in ALL {
        for path in ["/whole", "/lines", "/plain", "/nothing", "/refused", "/fails", "/breaks"] {
            let event = support::event(front_end, &Sent { path, ..SIMPLE });
            let buffered = BUFFERED.call(&*event, &Context::default()).unwrap();
            let streamed = STREAMED.call(&*event, &Context::default());
            if matches!(front_end, FrontEnd::FunctionUrl | FrontEnd::RestApi) {
                assert!(streamed.is_err() || streamed.unwrap() != buffered, "{front_end:?} {path}");
            } else {
                let expected = received(front_end, &buffered);
                assert_eq!(
                    received(front_end, &streamed.unwrap()),
                    expected,
                    "{front_end:?} {path}"
                );
            }
        }
    }
    // As cargo-lambda's emulator sends it, which streams.
    let event = event("GET", "/plain").replace("a.lambda-url.eu", "localhost");
    let streamed = STREAMED.call(event, &Context::default()).unwrap();
    assert!(streamed.ends_with(b"\0\0\0\0\0\0\0\0\x01\x02\x03"), "{streamed:?}");
}
