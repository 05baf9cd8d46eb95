//! Subscriptions of the Telemetry API, within AWS's limits.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html>.

use crate::json::parse;
use miniserde::{Deserialize, json};
use std::time::Duration;

/// The kind of a record, as subscriptions name it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stream {
    Platform,
    Function,
    Extension,
}

impl Stream {
    const ALL: [Self; 3] = [Self::Platform, Self::Function, Self::Extension];

    pub fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

/// A request for a subscription.
#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "schemaVersion")]
    schema_version: Option<String>,
    types: Vec<String>,
    buffering: Option<Buffering>,
    destination: Destination,
}

#[derive(Default, Deserialize)]
struct Buffering {
    #[serde(rename = "maxItems")]
    max_items: Option<usize>,
    #[serde(rename = "maxBytes")]
    max_bytes: Option<usize>,
    #[serde(rename = "timeoutMs")]
    timeout_ms: Option<u64>,
}

#[derive(Deserialize)]
struct Destination {
    protocol: String,
    #[serde(rename = "URI")]
    uri: String,
}

/// The schemas that AWS has; the records of the newest one have all fields of the others.
const SCHEMAS: [&str; 3] = ["2022-07-01", "2022-12-13", "2025-01-29"];

/// A subscription that is in order.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub streams: Vec<Stream>,
    pub max_items: usize,
    pub max_bytes: usize,
    pub timeout: Duration,
    pub port: u16,
    pub path: String,
}

impl Subscription {
    /// Reads the body of a request. Returns what is wrong with it.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        let document = std::str::from_utf8(body).ok().filter(|_| parse(body).is_some());
        let wanted = document.and_then(|text| json::from_str::<Wanted>(text).ok());
        let wanted = wanted.ok_or(
            "the body is no subscription: an object with types, a list, with a destination, and with \
             whole numbers in buffering",
        )?;
        let schema = wanted.schema_version.as_deref().unwrap_or("2022-07-01");
        if !SCHEMAS.contains(&schema) {
            return Err(format!("schemaVersion is one of {}", SCHEMAS.join(", ")));
        }
        let stream = |name: &String| Stream::ALL.into_iter().find(|one| one.name() == name);
        let streams: Option<Vec<_>> = wanted.types.iter().map(stream).collect();
        let streams = streams.filter(|streams| !streams.is_empty());
        let streams = streams.ok_or("types are of platform, function and extension")?;
        let buffering = wanted.buffering.unwrap_or_default();
        let max_items = buffering.max_items.unwrap_or(10_000);
        let max_bytes = buffering.max_bytes.unwrap_or(262_144);
        let timeout_ms = buffering.timeout_ms.unwrap_or(1000);
        if !(1000..=10_000).contains(&max_items)
            || !(262_144..=1_048_576).contains(&max_bytes)
            || !(25..=30_000).contains(&timeout_ms)
        {
            return Err(
                "buffering is maxItems from 1000 to 10000, maxBytes from 262144 to 1048576 \
                        and timeoutMs from 25 to 30000"
                    .to_owned(),
            );
        }
        if wanted.destination.protocol != "HTTP" {
            return Err("the destination's protocol is HTTP: TCP is not built in".to_owned());
        }
        let (port, path) = address(&wanted.destination.uri)
            .ok_or("the destination's URI is http://sandbox.localdomain:PORT with a path")?;
        let timeout = Duration::from_millis(timeout_ms);
        Ok(Self { streams, max_items, max_bytes, timeout, port, path })
    }

    pub fn types(&self) -> Vec<&'static str> {
        self.streams.iter().map(|stream| stream.name()).collect()
    }
}

/// The port and the path of a destination on this machine.
fn address(uri: &str) -> Option<(u16, String)> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let is_here = matches!(host, "sandbox.localdomain" | "sandbox" | "localhost" | "127.0.0.1");
    let is_path = path.bytes().all(|byte| byte.is_ascii_graphic());
    let path = if path.is_empty() { "/" } else { path };
    let port = port.parse().ok().filter(|port| *port > 0 && is_here && is_path)?;
    Some((port, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "http://sandbox.localdomain:4243/logs";

    fn wanted(types: &str, more: &str, protocol: &str, uri: &str) -> String {
        format!(
            r#"{{"schemaVersion":"2025-01-29","types":[{types}]{more},
                "destination":{{"protocol":"{protocol}","URI":"{uri}"}}}}"#
        )
    }

    #[test]
    fn a_subscription_is_within_the_limits_of_aws() {
        let most = r#","buffering":{"maxItems":1000,"maxBytes":1048576,"timeoutMs":25}"#;
        let text = wanted("\"platform\",\"function\"", most, "HTTP", URI);
        let got = Subscription::parse(text.as_bytes()).unwrap();
        assert_eq!(got.types(), ["platform", "function"]);
        assert_eq!((got.port, &*got.path, got.max_items), (4243, "/logs", 1000));
        for (text, said) in [
            (wanted("", "", "HTTP", URI), "types are of"),
            (wanted("\"logs\"", "", "HTTP", URI), "types are of"),
            (wanted("\"function\"", "", "TCP", URI), "protocol is HTTP"),
            (wanted("\"function\"", "", "HTTP", "http://example.com:80"), "URI is"),
            (wanted("\"function\"", "", "HTTP", "http://sandbox:0"), "URI is"),
            (
                wanted("\"function\"", r#","buffering":{"timeoutMs":24}"#, "HTTP", URI),
                "timeoutMs from 25",
            ),
            (wanted("\"function\"", "", "HTTP", URI).replace("2025-01", "2025-02"), "one of 2022"),
            ("[]".to_owned(), "no subscription"),
        ] {
            let error = Subscription::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
