//! An authorizer of AWS IoT Core: a device may publish to its own topic only.
//!
//! ```text
//! cargo run --example iot -- iot.authorize data/iot.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::Secret;
use minilambda_events::iam::{Policy, Statement};
use minilambda_events::iot::authorizer::{Event, Response};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("iot.authorize", handler!(authorize))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

const ARN: &str = "arn:aws:iot:eu-central-1:123456789012";

fn authorize(event: Event, _: &Context) -> Result<Response, Error> {
    let mqtt = event.protocol_data.mqtt.unwrap_or_default();
    let device = mqtt.username.map(Secret::into_exposed);
    let (Some(device), Some(client)) = (device, mqtt.client_id) else {
        return Ok(Response::deny());
    };
    let is_known = event.token.is_some_and(|token| token.expose() == "open-sesame");
    if !is_known || !is_plain(&device) || !is_plain(&client) {
        return Ok(Response::deny());
    }
    let policies = [
        Statement::allow("iot:Connect", format!("{ARN}:client/{client}")),
        Statement::allow("iot:Publish", format!("{ARN}:topic/devices/{device}")),
    ];
    let id: String = device.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(Response::allow(id, policies.map(Policy::new).to_vec()))
}

/// A name with `*` or `/` would match what belongs to others.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
