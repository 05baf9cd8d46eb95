//! The requests of extensions: the Extensions API and the Telemetry API.

use crate::instance::{Instance, Refusal};
use crate::json::{self, object, text};
use crate::script;
use crate::settings::ACCOUNT;
use crate::subscription::{Stream, Subscription};
use crate::telemetry;
use crate::wire;
use miniserde::Deserialize;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// The headers of a request that matter here.
#[derive(Default)]
pub(crate) struct Headers {
    pub name: String,
    pub id: String,
    pub features: String,
    pub error_type: String,
}

impl Headers {
    pub fn set(&mut self, name: &str, value: &str) {
        let field = match name {
            "lambda-extension-name" => &mut self.name,
            "lambda-extension-identifier" => &mut self.id,
            "lambda-extension-accept-feature" => &mut self.features,
            "lambda-extension-function-error-type" => &mut self.error_type,
            _ => return,
        };
        value.clone_into(field);
    }
}

/// Responds to a request. `None` if it is none of an extension. `is_closed` says whether the
/// extension has closed the connection.
pub(crate) fn respond(
    instance: &Instance,
    method: &str,
    path: &str,
    headers: &Headers,
    body: &[u8],
    is_closed: &dyn Fn() -> bool,
) -> Option<Vec<u8>> {
    let rest = path.strip_prefix("/2020-01-01/extension/");
    // AWS's page has it with a slash.
    let is_telemetry = path.strip_suffix('/').unwrap_or(path) == "/2022-07-01/telemetry";
    let result = match (method, rest) {
        ("POST", Some("register")) => register(instance, headers, body),
        ("GET", Some("event/next")) => next(instance, headers, is_closed),
        ("POST", Some("init/error")) => fail(instance, headers, "Extension.InitError"),
        ("POST", Some("exit/error")) => fail(instance, headers, "Extension.ExitError"),
        ("PUT", None) if is_telemetry => subscribe(instance, headers, body),
        _ => return None,
    };
    Some(result.unwrap_or_else(|(kind, message)| {
        let document = json::error_document(kind, &message);
        wire::response("403 Forbidden", &[JSON], &document)
    }))
}

#[derive(Deserialize)]
struct Registration {
    events: Option<Vec<String>>,
}

fn register(instance: &Instance, headers: &Headers, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    if headers.name.is_empty() {
        let message = "the header Lambda-Extension-Name is missing".to_owned();
        return Err(("Extension.InvalidExtensionName", message));
    }
    let events = match body.trim_ascii() {
        [] => None,
        body => {
            let registration: Registration = json::typed(body, "body").map_err(|_| {
                let message =
                    r#"the body is no registration such as {"events":["INVOKE","SHUTDOWN"]}"#;
                ("InvalidRequestFormat", message.to_owned())
            })?;
            registration.events
        }
    };
    let id = instance.register_extension(&headers.name, &events.unwrap_or_default())?;
    let settings = &instance.settings;
    let mut document = object([
        ("functionName", text(settings.names.function_of(&instance.handler))),
        ("functionVersion", text("$LATEST")),
        ("handler", text(&*instance.handler)),
    ]);
    let has_account = headers.features.split(',').any(|name| name.trim() == "accountId");
    if let (miniserde::json::Value::Object(fields), true) = (&mut document, has_account) {
        fields.insert("accountId".to_owned(), text(ACCOUNT));
    }
    let document = miniserde::json::to_string(&document);
    let headers = [("Lambda-Extension-Identifier", &*id), JSON];
    Ok(wire::response("200 OK", &headers, document.as_bytes()))
}

fn next(
    instance: &Instance,
    headers: &Headers,
    is_closed: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Refusal> {
    let event = instance.next_of_extension(&headers.id, is_closed)?;
    let Some(event) = event else {
        let message = "there are no more events".to_owned();
        return Err(("Extension.InvalidExtensionState", message));
    };
    let id = crate::ids::uuid();
    let headers = [("Lambda-Extension-Event-Identifier", &*id), JSON];
    Ok(wire::response("200 OK", &headers, event.as_bytes()))
}

fn fail(instance: &Instance, headers: &Headers, kind: &'static str) -> Result<Vec<u8>, Refusal> {
    instance.fail_extension(&headers.id, kind, &headers.error_type)?;
    Ok(script::accepted())
}

fn subscribe(instance: &Instance, headers: &Headers, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let name = instance.extension_name(&headers.id)?;
    let subscription = match Subscription::parse(body) {
        Ok(subscription) => subscription,
        Err(message) => {
            let document = json::error_document("ValidationError", &message);
            return Ok(wire::response("400 Bad Request", &[JSON], &document));
        }
    };
    let types = subscription.types();
    if !instance.telemetry.subscribe(&headers.id, subscription).is_ok_and(|is_open| is_open) {
        let message = "the initialisation is over: an extension subscribes before it".to_owned();
        return Err(("Telemetry.SubscriptionClosed", message));
    }
    let record = || telemetry::subscribed(&name, types);
    instance.telemetry.add(Stream::Platform, "telemetrySubscription", record);
    Ok(wire::response("200 OK", &[("Content-Type", "text/plain")], b"OK"))
}
