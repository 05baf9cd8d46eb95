//! The attempts of one request: credentials, signature, sending, and whether there is another one.

use crate::date;
use crate::environment::{now_s, variable};
use crate::error::Error;
use crate::http::{self, NoResponse};
use crate::limits::Deadline;
use crate::request::Request;
use crate::response::Response;
use crate::sign::{self, Credentials, Scope};
use crate::xml::Xml;
use minilambda::__private::{fraction, trace_id};
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

/// The attempts of [the standard
/// mode](https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
pub(crate) const MAX_ATTEMPTS: u32 = 3;

/// The longest delay before the second attempt; it doubles for the third.
const FIRST_DELAY: Duration = Duration::from_millis(100);

/// The longest delay if the service asks for less.
pub(crate) const THROTTLED_DELAY: Duration = Duration::from_secs(1);

/// A signature that is older or younger is refused, by S3 after three times as long.
const MAX_SKEW_S: u64 = 300;

/// The difference of the service's clock to this one, in seconds.
static CLOCK_SKEW_S: AtomicI64 = AtomicI64::new(0);

/// The header of the trace.
pub(crate) const TRACE: &str = "x-amzn-trace-id";

/// Where the keys of a request come from.
pub(crate) trait Keys {
    /// Returns the keys; `None` for a request without a signature.
    fn get(&self, deadline: Deadline) -> Result<Option<Credentials>, Error>;

    /// The service has called them expired.
    fn forget(&self);
}

/// Keys that are known, or none.
pub(crate) struct Fixed(pub Option<Credentials>);

impl Keys for Fixed {
    fn get(&self, _: Deadline) -> Result<Option<Credentials>, Error> {
        Ok(self.0.clone())
    }

    fn forget(&self) {}
}

/// Sends the attempts of a request, each with further headers that are not signed.
pub(crate) type Attempts<'a> = dyn FnMut(&[(String, String)]) -> Result<Response, Error> + 'a;

/// A function around the attempts of a request.
pub(crate) type Observer = fn(&Request, &mut Attempts) -> Result<Response, Error>;

/// Spans of OpenTelemetry, if the program makes them: they are linked only then.
static OBSERVER: OnceLock<Observer> = OnceLock::new();

/// Sets the function around the attempts of each request.
pub(crate) fn observe(observer: Observer) {
    OBSERVER.get_or_init(|| observer);
}

