//! The program that the tests start: handlers that do what functions do to Lambda.

use minilambda::{Context, Error, Handler, Hooks, ResponseStream, handler};
use minilambda_http::{
    Api, BodyStream, Failure, Request, Response, get, http, http_stream, post, stream,
};
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, ExitCode};
use std::time::Duration;
use std::{env, thread};

mod batches;

use batches::{collector, reader, worker};

static API: Api = Api::new(&[
    get("/", page),
    get("/cookies", cookies),
    get("/picture", picture),
    get("/trace", trace),
    stream("/slow", slow),
    post("/echo", echo_body),
]);

static HANDLERS: &[(&str, Handler)] = &[
    ("echo", Handler::raw(echo)),
    ("order", handler!(order)),
    ("environment", handler!(environment)),
    ("context", handler!(context)),
    ("sleep", handler!(sleep)),
    ("exit", handler!(exit)),
    ("memory", handler!(memory)),
    ("fail", handler!(fail)),
    ("large", handler!(large)),
    ("count", handler!(count)),
    ("child", handler!(child)),
    ("stream", Handler::streaming(chunks)),
    ("broken-stream", Handler::streaming(broken_stream)),
    ("web", http!(API)),
    ("streamed-web", http_stream!(API)),
    ("print", handler!(print)),
    ("respond-twice", handler!(respond_twice)),
    ("as-told", Handler::raw(as_told)),
    ("streamed-as-told", Handler::streaming(streamed_as_told)),
    ("shop.context", handler!(context)),
    ("shop.caller", handler!(caller)),
    ("worker", handler!(worker)),
    ("reader", handler!(reader)),
    ("collector", handler!(collector)),
];

