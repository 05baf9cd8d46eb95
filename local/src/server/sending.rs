//! HTTP requests to functions, from a socket or from the page, which shows them.

use super::site::Site;
use crate::error::Error;
use crate::fault::Fault;
use crate::front_end::{Head, REASON};
use crate::gateway::Admission;
use crate::http;
use crate::invocation::{Invocation, Request};
use crate::journal::Asked;
use crate::supervisor::Part;

/// How a function is run, if it is asked for on the page.
#[derive(Clone, Default)]
pub(super) struct How {
    pub fault: Option<Fault>,
    pub is_cold: bool,
}

/// The end of a request.
pub(super) enum Sent {
    Ran(Invocation),
    /// The authorizer refuses it.
    Refused(Head, Vec<u8>),
}

/// Sends a request to a function. It is noted under this id for the page.
pub(super) fn send(
    site: &Site,
    function: &str,
    asked: &Asked,
    id: &str,
    how: How,
    on_part: &mut dyn FnMut(Part),
) -> Result<Sent, Error> {
    let request = match asked.gateway.admit(&site.lambda, function, &asked.request)? {
        Admission::Run(request) => {
            let How { fault, is_cold } = how;
            Request { id: Some(id.to_owned()), fault, is_cold, ..request }
        }
        Admission::Refused { head, body, .. } => {
            let reason = http::value_of(&head.headers, REASON).unwrap_or_default();
            let line = format!("status {}: {reason}", head.status);
            let handler = site.lambda.find(function)?;
            let refusal = (head.clone(), body.clone());
            site.journal.refuse(id, &handler, asked.clone(), refusal, line);
            return Ok(Sent::Refused(head, body));
        }
    };
    site.journal.expect(id, asked.clone());
    let result = site.lambda.run(request, on_part);
    site.journal.forget(id);
    let invocation = result?;
    asked.gateway.note(&site.lambda.settings(), function, &invocation);
    Ok(Sent::Ran(invocation))
}
