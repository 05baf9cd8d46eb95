//! The metadata of the execution environment: its availability zone.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html>.

use super::check_response;
use super::names::{AUTHORIZATION, MAX_TEXT_BYTES, METADATA};
use crate::Error;
use crate::environment::variable;
use crate::http::client::{Client, HeaderName, HeaderValue};
use crate::json::decode_or;
use crate::panics::lock;
use miniserde::Deserialize;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// The endpoint is on the same machine.
const LIMIT: Duration = Duration::from_secs(1);

static ZONE: Mutex<Zone> = Mutex::new(Zone { id: None, failed: None });

struct Zone {
    /// The id, once it is known.
    id: Option<String>,
    /// When the last request failed, and why.
    failed: Option<(Instant, String)>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "AvailabilityZoneID")]
    availability_zone_id: Option<String>,
}

/// Returns the id of the availability zone in which this execution environment runs, such as
/// `use1-az1`: to prefer a replica of a database or a cache in the same zone. Unlike the zone's
/// name (`us-east-1a`) it is the same in all accounts.
///
/// The first call asks Lambda's metadata endpoint, for at most a second, and the id is kept. It is
/// forgotten when `SnapStart` restores a snapshot, perhaps in another zone. `minilambda-local` has
/// the endpoint too.
///
/// ```
/// fn host() -> String {
///     // Not on Lambda, or no response: any replica will do.
///     let zone = minilambda::availability_zone_id().unwrap_or_default();
///     match &*zone {
///         "euc1-az1" => "replica-1.example.com".to_owned(),
///         _ => "replicas.example.com".to_owned(),
///     }
/// }
/// # assert_eq!(host(), "replicas.example.com");
/// ```
///
/// # Errors
/// `Function.NoMetadata` if the endpoint does not exist, does not respond in time, or not with the
/// zone. Threads that ask at the same time get the same error. It is not kept: the next call asks
/// again.
pub fn availability_zone_id() -> Result<String, Error> {
    let begin = Instant::now();
    // Other threads wait here while one asks, and get its failure: each would wait for a second
    // after the other.
    let mut zone = lock(&ZONE);
    if let Some(id) = &zone.id {
        return Ok(id.clone());
    }
    if let Some((_, reason)) = zone.failed.as_ref().filter(|(at, _)| *at >= begin) {
        return Err(no_metadata(reason));
    }
    match find() {
        Ok(id) => Ok(zone.id.insert(id).clone()),
        Err(reason) => {
            let error = no_metadata(&reason);
            zone.failed = Some((Instant::now(), reason));
            Err(error)
        }
    }
}

fn find() -> Result<String, String> {
    let address = variable("AWS_LAMBDA_METADATA_API");
    let (Some(address), Some(token)) = (address, variable("AWS_LAMBDA_METADATA_TOKEN")) else {
        return Err(
            "AWS_LAMBDA_METADATA_API and AWS_LAMBDA_METADATA_TOKEN are not set; Lambda and \
                    minilambda-local set them"
                .to_owned(),
        );
    };
    let document = ask_within(LIMIT, address, token)?;
    let metadata: Metadata = decode_or(&document, |message| message)?;
    metadata.availability_zone_id.ok_or_else(|| "the response has no AvailabilityZoneID".to_owned())
}

/// Forgets the zone: a snapshot may be restored in another one.
pub(crate) fn forget() {
    *lock(&ZONE) = Zone { id: None, failed: None };
}

fn no_metadata(reason: &str) -> Error {
    Error::new(
        "Function.NoMetadata",
        format!("the availability zone is not known, from the metadata endpoint: {reason}"),
    )
}

/// Asks in a thread, so that one limit is for all: connecting, the head and the body.
fn ask_within(limit: Duration, address: String, token: String) -> Result<Vec<u8>, String> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("metadata".to_owned())
        .spawn(move || drop(sender.send(ask(&address, &token))))
        .map_err(|error| error.to_string())?;
    let ms = limit.as_millis();
    receiver.recv_timeout(limit).unwrap_or_else(|_| Err(format!("no response within {ms} ms")))
}

fn ask(address: &str, token: &str) -> Result<Vec<u8>, String> {
    let client = Client::new(address, "none-")
        .map_err(|reason| format!("AWS_LAMBDA_METADATA_API={address} cannot be used: {reason}"))?;
    let mut token = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| "AWS_LAMBDA_METADATA_TOKEN is not the value of a header".to_owned())?;
    token.set_sensitive(true);
    let uri = client.uri(METADATA).map_err(|error| error.to_string())?;
    let header = (HeaderName::from_static(AUTHORIZATION), token);
    let response = client.get(uri, Some(header)).map_err(|error| error.to_string())?;
    check_response(response)?.text(MAX_TEXT_BYTES).map_err(|error| error.to_string())
}
