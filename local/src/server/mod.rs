//! The server on a port of 127.0.0.1: the Invoke API, HTTP, and the page.

mod access;
mod documents;
mod durable_api;
mod durable_page;
mod http;
mod invoke_api;
mod kept;
mod output;
mod page;
mod running;
mod sending;
mod site;

use crate::error::{Error, ErrorKind};
use crate::http::HttpRequest;
use crate::listener::{self, Limits, Listening, MAX_CONNECTIONS, PIECE_LIMIT, Timed};
use crate::port;
use crate::settings::MAX_EVENT_BYTES;
use crate::target;
use crate::wire::{self, Framing};
use output::Output;
use site::Incoming;
pub(crate) use site::Site;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A server for the functions of a [`Lambda`](crate::Lambda). It ends with this value.
#[derive(Debug)]
pub struct Server {
    pub(crate) listening: Listening,
}

impl Server {
    /// With a function, all requests are HTTP requests to it.
    pub(crate) fn start(
        port: u16,
        function: Option<&str>,
        site: &Arc<Site>,
    ) -> Result<Self, Error> {
        let (listener, address) = port::listen(port)?;
        let is_closing = Arc::new(AtomicBool::new(false));
        let (site, flag) = (Arc::clone(site), Arc::clone(&is_closing));
        if function.is_none() {
            let url = format!("http://{address}");
            site.lambda.configure(|settings| settings.lambda_url = Some(url));
        }
        let function = function.map(str::to_owned);
        // A connection that fails is the client's to notice.
        let serve =
            move |stream: &TcpStream| drop(serve(stream, &site, function.as_deref(), address));
        listener::accept(listener, MAX_CONNECTIONS, move || flag.load(Ordering::SeqCst), serve)
            .map_err(Error::no_thread)?;
        Ok(Self { listening: Listening { address, is_closing } })
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Returns the URL of the page, which is the endpoint of the Invoke API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listening.address)
    }
}

fn serve(
    stream: &TcpStream,
    site: &Arc<Site>,
    function: Option<&str>,
    address: SocketAddr,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PIECE_LIMIT))?;
    let mut reader = Timed::reader(stream, Limits { idle: Some(PIECE_LIMIT), piece: PIECE_LIMIT });
    let mut line = String::new();
    loop {
        let mut headers: Vec<(String, String)> = Vec::new();
        let add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        let framing = match wire::read_head(&mut reader, &mut line, add) {
            Ok(Some(framing)) => framing,
            Ok(None) => return Ok(()),
            Err(error) if listener::is_idle(&error) => return Ok(()),
            Err(error) => {
                return refuse(stream, &mut reader, status_of(&error), &error.to_string());
            }
        };
        let mut request = match request_of(&line, headers) {
            Ok(request) => request,
            Err(reason) => return refuse(stream, &mut reader, "400 Bad Request", reason),
        };
        let host = match access::check(&request, address, function.is_some()) {
            Ok(host) => host,
            Err(reason) => return refuse(stream, &mut reader, "403 Forbidden", &reason),
        };
        Timed::expect_body(&mut reader);
        // A client that waits for it need not send a body that is too large.
        let most = max_bytes(&request.path, host.is_some() || function.is_some());
        if framing.expects_continue && framing.length <= most {
            (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = &mut request.body;
        match wire::read_body(&mut reader, framing, most, body) {
            Ok(()) => {}
            Err(error) if wire::is_too_large(&error) => {
                return too_large(stream, &mut reader, &request.path, most);
            }
            Err(error) => {
                return refuse(stream, &mut reader, status_of(&error), &error.to_string());
            }
        }
        let request = Arc::new(request);
        let incoming = Incoming { request, function: function.map(str::to_owned).or(host) };
        respond(stream, site, &incoming, framing, address)?;
        if framing.closes {
            return Ok(());
        }
        Timed::expect_head(&mut reader);
    }
}

/// The most bytes of a request's body.
fn max_bytes(path: &str, is_function: bool) -> usize {
    let is_durable = !is_function && path.split('/').nth(1) == Some(durable_api::VERSION);
    if is_durable { durable_api::MAX_BYTES } else { MAX_EVENT_BYTES }
}

/// A host in the target replaces the header.
fn request_of(line: &str, mut headers: Vec<(String, String)>) -> Result<HttpRequest, &'static str> {
    let (method, target) = line.split_once(' ').unwrap_or_default();
    let wrong = "the target of the request is neither a path nor a URL";
    let (authority, target) = target::split(target).ok_or(wrong)?;
    if headers.iter().filter(|(name, _)| name == "host").count() > 1 {
        return Err("there are several Host headers");
    }
    if let Some(authority) = authority {
        headers.retain(|(name, _)| name != "host");
        headers.push(("host".to_owned(), authority.to_owned()));
    }
    let mut request = HttpRequest::new(method, &target);
    request.headers = headers;
    Ok(request)
}

/// What a request is for, if it is served: its host, its path, and the function of the host.
#[cfg(fuzzing)]
pub type Admitted = (String, String, Option<String>);

/// For the fuzzers.
#[cfg(fuzzing)]
pub(crate) fn admit(line: &str, headers: Vec<(String, String)>) -> Option<Admitted> {
    let request = request_of(line, headers).ok()?;
    let function = access::check(&request, ([127, 0, 0, 1], 9000).into(), false).ok()?;
    Some((request.value_of("host")?.to_owned(), request.path, function))
}

/// For the fuzzers.
#[cfg(fuzzing)]
pub(crate) fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    output::response(status, headers, body, false)
}

fn respond(
    stream: &TcpStream,
    site: &Arc<Site>,
    incoming: &Incoming,
    framing: Framing,
    address: SocketAddr,
) -> io::Result<()> {
    let mut out = Output::new(stream, &incoming.request.method, framing.is_http_1_0);
    if incoming.function.is_some() {
        http::serve(&mut out, site, incoming)
    } else if incoming.request.path.split('/').nth(1) == Some(durable_api::VERSION) {
        durable_api::serve(&mut out, site, &incoming.request)
    } else if incoming.request.path.starts_with("/2") {
        invoke_api::serve(&mut out, site, &incoming.request)
    } else {
        page::serve(&mut out, site, &incoming.request, address)
    }
}

fn status_of(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::TimedOut => "408 Request Timeout",
        _ => "400 Bad Request",
    }
}

/// Responds, and ends the connection.
fn refuse(
    mut stream: &TcpStream,
    reader: &mut BufReader<Timed>,
    status: &str,
    reason: &str,
) -> io::Result<()> {
    let headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")];
    stream.write_all(&wire::response(status, &headers, format!("{reason}\n").as_bytes()))?;
    Timed::drain(reader)
}

/// The client sees the response only after it has sent its body.
fn too_large(
    mut stream: &TcpStream,
    reader: &mut BufReader<Timed>,
    path: &str,
    most: usize,
) -> io::Result<()> {
    let message = format!("Request must be smaller than {most} bytes");
    let error = Error::new(ErrorKind::EventTooLarge, message);
    let response = if path.starts_with("/2") {
        invoke_api::error_response(&error)
    } else {
        wire::response(
            "413 Content Too Large",
            &[("Connection", "close")],
            error.to_string().as_bytes(),
        )
    };
    stream.write_all(&response)?;
    Timed::drain(reader)
}