fn main() -> ExitCode {
    let hooks = Hooks::new().init(|| match env::var("INIT").as_deref() {
        Ok("error") => Err(Error::new("NoTable", "the table is not there")),
        Ok("exit") => std::process::exit(3),
        Ok("slow") => {
            thread::sleep(Duration::from_millis(300));
            Ok(())
        }
        _ => {
            log::info!("the init hook");
            Ok(())
        }
    });
    let hooks = match env::var("AFTER").as_deref() {
        Ok("exit") => hooks.after_response(|_| std::process::exit(7)),
        Ok("sleep") => hooks.after_response(|_| thread::sleep(Duration::from_secs(60))),
        _ => hooks,
    };
    minilambda::run_with(HANDLERS, &hooks)
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    log::info!("{} bytes", event.len());
    Ok(event)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

fn order(order: Order, _: &Context) -> Result<String, Error> {
    log::info!("order {}\nof two lines", order.id);
    Ok(format!("{} pieces", order.pieces))
}

fn environment(_: (), _: &Context) -> Result<BTreeMap<String, String>, Error> {
    Ok(env::vars().collect())
}

#[derive(Deserialize)]
struct Client {
    custom: String,
}

#[derive(Serialize)]
struct Seen {
    request_id: String,
    function: String,
    log_group: String,
    ms_left: u64,
    arn: String,
    client: Option<String>,
    tenant: Option<String>,
}

fn context(_: (), context: &Context) -> Result<Seen, Error> {
    let left = context.time_left().unwrap_or_default();
    Ok(Seen {
        request_id: context.request_id.clone(),
        function: context.function_name.clone(),
        log_group: env::var("AWS_LAMBDA_LOG_GROUP_NAME").unwrap_or_default(),
        ms_left: left.as_millis().try_into().unwrap_or(u64::MAX),
        arn: context.invoked_function_arn.clone(),
        client: context.client_context::<Client>().ok().flatten().map(|client| client.custom),
        tenant: context.tenant_id.clone(),
    })
}

/// Invokes another function, as an SDK does, and returns its response.
fn caller(function: String, _: &Context) -> Result<String, Error> {
    let url = env::var("AWS_ENDPOINT_URL_LAMBDA")
        .map_err(|_| Error::new("NoEndpoint", "there is no AWS_ENDPOINT_URL_LAMBDA"))?;
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    let path = format!("/2015-03-31/functions/{function}/invocations");
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnull"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

fn sleep(ms: u64, _: &Context) -> Result<u64, Error> {
    log::info!("asleep for {ms} ms");
    thread::sleep(Duration::from_millis(ms));
    Ok(ms)
}

fn exit(code: i32, _: &Context) -> Result<(), Error> {
    log::info!("exiting");
    if code == 6 {
        std::process::abort();
    }
    std::process::exit(code)
}

fn memory(megabytes: usize, _: &Context) -> Result<usize, Error> {
    let bytes = vec![1_u8; megabytes * 1024 * 1024];
    thread::sleep(Duration::from_millis(50));
    Ok(bytes.iter().step_by(4096).map(|byte| usize::from(*byte)).sum())
}

fn fail(kind: String, _: &Context) -> Result<(), Error> {
    assert!(kind != "panic", "a panic");
    Err(Error::new(kind, "as it was asked for"))
}

fn large(bytes: usize, _: &Context) -> Result<String, Error> {
    Ok("x".repeat(bytes))
}

/// Returns the number of events that this process has had.
fn count(_: (), _: &Context) -> Result<usize, Error> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    Ok(COUNT.fetch_add(1, Ordering::SeqCst) + 1)
}

/// Starts a program that would go on for a minute, and returns its id. It ignores SIGHUP, which the
/// kernel sends to stopped programs whose session has ended.
fn child(_: (), _: &Context) -> Result<u32, Error> {
    let id = Command::new("sh").args(["-c", "trap '' HUP; exec sleep 60"]).spawn()?.id();
    thread::sleep(Duration::from_millis(100)); // until it ignores the signal
    Ok(id)
}

fn chunks(event: Vec<u8>, _: &Context, response: &mut ResponseStream) -> Result<(), Error> {
    response.write_all(b"first ")?;
    response.flush()?;
    thread::sleep(Duration::from_millis(200));
    response.write_all(&event)?;
    Ok(())
}

fn broken_stream(_: Vec<u8>, _: &Context, response: &mut ResponseStream) -> Result<(), Error> {
    response.write_all(b"first ")?;
    response.flush()?;
    Err(Error::new("Broken", "in the middle"))
}

fn page(_: &Request) -> Result<Response, Failure> {
    Ok(Response::html(200, "<h1>Hello</h1><script>parent.document.title = 'stolen'</script>"))
}

fn cookies(request: &Request) -> Result<Response, Failure> {
    let seen = request.cookie("seen").unwrap_or("none").to_owned();
    Ok(Response::text(200, seen).with_cookie("a=1").with_cookie("b=2; Secure"))
}

/// The trace of the request, and that of the function's context.
fn trace(request: &Request) -> Result<Response, Failure> {
    let of_request = request.header("x-amzn-trace-id").unwrap_or_default();
    let of_context = env::var("_X_AMZN_TRACE_ID").unwrap_or_default();
    Ok(Response::text(200, format!("{of_request}|{of_context}")))
}

fn picture(_: &Request) -> Result<Response, Failure> {
    Ok(Response::bytes(200, "image/png", [0x89, b'P', b'N', b'G', 0, 0xff]))
}

fn slow(_: &Request, body: &mut BodyStream) -> Result<(), Failure> {
    body.begin(Response::text(200, "first ").with_cookie("a=1").with_cookie("b=2"))?;
    body.flush()?;
    thread::sleep(Duration::from_millis(200));
    body.write_all(b"second")?;
    Ok(())
}

/// Responds before the runtime does.
fn respond_twice(_: (), context: &Context) -> Result<String, Error> {
    let api = env::var("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    let mut stream = TcpStream::connect(&api)?;
    let path = format!("/2018-06-01/runtime/invocation/{}/response", context.request_id);
    for (text, status) in [("first", "202"), ("again", "403")] {
        let length = text.len() + 2;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n\"{text}\""
        )?;
        let mut response = [0; 1024];
        let count = stream.read(&mut response)?;
        let response = String::from_utf8_lossy(&response[..count]).into_owned();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    }
    Ok("second".to_owned())
}

/// Text that is written to the log in one line, many times.
#[derive(Deserialize)]
struct Print {
    text: String,
    times: usize,
    end: String,
}

fn print(print: Print, _: &Context) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    for number in 0..print.times {
        write!(out, "{number} {}{}", print.text, print.end)?;
    }
    writeln!(out, "the last line")?;
    Ok(())
}

/// The body of an HTTP request, which is a response as a function gives it.
#[derive(Deserialize)]
struct Told {
    body: String,
}

fn as_told(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let told: Told = minilambda::decode(&event)?;
    Ok(told.body.into_bytes())
}

/// The same as the head of a stream, with a body after it.
fn streamed_as_told(
    event: Vec<u8>,
    _: &Context,
    response: &mut ResponseStream,
) -> Result<(), Error> {
    let told: Told = minilambda::decode(&event)?;
    response.content_type("application/vnd.awslambda.http-integration-response")?;
    response.write_all(told.body.as_bytes())?;
    response.write_all(&[0; 8])?;
    response.write_all(b"a body")?;
    response.flush()?;
    response.write_all(b" in two pieces")?;
    Ok(())
}

fn echo_body(request: &Request) -> Result<Response, Failure> {
    let kind = request.header("content-type").unwrap_or("application/octet-stream");
    Ok(Response::bytes(200, kind, request.body()))
}
