//! The Runtime API of one program.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use crate::error::Error;
use crate::extension_api;
use crate::guardian::Guardian;
use crate::instance::{Event, Instance, Message};
use crate::json;
use crate::listener::{self, Limits, MAX_CONNECTIONS, PIECE_LIMIT, Timed};
use crate::port;
use crate::script::{self, Connection, Host};
use crate::settings::{MAX_RESPONSE_BYTES, MAX_STREAMED_BYTES, Settings};
use crate::target;
use crate::wire::{self, Framing};
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const INVOCATION: &str = "/2018-06-01/runtime/invocation/";

/// The reader of a connection.
type Reader<'a> = BufReader<Timed<'a>>;

/// Starts a program with a Runtime API that only it knows, and serves it until it ends. It is
/// reserved for one event.
pub(crate) fn start_program(
    handler: &str,
    settings: &Arc<Settings>,
    guardian: &Arc<Guardian>,
    tenant: Option<String>,
) -> Result<Arc<Instance>, Error> {
    let (listener, address) = port::listen(0)?;
    let instance = Instance::start(handler, settings, guardian, address, tenant)?;
    if let Err(error) = accept(listener, &instance) {
        instance.stop();
        return Err(error);
    }
    Ok(instance)
}

/// Serves a program that the user starts, on a port.
pub(crate) fn serve_by_hand(
    handler: &str,
    settings: &Arc<Settings>,
    port: u16,
) -> Result<(Arc<Instance>, SocketAddr), Error> {
    let (listener, address) = port::listen(port)?;
    let instance = Instance::by_hand(handler, settings);
    accept(listener, &instance)?;
    Ok((instance, address))
}

fn accept(listener: TcpListener, instance: &Arc<Instance>) -> Result<(), Error> {
    let (of_end, of_connections) = (Arc::clone(instance), Arc::clone(instance));
    // A connection for each worker.
    let most = MAX_CONNECTIONS + instance.settings.workers.unwrap_or(1);
    let is_over = move || of_end.is_over();
    // A connection that fails is the program's to notice.
    let serve = move |stream: &TcpStream| drop(serve(stream, &of_connections));
    listener::accept(listener, most, is_over, serve).map_err(Error::no_thread)
}

fn serve(stream: &TcpStream, instance: &Arc<Instance>) -> io::Result<()> {
    // The events that were handed out here.
    let mut events = Vec::new();
    let served = serve_requests(stream, instance, &mut events);
    instance.lose(&events);
    served
}

