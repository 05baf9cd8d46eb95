//! The function of the tests of OpenTelemetry.

use minilambda::{Context, Error, Handler, Hooks, Middleware, handler};
use minilambda_aws::{SQS, object, otel};
use minilambda_http::{Api, Failure, Request, Response, get, http};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

const AROUND: &[Middleware] = &[otel::invocation];

static HANDLERS: &[(&str, Handler)] = &[
    ("order", handler!(order).around(AROUND)),
    ("end", handler!(end).around(AROUND)),
    ("api", http!(API).around(AROUND)),
    ("repeated", handler!(repeated).around(AROUND)),
    ("many", handler!(many).around(AROUND)),
    ("plain", handler!(order)),
];

static HOOKS: Hooks = Hooks::new().after_response(|_| otel::flush());

static API: Api = Api::new(&[get("/orders/{id}", read)]).after(traced);

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &HOOKS)
}

/// Returns the header for another service.
fn order(secret: String, _: &Context) -> Result<String, Error> {
    otel::attribute("shop.text", "a \"quote\"");
    otel::attribute("shop.integer", -7_i64);
    otel::attribute("shop.number", 1.5);
    otel::attribute("shop.infinite", f64::NEG_INFINITY);
    otel::attribute("shop.bool", true);
    let header = otel::span("outer", || {
        let _: Result<(), Error> =
            otel::try_span("inner", || Err(Error::new("Sold", secret.clone())));
        let here = otel::traceparent().unwrap_or_default();
        thread::scope(|scope| {
            scope.spawn(|| otel::child_of(&here, || otel::span("in a thread", || ())));
        });
        here
    });
    let url = format!("https://sqs.eu-central-1.amazonaws.com/1/{secret}");
    for _ in 0..2 {
        let input = object! { "QueueUrl": &*url, "MessageBody": &*secret };
        if let Err(error) = SQS.client().call::<_, minilambda_aws::Empty>("SendMessage", &input) {
            log::info!("{}", error.code());
        }
    }
    Ok(header)
}

fn end(end: String, _: &Context) -> Result<(), Error> {
    match &*end {
        "error" => Err(Error::new("Sold", "secret")),
        "panic" => otel::span("panics", || panic!("secret")),
        _ => Ok(()),
    }
}

fn traced(request: &Request, response: Response) -> Response {
    otel::http_response(request.method().as_str(), request.route(), response.status());
    response
}

fn read(request: &Request) -> Result<Response, Failure> {
    match request.param::<u32>("id")? {
        5 => Ok(Response::problem(503, "closed")),
        _ => Ok(Response::text(200, "an order")),
    }
}

/// What a durable function repeats is not sent again.
fn repeated(_: (), _: &Context) -> Result<(), Error> {
    let before = minilambda::__private::silence(true);
    otel::span("again", || ());
    otel::span("around again", || otel::span("step again", || ()));
    minilambda::__private::silence(before);
    otel::span("new", || ());
    // A wait in it ends the invocation, so it will be repeated. But a step below it is new.
    let waits = |below: &dyn Fn()| {
        below();
        minilambda::__private::silence(true);
    };
    otel::span("outermost", || {
        otel::span("around", || waits(&|| otel::span("step", || ())));
    });
    minilambda::__private::silence(before);
    otel::span("map", || {
        waits(&|| {
            let here = otel::traceparent().unwrap_or_default();
            thread::scope(|scope| {
                scope.spawn(|| otel::child_of(&here, || otel::span("branch", || ())));
            });
        });
    });
    minilambda::__private::silence(before);
    Ok(())
}

fn many(count: u32, _: &Context) -> Result<(), Error> {
    for at in 0..count {
        otel::span(&format!("span {at}"), || ());
    }
    thread::sleep(Duration::from_millis(10));
    Ok(())
}
