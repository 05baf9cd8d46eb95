//! GET through ureq, set up for one peer on the same machine.

use super::address::Address;
use super::connection::{Connection, Connections};
use super::transport::{self, LambdaConnector};
use crate::handler::LARGE_MEMORY_BYTES;
use std::io::{self, Read};
use std::sync::Arc;
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
    connections: Connections,
    address: Address,
    /// The path prefix of the address.
    prefix: String,
    /// The end of the first line of a POST, and the header lines that every POST has.
    post_lines: String,
    /// The authority of ureq's URIs. The address and the `Host` header are given separately, so
    /// this can be short: ureq copies and compares it for each request.
    authority: Authority,
    /// The headers of every GET.
    headers: HeaderMap,
    /// What the names of the headers begin with that a long head is cut to.
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
    /// `address` is `ip:port` or a host name, perhaps with a scheme and a path prefix. Of a response
    /// with very many headers only those whose names begin with `wanted` are read.
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
        let address = Address::resolve(host)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().map_err(|_| "it has no valid host".to_owned())?);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let connections = Connections::default();
        Ok(Self {
            agent: agent(&connections, &address, wanted),
            connections,
            address,
            prefix: prefix.to_owned(),
            post_lines: format!(" HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n"),
            authority: Authority::from_static("api"),
            headers,
            wanted,
        })
    }

    /// Creates another client of the same peer, with a connection of its own.
    pub(crate) fn with_own_connection(&self) -> Self {
        let connections = Connections::default();
        let agent = agent(&connections, &self.address, self.wanted);
        Self { agent, connections, ..self.clone() }
    }

    /// Returns the connection for a POST. It is probed if it has been idle for that long.
    pub(crate) fn connection(&self, probe_after: Duration) -> io::Result<Arc<Connection>> {
        self.connections.get(&self.address.0, probe_after)
    }

    /// Returns the first lines of a POST.
    pub(crate) fn post_head(&self, path: &str) -> String {
        ["POST ", &self.prefix, path, &self.post_lines].concat()
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

    pub(crate) fn get(
        &self,
        uri: Uri,
        header: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Response, NoResponse> {
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().extend(header);
        let response = self.agent.run(request).map_err(|error| NoResponse { error })?;
        Ok(Response { response, connections: self.connections.clone() })
    }
}

fn agent(connections: &Connections, address: &Address, wanted: &'static str) -> Agent {
    let connector = LambdaConnector { connections: connections.clone(), wanted };
    Agent::with_parts(config(), connector, address.clone())
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

/// The head of a response, and its body if it is read.
pub(crate) struct Response {
    response: HttpResponse<Body>,
    connections: Connections,
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The headers, whose names are in lower case. A header that is sent twice is returned twice.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Reads a string of a few lines. Without a length it is not read, because it would end only with
    /// the connection.
    pub(crate) fn text(self, max_bytes: u64) -> io::Result<Vec<u8>> {
        let lengths = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
        if !lengths.iter().any(|name| self.response.headers().contains_key(name)) {
            return Ok(Vec::new());
        }
        self.connections.limit_wait();
        self.body(max_bytes, Vec::new())
    }

    /// Reads the body, which is necessary to use the connection again. The memory of `buffer` is
    /// used if it is large enough, and not large without need.
    pub(crate) fn body(self, max_bytes: u64, mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
        let body = self.response.into_body();
        let expected = body.content_length().unwrap_or(0).min(max_bytes);
        let expected = usize::try_from(expected).unwrap_or(0);
        let is_oversized = buffer.capacity() > LARGE_MEMORY_BYTES.max(2 * expected);
        if expected > buffer.capacity() || is_oversized {
            buffer = vec![0; expected]; // comes zeroed from the system
        } else {
            buffer.resize(expected, 0);
        }
        let mut reader = body.into_with_config().limit(max_bytes).reader();
        let mut filled = 0;
        while let Some(free @ [_, ..]) = buffer.get_mut(filled..) {
            match reader.read(free)? {
                0 => break,
                count => filled += count,
            }
        }
        buffer.truncate(filled);
        reader.read_to_end(&mut buffer)?; // the end, or everything if no length is given
        Ok(buffer)
    }
}
