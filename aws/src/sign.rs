//! Signature Version 4.
//!
//! See
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use crate::date;
use crate::environment::lock;
use crate::error::Error;
use crate::url::{Url, encode_path, query_text};
use ring::{digest, hmac};
use std::borrow::Cow;
use std::fmt;
use std::sync::Mutex;

/// The payload of a request whose body is not signed.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Keys that sign a request. They are not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The id of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// The token of temporary credentials, as those of a Lambda function are.
    pub session_token: Option<String>,
}

impl Credentials {
    /// Checks that they can be sent: a file with other ends of lines leaves a sign at their end.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let token = self.session_token.as_deref().unwrap_or("-");
        for (what, text) in [
            ("access key id", &*self.access_key_id),
            ("secret access key", &*self.secret_access_key),
            ("session token", token),
        ] {
            // Counting does not stop at the first, so the compiler makes vectors of it.
            let wrong = text.bytes().filter(|byte| !byte.is_ascii_graphic()).count();
            if text.is_empty() || wrong > 0 {
                let reason = "is empty, or has a blank, a line break or a sign that is not ASCII";
                return Err(Error::new("Aws.NoCredentials", format!("the {what} {reason}")));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Credentials(hidden)")
    }
}

/// What a signature is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub service: &'a str,
    pub region: &'a str,
    /// In seconds since 1970.
    pub time: i64,
}

impl Scope<'_> {
    /// S3 encodes the path once and keeps it as it is; all others encode it twice.
    fn is_s3(&self) -> bool {
        matches!(self.service, "s3" | "s3-object-lambda" | "s3express" | "s3-outposts")
    }

    /// What a signature says of the body. VPC Lattice takes none that says more.
    fn payload<'a>(&self, payload: &'a str) -> &'a str {
        if self.service == "vpc-lattice-svcs" { UNSIGNED_PAYLOAD } else { payload }
    }

    /// Whether the service wants to have the same in a header: a collection of `aoss`, for example,
    /// refuses a request with a body otherwise.
    fn has_payload_in_header(&self) -> bool {
        self.is_s3() || matches!(self.service, "aoss" | "glacier" | "vpc-lattice-svcs")
    }

    fn text(&self, time: &str) -> String {
        let day = time.get(..8).unwrap_or_default();
        [day, "/", self.region, "/", self.service, "/aws4_request"].concat()
    }
}

/// A request before it is signed. Names of headers are in lower case, each once; `host` is added.
#[derive(Clone, Copy)]
pub(crate) struct Unsigned<'a> {
    pub method: &'a str,
    pub url: &'a Url,
    pub headers: &'a [(String, String)],
    /// The hash of the body in hexadecimal digits, or [`UNSIGNED_PAYLOAD`].
    pub payload: &'a str,
}

/// Headers that programs on the way change.
const NOT_SIGNED: [&str; 2] = ["user-agent", "x-amzn-trace-id"];

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' - 10 + half };
    let mut digits = vec![0; bytes.len() * 2];
    for (byte, place) in bytes.iter().zip(digits.chunks_exact_mut(2)) {
        place.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xF)]);
    }
    String::from_utf8(digits).unwrap_or_default() // they are ASCII
}

/// Returns the headers with those of a signature: date, token, and `authorization`.
pub(crate) fn sign(
    request: &Unsigned,
    scope: &Scope,
    credentials: &Credentials,
) -> Vec<(String, String)> {
    let time = date::basic(scope.time);
    let request = &Unsigned { payload: scope.payload(request.payload), ..*request };
    let mut headers = request.headers.to_vec();
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    if scope.has_payload_in_header() {
        add("x-amz-content-sha256", request.payload);
    }
    add("x-amz-date", &time);
    if let Some(token) = &credentials.session_token {
        add("x-amz-security-token", token);
    }
    let signed = Signed::new(&Unsigned { headers: &headers, ..*request });
    let canonical = signed.canonical(request, scope, &request.url.query);
    let signature = signature(&canonical, scope, &time, credentials);
    let authorization = [
        ALGORITHM,
        " Credential=",
        &credentials.access_key_id,
        "/",
        &scope.text(&time),
        ", SignedHeaders=",
        &signed.names,
        ", Signature=",
        &signature,
    ]
    .concat();
    headers.push(("authorization".to_owned(), authorization));
    headers
}

