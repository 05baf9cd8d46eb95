//! A custom resource of CloudFormation: a search index. The response is sent to the URL of the
//! event.
//!
//! The URL is `https`. In your project, take ureq with TLS:
//! `ureq = { version = "3", default-features = false, features = ["rustls"] }`.
//!
//! ```text
//! cargo run --example cloudformation -- cfn.index data/cloudformation.json
//! ```

use minilambda::{Context, Error, Handler, Next, decode, encode, handler};
use minilambda_events::cloudformation::{Event, RequestType, Response};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] = &[("cfn.index", handler!(index).around(&[respond]))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// CloudFormation passes numbers and booleans as strings.
#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Shards")]
    shards: Option<String>,
}

/// What the template gets with `Fn::GetAtt`.
#[derive(Serialize)]
struct Attributes {
    #[serde(rename = "Endpoint")]
    endpoint: String,
}

/// Returns the resource's id and attributes. Lambda may invoke it again with the same event.
fn index(event: Event<Properties>, _: &Context) -> Result<Response<Attributes>, Error> {
    let properties = event.resource_properties.as_ref().ok_or("there are no properties")?;
    let shards: u32 = properties.shards.as_deref().unwrap_or("1").parse()?;
    match event.request_type {
        RequestType::Create => log::info!("creating {} with {shards} shards", properties.name),
        RequestType::Update => log::info!("updating {} to {shards} shards", properties.name),
        RequestType::Delete => log::info!("deleting {}", properties.name),
    }
    let endpoint = format!("https://search.example.com/{}", properties.name);
    Ok(event.success(format!("index-{}", properties.name), Attributes { endpoint }))
}

/// CloudFormation waits for a response, up to an hour. So a failure is one too: an error, a panic,
/// and properties that do not match.
fn respond(bytes: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
    let event: Event = decode(&bytes)?;
    let response = next.run(bytes, context).unwrap_or_else(|error| {
        log::error!("{:?} of {} failed: {error}", event.request_type, event.logical_resource_id);
        encode(&event.failure(error.message()))
    });
    send(&event, &response, context)?;
    Ok(response)
}

fn send(event: &Event, response: &[u8], context: &Context) -> Result<(), Error> {
    let timeout = context.time_left().unwrap_or(Duration::from_secs(10));
    let Some(url) = &event.response_url else {
        return Err(Error::new("NotSent", "the event has no ResponseURL for the response"));
    };
    let request = ureq::put(url.expose()).config().timeout_global(Some(timeout)).build();
    // The URL is signed for a request without a content type.
    let result = request.header("Content-Type", "").send(response);
    // The URL is a secret, so it must not get into the log with ureq's error.
    let status = result.map_err(|_| Error::new("NotSent", "cannot send the response"))?.status();
    log::info!("sent the response: {status}");
    Ok(())
}
