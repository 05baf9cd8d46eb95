//! Functions around a handler.

mod support;

use minilambda::{Context, Error, Handler, Middleware, Next, ResponseStream, decode, handler};
use std::cell::RefCell;
use std::io::Write;
use support::fake_api::{FakeApi, Reply};
use support::program::serve;

thread_local! {
    /// What was called, in order.
    static CALLED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn note(what: &'static str) {
    CALLED.with_borrow_mut(|called| called.push(what));
}

fn outer(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    note("outer begins");
    let result = next.run(event, context);
    note("outer ends");
    result
}

fn inner(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    note("inner begins");
    let result = next.run(event, context);
    note("inner ends");
    result
}

fn refuse(_: Vec<u8>, _: &Context, _: Next) -> Result<Vec<u8>, Error> {
    note("refused");
    Err(Error::new("Forbidden", "no"))
}

/// Responds without the handler.
fn respond(_: Vec<u8>, _: &Context, _: Next) -> Result<Vec<u8>, Error> {
    Ok(b"\"kept\"".to_vec())
}

/// Hands on another event and another context, and changes the response.
fn change(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    let text: String = decode(&event)?;
    let mut context = context.clone();
    context.request_id.push_str("-changed");
    let response = next.run(format!("\"{text}{text}\"").into_bytes(), &context)?;
    Ok([b"[", &*response, b"]"].concat())
}

/// Turns a panic into a response.
fn forgive(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    next.run(event, context).or_else(|error| Ok(format!("\"{}\"", error.kind()).into_bytes()))
}

fn panics(_: Vec<u8>, _: &Context, _: Next) -> Result<Vec<u8>, Error> {
    panic!("a middleware")
}

fn typed(text: String, context: &Context) -> Result<String, Error> {
    note("typed");
    assert!(text != "panic", "a handler");
    Ok(format!("{text} for {}", context.request_id))
}

fn raw(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    note("raw");
    Ok(event)
}

fn stream(event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    note("stream");
    let text: String = decode(&event)?;
    out.content_type("text/plain")?;
    write!(out, "{text}")?;
    if text == "late" {
        out.flush()?;
    }
    if text == "late" || text == "early" {
        return Err(Error::new("Broken", "as asked"));
    }
    Ok(())
}

fn call(handler: Handler, event: &str) -> (Result<String, String>, Vec<&'static str>) {
    CALLED.take();
    let mut context = Context::default();
    context.request_id.push_str("id");
    let result = handler.call(event, &context);
    let text = result.map(|bytes| String::from_utf8(bytes).unwrap());
    (text.map_err(|error| error.kind().to_owned()), CALLED.take())
}

const BOTH: &[Middleware] = &[outer, inner];

/// The table is data.
static HANDLERS: &[(&str, Handler)] = &[
    ("typed", handler!(typed).around(BOTH)),
    ("raw", Handler::raw(raw).around(&[outer, inner])),
    ("stream", Handler::streaming(stream).around(BOTH)),
];

#[test]
fn they_are_called_in_order_around_every_kind_of_handler() {
    for (name, handler) in HANDLERS {
        let (result, called) = call(*handler, "\"x\"");
        let expected = ["outer begins", "inner begins", name, "inner ends", "outer ends"];
        assert_eq!(called, expected, "{name}");
        let texts = ["\"x for id\"", "\"x\"", "x"];
        assert!(texts.contains(&&*result.unwrap()), "{name}");
    }
}

#[test]
fn one_that_does_not_call_the_next_keeps_the_handler_from_running() {
    for handler in [handler!(typed), Handler::raw(raw), Handler::streaming(stream)] {
        let (result, called) = call(handler.around(&[outer, refuse, inner]), "\"x\"");
        assert_eq!(result.unwrap_err(), "Forbidden");
        assert_eq!(called, ["outer begins", "refused", "outer ends"]);
        let (result, called) = call(handler.around(&[respond, inner]), "\"x\"");
        assert_eq!((result.unwrap(), called.len()), ("\"kept\"".to_owned(), 0));
    }
}

#[test]
fn event_context_and_response_can_be_others() {
    let (result, _) = call(handler!(typed).around(&[change, change]), "\"x\"");
    assert_eq!(result.unwrap(), "[[\"xxxx for id-changed-changed\"]]");
    let (result, called) = call(handler!(typed).around(&[change]), "7");
    assert_eq!((result.unwrap_err(), called.len()), ("Function.InvalidEvent".to_owned(), 0));
}

#[test]
fn a_panic_is_an_error_that_the_outer_ones_see() {
    let (result, called) = call(handler!(typed).around(BOTH), "\"panic\"");
    assert_eq!(result.unwrap_err(), "Function.Panic");
    assert_eq!(called, ["outer begins", "inner begins", "typed", "inner ends", "outer ends"]);
    let (result, called) = call(handler!(typed).around(&[outer, panics]), "\"x\"");
    assert_eq!((result.unwrap_err(), called.len()), ("Function.Panic".to_owned(), 2));
    let (result, _) = call(handler!(typed).around(&[forgive, panics]), "\"x\"");
    assert_eq!(result.unwrap(), "\"Function.Panic\"");
}

#[test]
fn bytes_are_written_to_a_stream_after_the_response_or_in_its_place() {
    let handler = Handler::streaming(stream).around(&[forgive]);
    assert_eq!(call(handler, "\"fine\"").0.unwrap(), "fine");
    assert_eq!(call(handler, "\"early\"").0.unwrap(), "\"Broken\"", "nothing was sent before");
    assert_eq!(call(handler, "\"late\"").0.unwrap(), "late\"Broken\"");
    let handler = Handler::streaming(stream).around(&[outer]);
    assert_eq!(call(handler, "\"early\"").0.unwrap_err(), "Broken");
}

#[test]
fn a_stream_that_is_sent_keeps_its_errors() {
    for (event, content_type, body, is_error) in [
        ("\"type\"", "text/plain; charset=utf-8", "première second, and after", false),
        ("\"early-error\"", "application/octet-stream", "instead", false),
        ("\"error\"", "application/octet-stream", "première", true),
    ] {
        let api = FakeApi::start([Reply::event("1", event)], []);
        let ended = serve(&api, "stream-around");
        let post = &api.posts()[0];
        assert!(post.path.ends_with("/1/response"), "{event}: {}", post.path);
        assert_eq!(post.text(), body, "{event}");
        assert_eq!(post.header("content-type"), Some(content_type), "{event}");
        let error = post.header("lambda-runtime-function-error-type");
        assert_eq!(error.is_some(), is_error, "{event}");
        assert!(ended.stderr.contains("INFO 1 bootstrap_for_tests: around: "), "{}", ended.stderr);
    }
    let api = FakeApi::start([Reply::event("1", "\"early-panic\"")], []);
    serve(&api, "stream-around");
    assert!(api.posts()[0].path.ends_with("/1/error"));
}

/// Otherwise the functions of the first list, such as one that authorises, would not be called.
#[test]
#[should_panic = "use one list"]
fn a_second_list_does_not_take_the_place_of_the_first() {
    let _ = handler!(typed).around(&[outer]).around(&[inner]);
}