/// Returns the URL with the parameters of a signature, so that the URL alone is the request.
pub(crate) fn presign(
    request: &Unsigned,
    scope: &Scope,
    credentials: &Credentials,
    expires_s: u64,
) -> Url {
    let time = date::basic(scope.time);
    let signed = Signed::new(request);
    let mut url = request.url.clone();
    let mut add = |name: &str, value: String| url.query.push((name.to_owned(), value));
    add("X-Amz-Algorithm", ALGORITHM.to_owned());
    add("X-Amz-Credential", format!("{}/{}", credentials.access_key_id, scope.text(&time)));
    add("X-Amz-Date", time.clone());
    add("X-Amz-Expires", expires_s.to_string());
    add("X-Amz-SignedHeaders", signed.names.clone());
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token.clone());
    }
    let canonical = signed.canonical(request, scope, &url.query);
    let signature = signature(&canonical, scope, &time, credentials);
    url.query.push(("X-Amz-Signature".to_owned(), signature));
    url
}

/// The signed headers in their order.
struct Signed {
    names: String,
    lines: String,
}

impl Signed {
    fn new(request: &Unsigned) -> Self {
        let headers = request.headers.iter().map(|(name, value)| (&**name, &**value));
        let mut headers: Vec<_> = headers.filter(|(name, _)| !NOT_SIGNED.contains(name)).collect();
        if !headers.iter().any(|(name, _)| *name == "host") {
            headers.push(("host", &request.url.host));
        }
        headers.sort_unstable();
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut lines = String::with_capacity(bytes);
        for (name, value) in &headers {
            lines.extend([name, ":"]);
            if value.contains(' ') {
                let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
                lines.push_str(&words.join(" "));
            } else {
                lines.push_str(value);
            }
            lines.push('\n');
        }
        Self { names: names.join(";"), lines }
    }

    fn canonical(&self, request: &Unsigned, scope: &Scope, query: &[(String, String)]) -> String {
        let path = if request.url.path.is_empty() { "/" } else { &request.url.path };
        let path = match path {
            "/" => Cow::Borrowed(path),
            _ if scope.is_s3() => Cow::Borrowed(path),
            _ => Cow::Owned(encode_path(&normalized(path))),
        };
        let Self { names, lines } = self;
        let Unsigned { method, payload, .. } = request;
        [method, &*path, &query_text(query), lines, names, payload].join("\n")
    }
}

fn signature(canonical: &str, scope: &Scope, time: &str, credentials: &Credentials) -> String {
    let hash = hash(canonical.as_bytes());
    let text = [ALGORITHM, time, &scope.text(time), &hash].join("\n");
    let day = time.get(..8).unwrap_or_default();
    let secret = &*credentials.secret_access_key;
    let key = signing_key([secret, day, scope.region, scope.service]);
    hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

/// The keys that were made of a secret, a day, a region and a service.
static KEYS: Mutex<Vec<([String; 4], hmac::Key)>> = Mutex::new(Vec::new());

/// A function signs for a few services. The oldest key is forgotten.
const MAX_KEYS: usize = 16;

/// Returns the key of a day. To make it takes longer than to sign with it.
fn signing_key(of: [&str; 4]) -> hmac::Key {
    let mut keys = lock(&KEYS);
    if let Some((_, key)) = keys.iter().find(|(known, _)| *known == of) {
        return key.clone();
    }
    let [secret, day, region, service] = of;
    let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    let key = [day, region, service, "aws4_request"].into_iter().fold(first, |key, part| {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
    });
    if keys.len() >= MAX_KEYS {
        keys.remove(0);
    }
    keys.push((of.map(str::to_owned), key.clone()));
    key
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
