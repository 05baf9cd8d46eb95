//! The headers of an event.

use super::names::{PREFIX, REQUEST_ID};
use crate::Context;
use crate::http::client::Response;
use std::borrow::Cow;

/// Writes the headers of an event to `context`, in place of those of the previous event.
///
/// Of a header that is sent twice the first value counts. Two different request ids are an error:
/// the response would go to one of two invocations.
pub(super) fn read(response: &Response, context: &mut Context) -> Result<(), String> {
    clear(context);
    response.each_header(|name, value| {
        // Checking for UTF-8 first is faster than the lossy conversion alone.
        let text =
            std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::from);
        match name {
            REQUEST_ID if context.request_id.is_empty() => context.request_id.push_str(&text),
            REQUEST_ID if context.request_id != text => {
                return Err(format!("the response has two different {PREFIX}{REQUEST_ID} headers"));
            }
            "deadline-ms" if context.deadline_ms.is_none() => {
                context.deadline_ms = text.parse().ok();
            }
            "invoked-function-arn" if context.invoked_function_arn.is_empty() => {
                context.invoked_function_arn.push_str(&text);
            }
            "trace-id" => set(&mut context.trace_id, &text),
            "client-context" => set(&mut context.client_context_json, &text),
            "cognito-identity" => set(&mut context.cognito_identity_json, &text),
            "aws-tenant-id" => set(&mut context.tenant_id, &text),
            "invocation-id" => set(&mut context.invocation_id, &text),
            _ => {}
        }
        Ok(())
    })?;
    if is_path_segment(&context.request_id) {
        return Ok(());
    }
    Err(format!("the response has no usable {PREFIX}{REQUEST_ID} header"))
}

fn clear(context: &mut Context) {
    context.request_id.clear();
    context.invoked_function_arn.clear();
    context.deadline_ms = None;
    context.trace_id = None;
    context.client_context_json = None;
    context.cognito_identity_json = None;
    context.tenant_id = None;
    context.invocation_id = None;
}

fn set(field: &mut Option<String>, text: &str) {
    if field.is_none() && !text.is_empty() {
        *field = Some(text.to_owned());
    }
}

/// Whether an id is one segment of a path, as it is: `.` and `..` would lead to other paths.
fn is_path_segment(id: &str) -> bool {
    let is_allowed =
        |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~');
    !matches!(id, "" | "." | "..") && id.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::is_path_segment;

    #[test]
    fn a_request_id_is_one_segment_of_a_path() {
        for id in ["8476a536-e9f4-11e8-9739-2dfe598c3fcd", "1", "a.b", "...", "~x_"] {
            assert!(is_path_segment(id), "{id}");
        }
        for id in ["", ".", "..", "a/b", "a b", "a%2fb", "a?b", "a#b", "\u{e9}", "a\\b"] {
            assert!(!is_path_segment(id), "{id}");
        }
    }
}
