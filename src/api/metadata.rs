//! The metadata of the execution environment: its availability zone.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html>.

use super::check_response;
use super::names::{AUTHORIZATION, MAX_TEXT_BYTES, METADATA};
use crate::Error;
use crate::calendar::is_recent;
use crate::environment::variable;
use crate::http::client::{Client, HeaderName, HeaderValue};
use crate::json::decode_or;
use crate::panics::lock;
use miniserde::Deserialize;
use std::sync::{Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

/// The endpoint is on the same machine.
const LIMIT: Duration = Duration::from_secs(1);

/// How long a failure is kept: an endpoint that hangs costs each event a second otherwise.
const PAUSE: Duration = Duration::from_secs(30);

static ZONE: Mutex<Zone> = Mutex::new(Zone { id: None, failed: None, late: None });

struct Zone {
    /// The id, once it is known.
    id: Option<String>,
    /// When the last request failed, and why. By the time of day: a freeze stops other clocks.
    failed: Option<(SystemTime, String)>,
    /// The request that had no response in time.
    late: Option<Box<(Client, JoinHandle<()>)>>,
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
/// zone. The error is kept for 30 s, in which the endpoint is not asked again.
pub fn availability_zone_id() -> Result<String, Error> {
    // Other threads wait here while one asks.
    lock(&ZONE).find(endpoint).map_err(|reason| {
        let message =
            format!("the availability zone is not known, from the metadata endpoint: {reason}");
        Error::new("Function.NoMetadata", message)
    })
}

/// Returns the address and the token.
fn endpoint() -> Result<(String, String), String> {
    let address = variable("AWS_LAMBDA_METADATA_API");
    address.zip(variable("AWS_LAMBDA_METADATA_TOKEN")).ok_or_else(|| {
        "AWS_LAMBDA_METADATA_API and AWS_LAMBDA_METADATA_TOKEN are not set; Lambda and \
         minilambda-local set them"
            .to_owned()
    })
}

impl Zone {
    fn find(
        &mut self,
        endpoint: impl FnOnce() -> Result<(String, String), String>,
    ) -> Result<String, String> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        if let Some((_, reason)) = self.failed.as_ref().filter(|(at, _)| is_recent(*at, PAUSE)) {
            return Err(reason.clone());
        }
        let read = endpoint().and_then(|(address, token)| self.ask_within(&address, &token));
        match read.and_then(|document| id_of(&document)) {
            Ok(id) => Ok(self.id.insert(id).clone()),
            Err(reason) => {
                self.failed = Some((SystemTime::now(), reason.clone()));
                Err(reason)
            }
        }
    }

    /// Asks in a thread, so that one limit is for all: connecting, the head and the body. After it
    /// the connection is closed, which ends the thread. Until it has ended there is no other.
    fn ask_within(&mut self, address: &str, token: &str) -> Result<Vec<u8>, String> {
        if let Some(late) = self.late.as_ref().filter(|late| !late.1.is_finished()) {
            late.0.close(); // it may have been connecting before
            return Err("the request before is still without a response".to_owned());
        }
        let client = Client::new(address, "none-").map_err(|reason| {
            format!("AWS_LAMBDA_METADATA_API={address} cannot be used: {reason}")
        })?;
        let mut token = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| "AWS_LAMBDA_METADATA_TOKEN is not the value of a header".to_owned())?;
        token.set_sensitive(true);
        let (sender, receiver) = mpsc::channel();
        let of_thread = client.clone();
        let thread = thread::Builder::new()
            .name("metadata".to_owned())
            .spawn(move || drop(sender.send(ask(&of_thread, token))))
            .map_err(|error| error.to_string())?;
        receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
            client.close();
            self.late = Some(Box::new((client, thread)));
            Err(format!("no response within {} ms", LIMIT.as_millis()))
        })
    }
}

fn ask(client: &Client, token: HeaderValue) -> Result<Vec<u8>, String> {
    let uri = client.uri(METADATA).map_err(|error| error.to_string())?;
    let header = (HeaderName::from_static(AUTHORIZATION), token);
    let response = client.get(uri, Some(header)).map_err(|error| error.to_string())?;
    check_response(response)?.text(MAX_TEXT_BYTES).map_err(|error| error.to_string())
}

fn id_of(document: &[u8]) -> Result<String, String> {
    let metadata: Metadata = decode_or(document, |message| message)?;
    metadata.availability_zone_id.ok_or_else(|| "the response has no AvailabilityZoneID".to_owned())
}

/// Forgets the zone: a snapshot may be restored in another one.
pub(crate) fn forget() {
    let mut zone = lock(&ZONE);
    (zone.id, zone.failed) = (None, None);
}

#[cfg(test)]
mod tests {
    use super::Zone;
    use std::io::Read;
    use std::net::TcpListener;
    use std::time::SystemTime;

    /// The endpoint accepts connections, and says nothing.
    #[test]
    fn a_silent_endpoint_has_one_connection_and_one_thread_and_is_left_alone_for_a_while() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut zone = Zone { id: None, failed: None, late: None };
        let mut find = |is_recent: bool| {
            if !is_recent {
                zone.failed = Some((SystemTime::UNIX_EPOCH, String::new()));
            }
            let reason = zone.find(|| Ok((address.clone(), "t".to_owned()))).unwrap_err();
            (reason, zone.late.take())
        };
        let (reason, thread) = find(false);
        assert_eq!(reason, "no response within 1000 ms");
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        connection.read_to_end(&mut request).unwrap(); // to the end: it is closed
        assert!(request.starts_with(b"GET /2026-01-15/metadata/"));
        thread.unwrap().1.join().unwrap();
        listener.set_nonblocking(true).unwrap();
        let (reason, _) = find(true);
        assert_eq!(reason, "no response within 1000 ms");
        assert!(listener.accept().is_err(), "it is not asked again");
        let (_, thread) = find(false);
        assert!(thread.is_some() && listener.accept().is_ok(), "it is asked again later");
    }

    #[test]
    fn there_is_no_second_request_before_the_thread_of_the_first_has_ended() {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let late = std::thread::spawn(move || receiver.recv().unwrap_or_default());
        let client = super::Client::new("127.0.0.1:1", "none-").unwrap();
        let mut zone = Zone { id: None, failed: None, late: Some(Box::new((client, late))) };
        let nowhere = || Ok(("127.0.0.1:1".to_owned(), "t".to_owned()));
        let reason = zone.find(nowhere).unwrap_err();
        assert_eq!(reason, "the request before is still without a response");
        drop(sender);
        while !zone.late.as_ref().unwrap().1.is_finished() {}
        zone.failed = None;
        assert!(zone.find(nowhere).unwrap_err().contains("refused"));
    }
}
