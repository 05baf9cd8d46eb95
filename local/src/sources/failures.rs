//! What a function says of the records of its event.

use crate::invocation::Invocation;
use crate::json;
use miniserde::json::Value;

/// The ids of the records that have failed, or why all have. With `is_partial` the response has
/// them.
pub(super) fn failed_items(
    invocation: &Invocation,
    is_partial: bool,
    is_known: impl Fn(&str) -> bool,
) -> Result<Vec<String>, String> {
    if let Some(failure) = &invocation.failure {
        return Err(failure.kind.clone());
    }
    if !is_partial {
        return Ok(Vec::new());
    }
    let wrong = || "the response is no {\"batchItemFailures\":[{\"itemIdentifier\":…}]}".to_owned();
    let response = match json::parse(&invocation.payload) {
        Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(response)) => response,
        _ => return Err(wrong()),
    };
    let failures = match response.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(failures)) => failures,
        Some(_) => return Err(wrong()),
    };
    let id = |failure: &Value| match failure {
        Value::Object(failure) => json::string(failure, "itemIdentifier").map(str::to_owned),
        _ => None,
    };
    let ids: Option<Vec<_>> = failures.iter().map(id).collect();
    let ids = ids.ok_or_else(wrong)?;
    if !ids.iter().all(|id| is_known(id)) {
        return Err(
            "an itemIdentifier in the response is that of no record of the event".to_owned()
        );
    }
    Ok(ids)
}
