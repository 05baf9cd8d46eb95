//! Handlers of all three kinds tested without JSON documents: events are built, handlers are
//! called, and results are compared.

use minilambda::{Context, Error, Handler, ResponseStream, handler};
use minilambda_events::apigateway::rest;
use minilambda_events::dynamodb::AttributeValue;
use minilambda_events::{alb, apigateway, batch, dynamodb, kinesis, s3, sns, sqs};
use std::io::Write;

// ---- typed handlers are functions

fn pet(request: rest::Request, context: &Context) -> Result<rest::Response, Error> {
    let Some(id) = request.path_parameter("id") else { return Ok(rest::Response::empty(404)) };
    let limit = request.query("limit").unwrap_or("10");
    Ok(rest::Response::text(200, format!("{id} {limit} {}", context.request_id)))
}

#[test]
fn a_typed_handler_is_called_with_a_request() {
    let mut context = Context::default();
    context.request_id = "id-1".to_owned();
    let request = rest::Request::get("/pets/7?limit=2%20").with_path_parameter("id", "7");
    assert_eq!(pet(request, &context).unwrap(), rest::Response::text(200, "7 2  id-1"));
    assert_eq!(pet(rest::Request::get("/pets"), &context).unwrap(), rest::Response::empty(404));
}

#[test]
fn requests_of_all_front_ends_have_the_same_lookups() {
    let cookie = "a=1; session=x";
    let rest = rest::Request::get("/p?q=a%20b").with_header("Cookie", cookie);
    let http = apigateway::http::Request::get("/p?q=a%20b").with_header("Cookie", cookie);
    let alb = alb::Request::get("/p?q=a%20b").with_header("Cookie", cookie);
    for (header, query, session) in [
        (rest.header("cookie"), rest.query("q"), rest.cookie("session")),
        (http.header("cookie"), http.query("q"), http.cookie("session")),
        (alb.header("cookie"), alb.query_decoded("q").unwrap().as_deref(), alb.cookie("session")),
    ] {
        assert_eq!((header, query, session), (Some(cookie), Some("a b"), Some("x")));
    }
    let order: u32 = rest::Request::post("/orders", "7").body_json().unwrap();
    assert_eq!(order, 7);
    let request = apigateway::http::Request::post("/orders", "").with_json(&vec![7_u32]);
    assert_eq!(request.body_json::<Vec<u32>>().unwrap(), [7]);
    assert_eq!(request.header("Content-Type"), Some("application/json"));
    let error = rest::Request::post("/orders", "\"7\"").body_json::<u32>().unwrap_err();
    assert!(
        error.message().contains("the body: the JSON does not match its type: expected an integer")
    );
}

// ---- batches

fn ship(message: &sqs::Message) -> Result<(), Error> {
    match &*message.body {
        "error" => Err(Error::new("OutOfStock", "no pots")),
        "panic" => std::panic::panic_any("no table"),
        _ => Ok(()),
    }
}

fn ids(ids: &[&str]) -> batch::Response {
    ids.iter().copied().collect()
}

#[test]
fn a_batch_reports_the_messages_that_fail_or_panic() {
    let bodies = [("a", ""), ("b", "error"), ("c", "panic"), ("d", "")];
    let event: sqs::Event =
        bodies.into_iter().map(|(id, body)| sqs::Message::new(id, body)).collect();
    assert_eq!(event.each(ship), ids(&["b", "c"]));
}

#[test]
fn a_fifo_queue_keeps_the_order_of_a_group() {
    let message = |id: &str, group: &str, body: &str| {
        let mut message = sqs::Message::new(id, body);
        message.attributes.message_group_id = Some(group.to_owned());
        message.attributes.sequence_number = Some("1".to_owned());
        message
    };
    let event: sqs::Event = [
        message("a", "x", ""),
        message("b", "x", "error"),
        message("c", "y", ""),
        message("d", "x", ""),
        message("e", "y", "panic"),
        message("f", "y", ""),
    ]
    .into_iter()
    .collect();
    let mut tried = Vec::new();
    let response = event.each(|message| {
        tried.push(message.message_id.clone());
        ship(message)
    });
    assert_eq!(response, ids(&["b", "d", "e", "f"]));
    assert_eq!(tried, ["a", "b", "c", "e"]);
}

#[test]
fn a_stream_ends_at_the_first_record_that_fails() {
    let fails_at = |number: &'static str| {
        move |record: &kinesis::Record| {
            if record.kinesis.sequence_number == number { Err("no".into()) } else { Ok(()) }
        }
    };
    let event: kinesis::Event =
        ["1", "2", "3"].into_iter().map(|number| kinesis::Record::new(number, "{}")).collect();
    assert_eq!(event.each(fails_at("2")), ids(&["2"]));
    assert_eq!(event.each(fails_at("4")), batch::Response::none_failed());
    let item = |number, name: &str| {
        let name = AttributeValue::S(name.to_owned());
        dynamodb::Record::new("INSERT", number).with_new_value("name", name)
    };
    let event: dynamodb::Event = [item("1", "cup"), item("2", "pot")].into_iter().collect();
    let response = event.each(|record| {
        let name = record.new_value("name").and_then(AttributeValue::as_s);
        if name == Some("cup") { Ok(()) } else { Err("no pots".into()) }
    });
    assert_eq!(response, ids(&["2"]));
}

#[test]
fn notifications_are_built_too() {
    let event: s3::Event =
        [s3::Record::new("ObjectCreated:Put", "photos", "a b/\u{e9}+.jpg")].into_iter().collect();
    assert_eq!(event.records[0].s3.object.decoded_key().unwrap(), "a b/\u{e9}+.jpg");
    let event: sns::Event = [sns::Record::new("m-1", "7")].into_iter().collect();
    assert_eq!(event.records[0].sns.message_json::<u32>().unwrap(), 7);
}

// ---- raw and streaming handlers, and all three through the table

fn reverse(mut event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    event.reverse();
    Ok(event)
}

fn count(event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    for number in 0..event.len() {
        write!(out, "{number} ")?;
        out.flush()?;
    }
    if event.is_empty() { Err(Error::new("Empty", "nothing to count")) } else { Ok(()) }
}

fn length(text: String, _: &Context) -> Result<usize, Error> {
    Ok(text.len())
}

#[test]
fn each_kind_is_called_through_its_handler() {
    static HANDLERS: &[(&str, Handler)] = minilambda::unique_names(&[
        ("reverse", Handler::raw(reverse)),
        ("count", Handler::streaming(count)),
        ("length", handler!(length)),
    ]);
    let call = |name: &str, event: &str| {
        let (_, handler) = HANDLERS.iter().find(|(known, _)| *known == name).unwrap();
        handler.call(event, &Context::default())
    };
    assert_eq!(call("reverse", "abc").unwrap(), b"cba");
    assert_eq!(call("count", "abc").unwrap(), b"0 1 2 ");
    assert_eq!(call("length", "\"abc\"").unwrap(), b"3");
    assert_eq!(call("count", "").unwrap_err().kind(), "Empty");
    assert_eq!(call("length", "7").unwrap_err().kind(), "Function.InvalidEvent");
}

#[test]
fn a_streaming_function_writes_to_any_writer() {
    let mut written = Vec::new();
    let mut stream = ResponseStream::to_writer(&mut written);
    count(b"ab".to_vec(), &Context::default(), &mut stream).unwrap();
    assert_eq!(written, b"0 1 ");
}
