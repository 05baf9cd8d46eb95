//! Blocking HTTP through ureq, for one attempt.

use crate::credentials::variable;
use crate::retry::Deadline;
use minilambda::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, SendBody, Timeout};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// AWS closes idle connections after 20 s or more. After a freeze they may be closed without this side
/// knowing it, and the clock of timeouts may have stood still, so the time of day is compared.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// The largest response that is kept in memory, in bytes.
const MAX_RESPONSE_BYTES: u64 = 512 * 1024 * 1024;

const USER_AGENT: &str = concat!("minilambda-aws/", env!("CARGO_PKG_VERSION"));

/// A response in memory.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty if it was written elsewhere.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns a header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Payload<'a> {
    Bytes(&'a [u8]),
    /// A file with its length.
    File(&'a Path, u64),
}

/// A signed request.
pub(crate) struct Attempt<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: &'a [(String, String)],
    pub payload: Payload<'a>,
    pub deadline: Deadline,
}

/// The reason why there is no response.
#[derive(Debug)]
pub(crate) enum NoResponse {
    /// No connection was made.
    NotSent(String),
    /// The request may have been carried out.
    Unknown(String),
    /// It could not be written or its response could not be kept; it is not tried again.
    Invalid(Error),
}

/// The agent, and when it was used last.
static AGENT: Mutex<Option<(Agent, SystemTime)>> = Mutex::new(None);

fn agent() -> Result<Agent, Error> {
    let mut kept = AGENT.lock().unwrap_or_else(PoisonError::into_inner);
    let now = SystemTime::now();
    if let Some((agent, last)) = &mut *kept {
        // An earlier time of day than the last one is a changed clock.
        let is_fresh = now.duration_since(*last).is_ok_and(|idle| idle < MAX_IDLE);
        if is_fresh {
            *last = now;
            return Ok(agent.clone());
        }
    }
    let agent = match kept.take() {
        // The pool is emptied; the roots stay.
        Some((agent, _)) => Agent::new_with_config(agent.config().clone()),
        None => new_agent()?,
    };
    *kept = Some((agent.clone(), now));
    Ok(agent)
}

fn new_agent() -> Result<Agent, Error> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = variable("AWS_CA_BUNDLE") {
        tls = tls.root_certs(roots(&path)?);
    }
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_resolve(Some(CONNECT_TIMEOUT))
        .max_idle_age(MAX_IDLE)
        .user_agent(USER_AGENT)
        .tls_config(tls.build())
        .build();
    Ok(Agent::new_with_config(config))
}

fn roots(path: &str) -> Result<RootCerts, Error> {
    let fail = |reason: &dyn std::fmt::Display| {
        Error::new("Aws.InvalidRequest", format!("cannot read AWS_CA_BUNDLE {path}: {reason}"))
    };
    let pem = fs::read(path).map_err(|error| fail(&error))?;
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| fail(&error))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(fail(&"it has no certificate"));
    }
    Ok(certificates.into())
}

/// Sends a request once. The body of a successful response is written to `into`, if it is given.
pub(crate) fn send(
    attempt: &Attempt,
    into: Option<&mut dyn Write>,
) -> Result<Response, NoResponse> {
    let invalid = |error: &dyn std::fmt::Display| {
        NoResponse::Invalid(Error::new("Aws.InvalidRequest", error.to_string()))
    };
    let mut request = ureq::http::Request::builder().method(attempt.method).uri(attempt.url);
    for (name, value) in attempt.headers.iter().filter(|(name, _)| name != "host") {
        request = request.header(name, value);
    }
    let agent = agent().map_err(NoResponse::Invalid)?;
    let left = attempt.deadline.left();
    let response = match attempt.payload {
        Payload::Bytes([]) if matches!(attempt.method, "GET" | "HEAD" | "DELETE") => {
            run(&agent, request.body(()).map_err(|error| invalid(&error))?, left)
        }
        Payload::Bytes(bytes) => {
            run(&agent, request.body(bytes).map_err(|error| invalid(&error))?, left)
        }
        Payload::File(path, length) => {
            let file = File::open(path)
                .map_err(|error| invalid(&format!("cannot read {}: {error}", path.display())))?;
            let body = SendBody::from_owned_reader(file.take(length));
            let request = request.header("content-length", length.to_string());
            run(&agent, request.body(body).map_err(|error| invalid(&error))?, left)
        }
    };
    receive(response.map_err(no_response)?, into)
}

fn run<B: ureq::AsSendBody>(
    agent: &Agent,
    request: ureq::http::Request<B>,
    left: Option<Duration>,
) -> Result<ureq::http::Response<Body>, ureq::Error> {
    let request = agent
        .configure_request(request)
        .timeout_recv_response(Some(RESPONSE_TIMEOUT))
        .timeout_global(left)
        .build();
    agent.run(request)
}

fn receive(
    response: ureq::http::Response<Body>,
    into: Option<&mut dyn Write>,
) -> Result<Response, NoResponse> {
    let (parts, body) = response.into_parts();
    let text =
        |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    let mut response =
        Response { status: parts.status.as_u16(), headers: headers.collect(), body: Vec::new() };
    let reader = body.into_with_config().limit(MAX_RESPONSE_BYTES).reader();
    match into {
        Some(writer) if (200..300).contains(&response.status) => copy(reader, writer)?,
        _ => {
            let mut reader = reader;
            reader.read_to_end(&mut response.body).map_err(|error| {
                NoResponse::Unknown(format!("the response ended too early: {error}"))
            })?;
        }
    }
    Ok(response)
}

/// Copies a body. It is not tried again, because the bytes cannot be taken back from the writer.
fn copy(mut reader: impl Read, writer: &mut dyn Write) -> Result<(), NoResponse> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let failed = |what: &str, error: io::Error| {
            NoResponse::Invalid(Error::new("Aws.NoResponse", format!("{what}: {error}")))
        };
        let count = match reader.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed("the response ended too early", error)),
        };
        let part = bytes.get(..count).unwrap_or_default();
        writer.write_all(part).map_err(|error| failed("the response cannot be written", error))?;
    }
}

fn no_response(error: ureq::Error) -> NoResponse {
    // Wrapped in an error of the connection, as the handshake is done with the first bytes.
    if error.to_string().contains("invalid peer certificate") {
        let message = format!("{error}; AWS_CA_BUNDLE names other authorities to trust");
        return NoResponse::Invalid(Error::new("Aws.NotSent", message));
    }
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            NoResponse::NotSent(error.to_string())
        }
        ureq::Error::Io(ref cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
            NoResponse::NotSent(error.to_string())
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            NoResponse::Invalid(Error::new("Aws.InvalidRequest", error.to_string()))
        }
        _ => NoResponse::Unknown(error.to_string()),
    }
}
