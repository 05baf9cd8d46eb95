//! The attempts of one request: signing, errors, delays.

use crate::credentials;
use crate::date;
use crate::endpoint::{self, Endpoint};
use crate::failure::Failure;
use crate::http::{Attempt, NoResponse, Payload, Response, send};
use crate::sign::{self, Signable};
use minilambda::{Context, Error};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The attempts of [the standard mode](https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
const MAX_ATTEMPTS: u32 = 3;

/// The longest delay before the second attempt; it doubles for the third.
const FIRST_DELAY: Duration = Duration::from_millis(100);

/// The longest delay if the service asks for less.
const THROTTLED_DELAY: Duration = Duration::from_secs(1);

/// The difference of the service's clock to this one, in seconds.
static CLOCK_SKEW_S: AtomicI64 = AtomicI64::new(0);

/// The time at which a request has to be over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// A tenth of the time that an invocation has left, half a second at most, is for its response.
    pub fn of(context: &Context) -> Self {
        let end = |left: Duration| {
            Instant::now() + left.saturating_sub((left / 10).min(Duration::from_millis(500)))
        };
        Self(context.time_left().map(end))
    }

    pub fn left(self) -> Option<Duration> {
        // A timeout of zero would be none.
        let at_least = Duration::from_millis(1);
        self.0.map(|end| end.saturating_duration_since(Instant::now()).max(at_least))
    }

    fn permits(self, delay: Duration) -> bool {
        self.0.is_none_or(|end| Instant::now() + delay < end)
    }
}

/// A request before it is signed.
pub(crate) struct Outgoing<'a> {
    /// For errors: `DynamoDB PutItem`.
    pub what: String,
    pub method: &'a str,
    pub endpoint: Endpoint,
    /// Percent-encoded, after the endpoint's own path.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// With names in lower case, without `host`.
    pub headers: Vec<(String, String)>,
    pub payload: Payload<'a>,
    /// The hash of the payload.
    pub payload_hash: String,
    /// The name in the signature.
    pub signing_name: &'a str,
    pub is_s3: bool,
    /// Whether it may be sent again if nobody knows whether it was carried out.
    pub is_idempotent: bool,
    pub deadline: Deadline,
}

/// The time that signatures have, in seconds since 1970.
pub(crate) fn signing_time() -> i64 {
    local_time() + CLOCK_SKEW_S.load(Ordering::Relaxed)
}

fn local_time() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

impl Outgoing<'_> {
    /// Sends the request until it succeeds, or until another attempt is not permitted.
    pub fn send(&self, mut into: Option<&mut (dyn Write + '_)>) -> Result<Response, Error> {
        let mut attempt = 1;
        loop {
            // Each attempt borrows the writer anew.
            let writer = into.as_mut().map(|writer| &mut **writer as &mut dyn Write);
            let next = match self.send_once(writer) {
                Ok(response) if response.status < 300 => return Ok(response),
                Ok(response) => self.after_failure(&response, attempt),
                Err(no_response) => self.after_no_response(no_response),
            };
            let (longest, error) = next?;
            // Random, so that many callers do not come back at once.
            let delay = longest.mul_f64(random()) * 2_u32.pow(attempt - 1);
            if attempt == MAX_ATTEMPTS || !self.deadline.permits(delay) {
                return Err(error);
            }
            log::debug!("{}: attempt {attempt} failed, the next in {delay:?}: {error}", self.what);
            thread::sleep(delay);
            attempt += 1;
        }
    }

    fn send_once(&self, into: Option<&mut dyn Write>) -> Result<Response, NoResponse> {
        let credentials = credentials::current().map_err(NoResponse::Invalid)?;
        let region = endpoint::region().map_err(NoResponse::Invalid)?;
        let path = format!("{}{}", self.endpoint.path, self.path);
        let mut headers = self.headers.clone();
        headers.push(("host".to_owned(), self.endpoint.host.clone()));
        if self.is_s3 {
            headers.push(("x-amz-content-sha256".to_owned(), self.payload_hash.clone()));
        }
        let mut signable = Signable {
            method: self.method,
            path: &path,
            query: self.query.clone(),
            headers,
            payload: self.payload_hash.clone(),
            service: self.signing_name,
            region: &region,
            is_s3: self.is_s3,
            time: signing_time(),
        };
        sign::sign(&mut signable, &credentials);
        let attempt = Attempt {
            method: self.method,
            url: &self.url(&path, &self.query),
            headers: &signable.headers,
            payload: self.payload,
            deadline: self.deadline,
        };
        send(&attempt, into)
    }

    pub fn url(&self, path: &str, query: &[(String, String)]) -> String {
        let Endpoint { scheme, host, .. } = &self.endpoint;
        let query = sign::query_text(query);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{scheme}://{host}{path}{mark}{query}")
    }

    /// Returns the longest delay before another attempt, and the error without one.
    fn after_failure(&self, response: &Response, attempt: u32) -> Result<(Duration, Error), Error> {
        let failure = Failure::of(response);
        let is_first = attempt == 1;
        let delay = if failure.is_clock_skew() && is_first && learn_clock_skew(response) {
            Some(Duration::ZERO)
        } else if failure.is_expired_token() && is_first {
            credentials::forget();
            Some(Duration::ZERO)
        } else if failure.is_throttling() {
            Some(THROTTLED_DELAY)
        } else if failure.is_transient() && self.is_idempotent {
            Some(FIRST_DELAY)
        } else {
            None
        };
        let error = failure.into_error(&self.what);
        match delay {
            Some(delay) => Ok((delay, error)),
            None => Err(error),
        }
    }

    fn after_no_response(&self, reason: NoResponse) -> Result<(Duration, Error), Error> {
        let what = &self.what;
        match reason {
            NoResponse::NotSent(reason) => {
                let message = format!("{what}: no connection to {}: {reason}", self.endpoint.host);
                Ok((FIRST_DELAY, Error::new("Aws.NotSent", message)))
            }
            NoResponse::Unknown(reason) => {
                let message = format!(
                    "{what}: no response, and it may or may not have been carried out: {reason}"
                );
                let error = Error::new("Aws.NoResponse", message);
                if self.is_idempotent { Ok((FIRST_DELAY, error)) } else { Err(error) }
            }
            NoResponse::Invalid(error) => {
                Err(Error::new(error.kind().to_owned(), format!("{what}: {}", error.message())))
            }
        }
    }
}

/// Keeps the difference to the service's clock. Returns whether there is one.
fn learn_clock_skew(response: &Response) -> bool {
    let time = response.header("date").and_then(date::from_http);
    let Some(skew) = time.map(|time| time - local_time()) else { return false };
    log::warn!(
        "this machine's clock differs from that of AWS by {skew} s; it is taken into account"
    );
    CLOCK_SKEW_S.store(skew, Ordering::Relaxed);
    true
}

/// From 0 to 1.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0) >> 11;
    #[allow(clippy::cast_precision_loss, reason = "53 bits are left")]
    let bits = bits as f64;
    bits / f64::from(2_u32).powi(53)
}