fn serve_requests(
    stream: &TcpStream,
    instance: &Arc<Instance>,
    events: &mut Vec<Arc<Event>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let address = stream.local_addr()?.to_string();
    // A handler may take its whole time before it sends its response, or the next piece of it.
    // Between two requests the program may be frozen.
    let piece = PIECE_LIMIT.max(instance.timeout().saturating_add(Duration::from_secs(1)));
    let mut reader = Timed::reader(stream, Limits { idle: None, piece });
    let mut line = String::new();
    loop {
        let mut request = Request::default();
        let framing =
            wire::read_head(&mut reader, &mut line, |name, value| request.set(name, value))?;
        let Some(framing) = framing else { return Ok(()) };
        let (method, target) = line.split_once(' ').unwrap_or_default();
        let Some(path) = request.path_for(target, &address) else {
            return refuse(stream, &mut reader, instance, &address);
        };
        Timed::expect_body(&mut reader);
        if framing.expects_continue {
            (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let after = match (method, path.strip_prefix(INVOCATION)) {
            ("GET", Some("next")) => next(stream, instance, events)?,
            ("POST", Some(rest)) => {
                let (id, kind) = rest.split_once('/').unwrap_or((rest, ""));
                post(stream, &mut reader, framing, instance, id, kind, &request)?
            }
            _ => {
                let of = (&**instance, stream);
                let response = other(&mut reader, framing, of, method, &path, &request)?;
                send(stream, &response)?
            }
        };
        if after == After::Closed || framing.closes {
            return Ok(());
        }
        Timed::expect_head(&mut reader);
    }
}

/// A page in a browser can also send requests to this port: it would get the event, or respond in
/// the program's place.
fn refuse(
    stream: &TcpStream,
    reader: &mut Reader,
    instance: &Instance,
    address: &str,
) -> io::Result<()> {
    instance.note_refusal(address);
    let message = format!(
        "this is the Runtime API of one program: the Host has to be {address}, and no browser may ask"
    );
    let document = json::error_document("AccessDenied", &message);
    let headers = [("Content-Type", "application/json"), ("Connection", "close")];
    send(stream, &wire::response("403 Forbidden", &headers, &document))?;
    Timed::drain(reader)
}

/// Whether the connection is used again.
#[derive(PartialEq)]
enum After {
    Open,
    Closed,
}

/// The headers that matter.
#[derive(Default)]
struct Request {
    content_type: String,
    is_streaming: bool,
    hosts: Vec<String>,
    authorization: String,
    /// Browsers send `Origin` or, with all requests, `Sec-Fetch-Site`. Runtimes send neither.
    is_of_browser: bool,
    of_extension: extension_api::Headers,
}

impl Request {
    fn set(&mut self, name: &str, value: &str) {
        match name {
            "content-type" => value.clone_into(&mut self.content_type),
            "lambda-runtime-function-response-mode" => {
                self.is_streaming = value.eq_ignore_ascii_case("streaming");
            }
            "authorization" => value.clone_into(&mut self.authorization),
            "host" => self.hosts.push(value.to_owned()),
            "origin" | "sec-fetch-site" => self.is_of_browser = true,
            _ => self.of_extension.set(name, value),
        }
    }

    /// The path without its query, if the request is for the address that the program was given.
    fn path_for(&self, target: &str, address: &str) -> Option<String> {
        let (authority, mut path) = target::split(target)?;
        let is_meant = authority.is_none_or(|authority| authority == address);
        let is_permitted = is_meant && self.hosts == [address] && !self.is_of_browser;
        path.truncate(path.find('?').unwrap_or(path.len()));
        is_permitted.then_some(path)
    }
}

fn next(
    stream: &TcpStream,
    instance: &Arc<Instance>,
    events: &mut Vec<Arc<Event>>,
) -> io::Result<After> {
    instance.finish(events);
    instance.freeze_if_idle();
    let Some(event) = instance.take(&|| is_closed(stream)) else { return Ok(After::Closed) };
    if is_closed(stream) {
        instance.give_back(event);
        return Ok(After::Closed);
    }
    let deadline = instance.deadline_ms().to_string();
    let arn = instance.settings.arn(&instance.handler);
    let mut headers = vec![
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", &*event.id),
        ("Lambda-Runtime-Deadline-Ms", &deadline),
        ("Lambda-Runtime-Invoked-Function-Arn", &arn),
    ];
    headers.extend(event.headers.iter().map(|(name, value)| (*name, &**value)));
    let response = wire::response("200 OK", &headers, &event.body);
    let Some(fault) = event.due_fault(false) else {
        events.push(event);
        return send(stream, &response);
    };
    let fault = fault.clone();
    if fault.passes() {
        events.push(event);
    } else {
        instance.give_back(event);
    }
    follow(stream, &fault.script(&response), instance)
}

/// Whether the other side has closed the connection on which it waits for an event.
fn is_closed(stream: &TcpStream) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return true;
    }
    let result = stream.peek(&mut [0]);
    let is_open = stream.set_nonblocking(false).is_ok();
    !is_open || !matches!(result, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

fn post(
    stream: &TcpStream,
    reader: &mut Reader,
    framing: Framing,
    instance: &Instance,
    id: &str,
    kind: &str,
    request: &Request,
) -> io::Result<After> {
    let event = instance.open(id).filter(|_| matches!(kind, "response" | "error"));
    let Some(event) = event else {
        skip_body(reader, framing)?;
        return send(stream, &refused("400 Bad Request", "InvalidRequestID", "Invalid request ID"));
    };
    if event.has_responded.load(Ordering::SeqCst) {
        skip_body(reader, framing)?;
        let message = "the function has already responded to this event";
        return send(stream, &refused("403 Forbidden", "InvalidStateTransition", message));
    }
    let fault = event.due_fault(true).cloned();
    if fault.as_ref().is_some_and(|fault| !fault.passes()) {
        skip_body(reader, framing)?;
    } else if kind == "error" {
        let mut body = Vec::new();
        wire::read_body(reader, framing, MAX_RESPONSE_BYTES, &mut body)?;
        event.send(Message::Failed(body));
    } else if let Some(length) = receive(reader, framing, request, &event)? {
        event.send(Message::TooLarge(length));
        let message =
            format!("Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).");
        let response = refused("413 Payload Too Large", "RequestEntityTooLarge", &message);
        return send(stream, &response);
    }
    match fault {
        Some(fault) => follow(stream, &fault.script(&script::accepted()), instance),
        None => send(stream, &script::accepted()),
    }
}

fn skip_body(reader: &mut Reader, framing: Framing) -> io::Result<()> {
    wire::read_parts(reader, framing, |_| Ok(()), |_, _| {})
}

/// Passes a response on while it arrives. Returns its length if it is too large.
fn receive(
    reader: &mut Reader,
    framing: Framing,
    request: &Request,
    event: &Event,
) -> io::Result<Option<usize>> {
    let limit = if request.is_streaming { MAX_STREAMED_BYTES } else { MAX_RESPONSE_BYTES };
    let mut length = 0;
    let (mut has_begun, mut error) = (false, None);
    let content_type = request.content_type.clone();
    let mut begin = Some(Message::Begin { content_type, is_streaming: request.is_streaming });
    let mut whole = Vec::new();
    let read = wire::read_parts(
        reader,
        framing,
        |bytes| {
            length += bytes.len();
            if request.is_streaming && length <= limit {
                send_once(&mut begin, event);
                event.send(Message::Part(bytes.to_vec()));
                has_begun = true;
            } else if length <= limit {
                whole.extend_from_slice(bytes);
            }
            Ok(())
        },
        |name, value| {
            if name == "lambda-runtime-function-error-body" {
                error = Some(decode_base64(value));
            }
        },
    );
    if let Err(broken) = read {
        if has_begun {
            let message = "the response was broken off";
            let document = json::error_document("Runtime.TruncatedResponse", message);
            event.send(Message::Responded(Some(document)));
        }
        return Err(broken);
    }
    if length > limit {
        return Ok(Some(length));
    }
    send_once(&mut begin, event);
    if !whole.is_empty() {
        event.send(Message::Part(whole));
    }
    event.send(Message::Responded(error));
    Ok(None)
}

fn send_once(message: &mut Option<Message>, event: &Event) {
    if let Some(message) = message.take() {
        event.send(message);
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_else(|_| text.into())
}

fn other(
    reader: &mut Reader,
    framing: Framing,
    (instance, stream): (&Instance, &TcpStream),
    method: &str,
    path: &str,
    request: &Request,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    wire::read_body(reader, framing, MAX_RESPONSE_BYTES, &mut body)?;
    Ok(match (method, path) {
        ("POST", "/2018-06-01/runtime/init/error" | "/2018-06-01/runtime/restore/error") => {
            instance.fail_init(body);
            script::accepted()
        }
        ("GET", "/2018-06-01/runtime/restore/next") => wire::response("200 OK", &[], b""),
        ("GET", "/2026-01-15/metadata/execution-environment") => {
            if request.authorization != format!("Bearer {}", instance.settings.metadata_token) {
                let message = "the Authorization is not the AWS_LAMBDA_METADATA_TOKEN";
                return Ok(refused("401 Unauthorized", "Unauthorized", message));
            }
            let document = format!(r#"{{"AvailabilityZoneID":"{}"}}"#, instance.settings.zone_id());
            let headers =
                [("Content-Type", "application/json"), ("Cache-Control", "private, max-age=43200")];
            wire::response("200 OK", &headers, document.as_bytes())
        }
        _ => {
            let headers = &request.of_extension;
            let is_closed = || is_closed(stream);
            let response =
                extension_api::respond(instance, method, path, headers, &body, &is_closed);
            response.unwrap_or_else(|| {
                refused("404 Not Found", "NotFound", "the Runtime API has no such path")
            })
        }
    })
}

fn refused(status: &str, kind: &str, message: &str) -> Vec<u8> {
    let document = json::error_document(kind, message);
    wire::response(status, &[("Content-Type", "application/json")], &document)
}

fn send(mut stream: &TcpStream, response: &[u8]) -> io::Result<After> {
    stream.write_all(response)?;
    Ok(After::Open)
}

fn follow(stream: &TcpStream, steps: &[script::Step], instance: &Instance) -> io::Result<After> {
    let mut connection = Connection::new(stream.try_clone()?);
    connection.follow(steps, &Program(instance))?;
    Ok(if connection.is_open() { After::Open } else { After::Closed })
}

struct Program<'a>(&'a Instance);

impl Host for Program<'_> {
    fn freeze(&self) {
        self.0.freeze();
    }
    fn thaw(&self) {
        self.0.thaw();
    }
}
