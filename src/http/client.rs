//! A client for one peer on the same machine: GET through ureq, POST without it.

use super::address::Address;
use super::connection::ConnectionSlot;
use super::exchange::Post;
use super::transport::{self, LambdaConnector, NoResolver};
use crate::memory::Memory;
use std::io::{self, Read};
use std::time::Duration;
use ureq::http::uri::{Authority, Parts, PathAndQuery, Scheme};
use ureq::http::{HeaderMap, Request, Response as HttpResponse, header};
use ureq::{Agent, Body};

pub(crate) use ureq::http::{HeaderName, HeaderValue, Uri};

pub(crate) const USER_AGENT: &str = concat!("minilambda/", env!("CARGO_PKG_VERSION"));

/// A first line with it must fit the transport's write buffer.
const MAX_ADDRESS_BYTES: usize = transport::OUTPUT_BYTES / 2;

/// A client with a connection of its own, which it keeps.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    slot: ConnectionSlot,
    /// The path prefix of the address.
    prefix: String,
    /// The end of the first line of a POST, and the header lines that every POST has.
    post_lines: String,
    /// The authority of ureq's URIs. The address and the `Host` header are given separately, so
    /// this can be short: ureq copies and compares it for each request.
    authority: Authority,
    /// The headers of every GET.
    headers: HeaderMap,
    /// What the names of the headers begin with that [`Response::each_header`] reads.
    wanted: &'static str,
}

/// The reason why a request has no response.
pub(crate) struct NoResponse {
    error: ureq::Error,
}

impl NoResponse {
    /// Whether the connection ended before a byte of a response.
    pub(crate) fn is_stale_connection(&self) -> bool {
        transport::is_stale(&self.error)
    }
}

impl std::fmt::Display for NoResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl Client {
    /// `address` is `ip:port` or a host name, perhaps with a scheme and a path prefix. Of the
    /// headers of a response to a GET those are kept whose names begin with `wanted`, in any case.
    pub(crate) fn new(address: &str, wanted: &'static str) -> Result<Self, String> {
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err("it must be plain http".to_owned());
        }
        let rest = rest.trim_end_matches('/');
        if rest.len() > MAX_ADDRESS_BYTES {
            return Err(format!("it has more than {MAX_ADDRESS_BYTES} bytes"));
        }
        let (host, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let slot = ConnectionSlot::new(Address::resolve(host)?);
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().map_err(|_| "it has no valid host".to_owned())?);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        Ok(Self {
            agent: agent(&slot, wanted),
            slot,
            prefix: prefix.to_owned(),
            post_lines: format!(" HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n"),
            authority: Authority::from_static("api"),
            headers,
            wanted,
        })
    }

    /// Creates another client of the same peer, with a connection of its own.
    pub(crate) fn with_own_connection(&self) -> Self {
        let slot = ConnectionSlot::new(self.slot.address().clone());
        Self { agent: agent(&slot, self.wanted), slot, ..self.clone() }
    }

    /// Returns the URI of a path. The scheme and the host are known, so only the path is parsed.
    pub(crate) fn uri(&self, path: &str) -> Result<Uri, NoResponse> {
        let invalid = |error: ureq::http::Error| NoResponse { error: error.into() };
        let path = PathAndQuery::try_from([&self.prefix, path].concat());
        let mut parts = Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path.map_err(|error| invalid(error.into()))?);
        Uri::from_parts(parts).map_err(|error| invalid(error.into()))
    }

    /// Sends a GET, and reads the head of the response.
    pub(crate) fn get(
        &self,
        uri: Uri,
        header: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Response<'_>, NoResponse> {
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value);
        }
        let response = self.agent.run(request).map_err(|error| NoResponse { error })?;
        Ok(Response { response, slot: &self.slot })
    }

    /// Closes the connection: a request of another thread that waits for its response fails.
    pub(crate) fn close(&self) {
        self.slot.close();
    }

    /// Begins a POST.
    pub(crate) fn post(&self, path: &str) -> Post<'_> {
        Post::new(&self.slot, &self.prefix, path, &self.post_lines)
    }
}

fn agent(slot: &ConnectionSlot, wanted: &'static str) -> Agent {
    let connector = LambdaConnector { slot: slot.clone(), wanted };
    Agent::with_parts(config(), connector, NoResolver)
}

/// Sets every option, because ureq's defaults are meant for the open internet.
fn config() -> ureq::config::Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .accept("")
        .accept_encoding("")
        // ureq compares it with the body too, as far as that has come with a response of 1xx.
        .max_response_header_size(usize::MAX)
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        // A handler may take 15 minutes and a freeze any time. The transport notices if the
        // connection did not survive it.
        .max_idle_age(Duration::from_secs(u64::from(u32::MAX)))
        .build()
}

/// The response to a GET, whose body is still to be read.
pub(crate) struct Response<'a> {
    response: HttpResponse<Body>,
    slot: &'a ConnectionSlot,
}

impl Response<'_> {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Calls a function with each header that was kept: its name after the prefix, and its value.
    pub(crate) fn each_header<E>(
        &self,
        read: impl FnMut(&str, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.slot.headers().each(read)
    }

    /// Reads a short text body. Without a length it is skipped: it would end only when the
    /// connection does.
    pub(crate) fn text(self, max_bytes: u64) -> io::Result<Vec<u8>> {
        let lengths = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
        if !lengths.iter().any(|name| self.response.headers().contains_key(name)) {
            return Ok(Vec::new());
        }
        self.slot.limit_wait();
        self.body(max_bytes, &mut Memory::new(false))
    }

    /// Reads the body, which is necessary to use the connection again.
    pub(crate) fn body(self, max_bytes: u64, memory: &mut Memory) -> io::Result<Vec<u8>> {
        let body = self.response.into_body();
        let expected = body.content_length().unwrap_or(0).min(max_bytes);
        let mut bytes = memory.take(usize::try_from(expected).unwrap_or(0));
        let mut reader = body.into_with_config().limit(max_bytes).reader();
        let mut filled = 0;
        while let Some(free @ [_, ..]) = bytes.get_mut(filled..) {
            match reader.read(free)? {
                0 => break,
                count => filled += count,
            }
        }
        bytes.truncate(filled);
        reader.read_to_end(&mut bytes)?; // the end, or everything if no length is given
        Ok(bytes)
    }
}
