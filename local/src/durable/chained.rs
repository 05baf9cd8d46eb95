//! Functions that are invoked for an execution, and what their failures are for it.

use super::execution::Chain;
use super::operation::{Problem, Status};
use super::update::MAX_PAYLOAD_BYTES;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::ids;
use crate::invocation::{FunctionError, Invocation, Request, TENANT, TRACE};
use std::sync::Arc;

/// The outcome of a chained invocation.
pub(super) type Outcome = Result<Option<Arc<str>>, (Status, Problem)>;

/// Invokes a function that is not durable.
pub(super) fn call(
    run: &dyn Fn(Request) -> Result<Invocation, Error>,
    handler: &str,
    chain: &Chain,
) -> Outcome {
    let failed = |error: Problem| Err((Status::Failed, error));
    let request = Request {
        headers: headers(chain.trace.as_deref(), chain.tenant.as_deref()),
        ..Request::new(handler, chain.input.as_bytes())
    };
    let invocation = match run(request) {
        Ok(invocation) => invocation,
        Err(error) => return failed(problem_of(&error)),
    };
    if let Some(failure) = &invocation.failure {
        return failed(problem(failure));
    }
    if invocation.payload.len() > MAX_PAYLOAD_BYTES {
        let message =
            format!("the result of a chained invocation has at most {MAX_PAYLOAD_BYTES} bytes");
        return failed(Problem::new("InvalidParameterValueException", message));
    }
    match String::from_utf8(invocation.payload) {
        Ok(text) => Ok(Some(text.into())),
        Err(_) => failed(Problem::new(
            "InvalidParameterValueException",
            "the result of a chained invocation is UTF-8",
        )),
    }
}

/// The headers of the Runtime API for a function's context.
pub(super) fn headers(trace: Option<&str>, tenant: Option<&str>) -> Vec<(&'static str, String)> {
    let trace = trace.map_or_else(|| ids::trace(clock::now().as_secs()), str::to_owned);
    let mut headers = vec![(TRACE, trace)];
    headers.extend(tenant.map(|tenant| (TENANT, tenant.to_owned())));
    headers
}

pub(super) fn problem(failure: &FunctionError) -> Problem {
    let stack_trace = Some(failure.stack_trace.clone()).filter(|frames| !frames.is_empty());
    Problem { stack_trace, ..Problem::new(&failure.kind, &*failure.message) }
}

/// A function that could not be run.
pub(super) fn problem_of(error: &Error) -> Problem {
    let kind = match error.kind() {
        ErrorKind::NoSuchHandler => "ResourceNotFoundException",
        ErrorKind::Throttled => "TooManyRequestsException",
        ErrorKind::InvalidEvent => "InvalidRequestContentException",
        ErrorKind::EventTooLarge => "RequestTooLargeException",
        _ => "ServiceException",
    };
    Problem::new(kind, error.to_string())
}

pub(crate) fn failure(error: &Problem) -> FunctionError {
    FunctionError {
        kind: error.kind.clone().unwrap_or_default(),
        message: error.message.clone().unwrap_or_default(),
        stack_trace: error.stack_trace.clone().unwrap_or_default(),
    }
}