/// Sends a request until it succeeds, or until another attempt is not permitted. A successful
/// response is written to `into`, if it is given.
pub(crate) fn send(
    request: &Request,
    keys: &dyn Keys,
    into: Option<&mut (dyn Write + '_)>,
) -> Result<Response, Error> {
    send_counted(request, keys, into, &mut MAX_ATTEMPTS.clone())
}

/// The same with the number of attempts that are left, for a request that is sent to two places.
pub(crate) fn send_counted(
    request: &Request,
    keys: &dyn Keys,
    mut into: Option<&mut (dyn Write + '_)>,
    left: &mut u32,
) -> Result<Response, Error> {
    let Some(observer) = OBSERVER.get() else {
        return send_with(request, keys, into, left, &[]);
    };
    observer(request, &mut |headers| {
        let writer = into.as_mut().map(|writer| &mut **writer as &mut dyn Write);
        send_with(request, keys, writer, left, headers)
    })
}

fn send_with(
    request: &Request,
    keys: &dyn Keys,
    mut into: Option<&mut (dyn Write + '_)>,
    left: &mut u32,
    further: &[(String, String)],
) -> Result<Response, Error> {
    let further = &with_trace(request, further);
    let deadline = request.limits.deadline;
    let in_time = || {
        let reason = "the invocation's time was over before it was sent";
        if deadline.is_over() { Err(Error::new("Aws.NotSent", reason)) } else { Ok(()) }
    };
    let mut may_correct = true;
    loop {
        // Asking for credentials takes time, too.
        let credentials = in_time()
            .and_then(|()| keys.get(deadline))
            .and_then(|credentials| in_time().map(|()| credentials))
            .and_then(|it| it.as_ref().map_or(Ok(()), Credentials::check).map(|()| it))
            .map_err(|error| error.of_request(&request.what))?;
        let attempt = MAX_ATTEMPTS.saturating_sub(*left) + 1;
        *left = left.saturating_sub(1);
        let mut headers = signed_headers(request, credentials.as_ref());
        headers.extend_from_slice(further);
        // Each attempt borrows the writer again.
        let writer = into.as_mut().map(|writer| &mut **writer as &mut dyn Write);
        let result = http::send(&request.message(&headers), writer);
        let (delay, error) = match result {
            Ok(response) if is_success(&response, request) => return Ok(response),
            Ok(response) => after_refusal(request, response, credentials, keys, &mut may_correct),
            Err(no_response) => after_no_response(request, no_response),
        };
        let error = error.of_request(&request.what);
        let Some(longest) = delay else { return Err(error) };
        log::debug!("attempt {attempt} failed: {error:?}");
        if !wait(longest, attempt, deadline) {
            return Err(error);
        }
    }
}

/// Waits before the attempt after this one. Returns whether there may be one.
pub(crate) fn wait(longest: Duration, attempt: u32, deadline: Deadline) -> bool {
    attempt < MAX_ATTEMPTS && pause(longest * 2_u32.pow(attempt - 1), deadline)
}

/// Sleeps for a random part of a time, so that many callers do not come back at once. Returns
/// whether there is time for it, and for more.
pub(crate) fn pause(longest: Duration, deadline: Deadline) -> bool {
    let delay = longest.mul_f64(fraction());
    let is_permitted = deadline.permits(delay);
    if is_permitted {
        thread::sleep(delay);
    }
    is_permitted
}

/// Adds the trace of the invocation, as AWS's SDKs do. Its field `Lineage` counts the events of a
/// chain: by it Lambda [stops a
/// function](https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html) that sends
/// events to itself. The header of a span has the other fields of its own.
fn with_trace(request: &Request, further: &[(String, String)]) -> Vec<(String, String)> {
    let mut further = further.to_vec();
    let is_set = request.headers.has(|name| name == TRACE);
    if is_set || request.service.is_empty() || variable("AWS_LAMBDA_FUNCTION_NAME").is_none() {
        return further;
    }
    let trace = trace_id();
    if trace.is_empty() || !trace.bytes().all(|byte| byte.is_ascii_graphic()) {
        return further;
    }
    let Some((_, of_span)) = further.iter_mut().find(|(name, _)| name == TRACE) else {
        further.push((TRACE.to_owned(), trace));
        return further;
    };
    let is_own =
        |field: &str| matches!(field.split('=').next(), Some("Root" | "Parent" | "Sampled"));
    trace.split(';').filter(|field| !is_own(field)).for_each(|field| of_span.extend([";", field]));
    further
}

fn signed_headers(request: &Request, credentials: Option<&Credentials>) -> Vec<(String, String)> {
    let Some(credentials) = credentials else { return request.headers.0.clone() };
    let scope = Scope { service: request.service, region: &request.region, time: signing_time() };
    sign::sign(&request.unsigned(), &scope, credentials)
}

/// S3 sends the error of a long action, such as a copy, with the status of success, or it sends
/// nothing after it.
fn is_success(response: &Response, request: &Request) -> bool {
    let is_long = || {
        let is_end = request.url.query.iter().any(|(name, _)| name == "uploadId");
        request.headers.has(|name| name == "x-amz-copy-source")
            || (request.method == "POST" && is_end)
    };
    let is_error = || {
        let text = std::str::from_utf8(&response.body).unwrap_or_default();
        (text.trim().is_empty() && is_long())
            || Xml::parse(text).is_ok_and(|xml| xml.name() == "Error")
    };
    let may_be_late = request.service == "s3" && matches!(request.method, "PUT" | "POST");
    response.status < 300 && !(may_be_late && is_error())
}

/// Returns the longest delay before another attempt, if there may be one.
fn after_refusal(
    request: &Request,
    response: Response,
    credentials: Option<Credentials>,
    keys: &dyn Keys,
    may_correct: &mut bool,
) -> (Option<Duration>, Error) {
    let date = response.header("date").and_then(date::from_http);
    let mut error = Error::from_response(response).without(&request.secret);
    // The response to HEAD has no document that says why.
    let is_silent = |status| request.method == "HEAD" && error.status() == Some(status);
    let is_skewed = error.is_clock_skew() || (is_silent(403) && date.is_some_and(is_another_clock));
    let is_expired = error.is_expired_token()
        || (is_silent(400) && error.other_region(&request.region).is_none());
    if let Some(Credentials { secret_access_key, session_token, .. }) = &credentials {
        error = error.without(secret_access_key).without(session_token.as_deref().unwrap_or(""));
    }
    let is_busy = error.is_throttled() || (error.status() == Some(503) && request.is_repeatable);
    let delay = if *may_correct && is_skewed && learn_clock_skew(date) {
        *may_correct = false;
        Some(Duration::ZERO)
    } else if *may_correct && is_expired {
        *may_correct = false;
        keys.forget();
        Some(Duration::ZERO)
    } else if is_busy || (request.method == "PUT" && error.is_conflict()) {
        Some(THROTTLED_DELAY)
    } else if error.is_momentary() || (error.is_transient() && request.is_repeatable) {
        Some(FIRST_DELAY)
    } else {
        None
    };
    (delay, error)
}

fn after_no_response(request: &Request, reason: NoResponse) -> (Option<Duration>, Error) {
    let NoResponse { error, is_final } = reason;
    let may_repeat = !is_final && (error.was_not_sent() || request.is_repeatable);
    (may_repeat.then_some(FIRST_DELAY), error)
}

/// The time that signatures have, in seconds since 1970.
pub(crate) fn signing_time() -> i64 {
    now_s().saturating_add(CLOCK_SKEW_S.load(Ordering::Relaxed))
}

/// Whether a service with this time would refuse a signature of now.
fn is_another_clock(time: i64) -> bool {
    time.abs_diff(signing_time()) > MAX_SKEW_S
}

/// Keeps the difference to the service's clock. Returns whether there is one.
fn learn_clock_skew(date: Option<i64>) -> bool {
    let Some(skew) = date.map(|time| time - now_s()) else { return false };
    log::warn!(
        "this machine's clock differs from that of AWS by {skew} s; it is taken into account"
    );
    CLOCK_SKEW_S.store(skew, Ordering::Relaxed);
    true
}
