//! Blocking HTTP by ureq, set up for one peer on the same machine.

use super::connector::{self, Address, Connection, Lean};
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::uri::{Authority, Parts, PathAndQuery, Scheme};
use ureq::http::{HeaderMap, Method, Request, Response, header};
use ureq::{Agent, AsSendBody, Body};

pub(crate) use ureq::http::{HeaderName, HeaderValue, Uri};

pub(crate) const USER_AGENT: &str = concat!("minilambda/", env!("CARGO_PKG_VERSION"));

/// A client with a connection of its own, which it keeps.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    connector: Lean,
    address: Address,
    prefix: String,
    /// The end of a request's first line, and the lines that all requests by hand have.
    lines: String,
    /// What ureq knows the peer by. Where it is, and the header that tells it its name, are given
    /// apart, so that this can be short: ureq copies and compares it for each request.
    authority: Authority,
    /// What every request has, and what every POST has: maps that are copied are not made anew.
    headers: HeaderMap,
    post_headers: HeaderMap,
}

/// A request that came to no answer.
pub(crate) struct NoAnswer {
    why: ureq::Error,
}

impl NoAnswer {
    /// Whether the connection was closed before a byte of an answer came.
    pub(crate) fn is_of_a_stale_connection(&self) -> bool {
        connector::is_stale(&self.why)
    }
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.why.fmt(f)
    }
}

impl Client {
    /// `address` is `ip:port` or a host name, with a scheme and a path prefix if need be.
    pub(crate) fn new(address: &str) -> Result<Self, String> {
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err("it should be plain http".to_owned());
        }
        let rest = rest.trim_end_matches('/');
        let (host, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let address = Address::resolve(host)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().map_err(|_| "it names no host".to_owned())?);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let mut post_headers = headers.clone();
        post_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        post_headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("")); // its place
        let (agent, connector) = agent(&address);
        Ok(Self {
            agent,
            connector,
            address,
            prefix: prefix.to_owned(),
            lines: format!(" HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n"),
            authority: Authority::from_static("api"),
            headers,
            post_headers,
        })
    }

    /// Another client of the same peer, with a connection of its own.
    pub(crate) fn another(&self) -> Self {
        let (agent, connector) = agent(&self.address);
        Self { agent, connector, ..self.clone() }
    }

    /// The connection for a request that is written by hand, looked at if it has rested for so long.
    pub(crate) fn connection(&self, rested: Duration) -> io::Result<Arc<Connection>> {
        self.connector.connection(&self.address.0, rested)
    }

    /// The first lines of that request.
    pub(crate) fn head(&self, method: &str, path: &str) -> String {
        [method, " ", &self.prefix, path, &self.lines].concat()
    }

    pub(crate) fn get(
        &self,
        uri: Uri,
        header: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Answer, NoAnswer> {
        let mut headers = self.headers.clone();
        headers.extend(header);
        self.run(Method::GET, uri, headers, ())
    }

    /// Posts JSON.
    pub(crate) fn post(
        &self,
        path: &str,
        more_headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: &[u8],
    ) -> Result<Answer, NoAnswer> {
        let mut headers = self.post_headers.clone();
        headers.insert(header::CONTENT_LENGTH, body.len().into());
        headers.extend(more_headers);
        self.run(Method::POST, self.uri(path)?, headers, body)
    }

    /// What to ask for by this path. Scheme and host are known, so only the path needs to be looked at.
    pub(crate) fn uri(&self, path: &str) -> Result<Uri, NoAnswer> {
        let bad = |error: ureq::http::Error| NoAnswer { why: error.into() };
        let path = PathAndQuery::try_from([&self.prefix, path].concat());
        let mut parts = Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path.map_err(|error| bad(error.into()))?);
        Uri::from_parts(parts).map_err(|error| bad(error.into()))
    }

    fn run(
        &self,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: impl AsSendBody,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        self.agent.run(request).map(Answer).map_err(|why| NoAnswer { why })
    }
}

fn agent(address: &Address) -> (Agent, Lean) {
    let connector = Lean::default();
    (Agent::with_parts(config(), connector.clone(), address.clone()), connector)
}

/// Each option is given, since what ureq does by default is meant for the open internet.
fn config() -> ureq::config::Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .accept("")
        .accept_encoding("")
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        // A handler may take 15 minutes, and the freeze after it any time; `Lean` notices a
        // connection that did not survive it.
        .max_idle_age(Duration::from_secs(u64::from(u32::MAX)))
        .build()
}

/// The head of an answer, and its body if it is read.
pub(crate) struct Answer(Response<Body>);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// Names are in lower case.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// The body of a few lines. Where its length is not said, nobody waits for the connection's
    /// end to learn it.
    pub(crate) fn text(self, max_bytes: u64) -> io::Result<Vec<u8>> {
        let known = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
        let known = known.iter().any(|name| self.0.headers().contains_key(name));
        if known { self.body(max_bytes, Vec::new()) } else { Ok(Vec::new()) }
    }

    /// The body, which must be read for the connection to be kept. It takes the place of what is in
    /// `memory`, if there is room for it.
    pub(crate) fn body(self, max_bytes: u64, mut memory: Vec<u8>) -> io::Result<Vec<u8>> {
        let body = self.0.into_body();
        let expected = body.content_length().unwrap_or(0).min(max_bytes);
        let expected = usize::try_from(expected).unwrap_or(0);
        if expected > memory.capacity() {
            memory = vec![0; expected]; // the system has zeros that need not be written
        } else {
            memory.resize(expected, 0);
        }
        let mut reader = body.into_with_config().limit(max_bytes).reader();
        let mut filled = 0;
        while let Some(free @ [_, ..]) = memory.get_mut(filled..) {
            match reader.read(free)? {
                0 => break,
                count => filled += count,
            }
        }
        memory.truncate(filled);
        reader.read_to_end(&mut memory)?; // the end, or all of it where no length is told
        Ok(memory)
    }
}
