//! Signature Version 4.
//!
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use crate::credentials::Credentials;
use crate::date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};
use std::fmt::Write;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same for a path, which keeps its slashes.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The payload of a request whose body is not signed.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parts of a request that are signed.
pub(crate) struct Signable<'a> {
    pub method: &'a str,
    /// As it is sent: percent-encoded.
    pub path: &'a str,
    /// Decoded.
    pub query: Vec<(String, String)>,
    /// With names in lower case; `host` among them.
    pub headers: Vec<(String, String)>,
    /// The hash of the body in hexadecimal digits, or [`UNSIGNED_PAYLOAD`].
    pub payload: String,
    pub service: &'a str,
    pub region: &'a str,
    /// S3 encodes the path once, all others twice.
    pub is_s3: bool,
    /// In seconds since 1970.
    pub time: i64,
}

/// Encodes a part of a query or path, slashes too.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Encodes a path, but not its slashes.
pub(crate) fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_IN_PATH).to_string()
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Adds the headers of a signature: date, token, and `authorization`.
pub(crate) fn sign(request: &mut Signable, credentials: &Credentials) {
    let time = date::basic(request.time);
    let mut add = |name: &str, value: &str| {
        request.headers.push((name.to_owned(), value.to_owned()));
    };
    add("x-amz-date", &time);
    if let Some(token) = &credentials.session_token {
        add("x-amz-security-token", token);
    }
    let (signed, signature) = signature(request, credentials, &time);
    let scope = scope(request, &time);
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}",
        credentials.access_key_id
    );
    request.headers.push(("authorization".to_owned(), authorization));
}

/// Adds the parameters of a signature to the query, so that the URL alone is the request.
pub(crate) fn presign(request: &mut Signable, credentials: &Credentials, expires_s: u64) {
    let time = date::basic(request.time);
    let scope = scope(request, &time);
    let signed = signed_headers(request);
    let mut add = |name: &str, value: String| request.query.push((name.to_owned(), value));
    add("X-Amz-Algorithm", ALGORITHM.to_owned());
    add("X-Amz-Credential", format!("{}/{scope}", credentials.access_key_id));
    add("X-Amz-Date", time.clone());
    add("X-Amz-Expires", expires_s.to_string());
    add("X-Amz-SignedHeaders", signed);
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token.clone());
    }
    let (_, signature) = signature(request, credentials, &time);
    request.query.push(("X-Amz-Signature".to_owned(), signature));
}

fn scope(request: &Signable, time: &str) -> String {
    let day = time.get(..8).unwrap_or_default();
    format!("{day}/{}/{}/aws4_request", request.region, request.service)
}

fn signed_headers(request: &Signable) -> String {
    let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.join(";")
}

/// Returns the names of the signed headers, and the signature.
fn signature(request: &Signable, credentials: &Credentials, time: &str) -> (String, String) {
    let signed = signed_headers(request);
    let canonical = canonical(request, &signed);
    let scope = scope(request, time);
    let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hash(canonical.as_bytes()));
    let mut key = format!("AWS4{}", credentials.secret_access_key).into_bytes();
    let day = time.get(..8).unwrap_or_default();
    for part in [day, request.region, request.service, "aws4_request"] {
        key = mac(&key, part);
    }
    (signed, hex(&mac(&key, &text)))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn canonical(request: &Signable, signed: &str) -> String {
    let path = if request.path.is_empty() { "/" } else { request.path };
    let path = if request.is_s3 { path.to_owned() } else { encode_path(&normalized(path)) };
    let mut headers: Vec<_> = request.headers.iter().collect();
    headers.sort();
    let mut text = format!("{}\n{path}\n{}\n", request.method, query_text(&request.query));
    for (name, value) in headers {
        let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
        let _ = writeln!(text, "{name}:{}", words.join(" "));
    }
    let _ = write!(text, "\n{signed}\n{}", request.payload);
    text
}

/// The query, encoded and sorted.
pub(crate) fn query_text(query: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = query.iter().map(|(k, v)| (encode(k), encode(v))).collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
    pairs.join("&")
}

/// Without empty segments, `.` and `..`; S3 keeps them.
fn normalized(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}
