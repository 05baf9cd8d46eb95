//! Objects that are copied, deleted together, and tagged.

use super::{Action, Bucket, names};
use crate::batches::{self, Capacity, Entry, Order, Outcomes, Refusal, Unsent};
use crate::error::Error;
use crate::rest::Request;
use crate::url::encode_path;
use crate::xml::{Xml, is_xml};
use base64::Engine;
use ring::digest;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The keys of a request that deletes them.
const CAPACITY: Capacity =
    Capacity { entries: 1000, bytes: usize::MAX, entry_bytes: 1024, order: Order::Any };

struct Key(String);

impl Entry for Key {
    fn bytes(&self) -> usize {
        self.0.len()
    }

    fn problem(&self) -> Option<Error> {
        names::check_key(&self.0).err()
    }
}

impl Bucket<'_> {
    /// Copies an object of at most 5 GB to a key of this or another bucket, with its content type,
    /// its metadata and its tags. The bytes stay within S3.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn copy(&self, key: &str, to: &Bucket, to_key: &str) -> Result<(), Error> {
        let mut action = to.action("CopyObject", "PUT", to_key);
        let checked = names::check_bucket(self.name).and_then(|()| names::check_key(key));
        if let Err(error) = checked {
            action.request = action.request.failed(error);
        }
        let mut source = format!("{}/{}", self.name, encode_path(key));
        if let Some(version) = self.version {
            source.extend(["?versionId=", &crate::url::encode(version)]);
        }
        action.request = action.request.header("x-amz-copy-source", &source);
        read_xml(&action, "CopyObject", "CopyObjectResult").map(drop)
    }

    /// Deletes objects, a thousand in a request. Those that are not there are no error. With a
    /// [`version`](Self::version) it is that of each key.
    ///
    /// # Errors
    /// The keys that were not deleted, or of which it is not known; all others were.
    pub fn delete_all<K: Into<String>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), Unsent> {
        let keys: Vec<_> = keys.into_iter().map(|key| Key(key.into())).collect();
        let deadline = self.client.deadline();
        let what = "S3 DeleteObjects";
        batches::send_all(what, deadline, CAPACITY, &keys, |chunk| self.delete_batch(chunk))
    }

    fn delete_batch(&self, chunk: &[&Key]) -> Result<Outcomes, Error> {
        // S3 refuses a request with another key, or says nothing of it.
        let together: Vec<_> = chunk.iter().copied().filter(|key| is_xml(&key.0)).collect();
        let outcomes =
            if together.is_empty() { Vec::new() } else { self.delete_together(&together)? };
        let mut outcomes = outcomes.into_iter();
        let outcome = |key: &&Key| {
            if is_xml(&key.0) {
                return outcomes.next().unwrap_or_else(|| Some(Refusal::unknown()));
            }
            let error = self.delete(&key.0).err()?;
            Some(Refusal { error, is_final: true })
        };
        Ok(chunk.iter().map(outcome).collect())
    }

    fn delete_together(&self, chunk: &[&Key]) -> Result<Outcomes, Error> {
        let mut body = "<Delete><Quiet>true</Quiet>".to_owned();
        let version = self.version.map_or(String::new(), |version| {
            format!("<VersionId>{}</VersionId>", escaped(version))
        });
        for Key(key) in chunk {
            body.extend(["<Object><Key>", &escaped(key), "</Key>", &version, "</Object>"]);
        }
        body.push_str("</Delete>");
        // Deleted twice, an object is as it is after once.
        let bucket = Self { client: self.client.clone().idempotent(), ..self.clone() };
        let mut action = bucket.about_bucket("DeleteObjects", "POST");
        action.request = action.request.query("delete", "");
        let xml = read_xml(&with_xml(action, body), "DeleteObjects", "DeleteResult")?;
        let errors = xml.children().iter().filter(|child| child.name() == "Error");
        let errors = errors.map(|error| {
            let text = |name| error.child(name).unwrap_or_default().to_owned();
            (text("Key"), (text("Code"), text("Message")))
        });
        let errors: BTreeMap<_, _> = errors.collect();
        // An error that names none of the keys may be that of any of them.
        let sent: BTreeSet<_> = chunk.iter().map(|key| &key.0).collect();
        let is_complete = errors.keys().all(|key| sent.contains(key));
        let outcome = |key: &&Key| {
            let Some((code, message)) = errors.get(&key.0).cloned() else {
                return if is_complete { None } else { Some(Refusal::unknown()) };
            };
            let is_services = matches!(&*code, "InternalError" | "SlowDown" | "ServiceUnavailable");
            Some(Refusal::new(code, Some(message), !is_services))
        };
        Ok(chunk.iter().map(outcome).collect())
    }

    /// Reads the tags of an object.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn tags(&self, key: &str) -> Result<Vec<(String, String)>, Error> {
        let mut action = self.action("GetObjectTagging", "GET", key);
        action.request = action.request.query("tagging", "");
        let xml = read_xml(&action, "GetObjectTagging", "Tagging")?;
        let tag = |tag: &Xml| {
            let text = |name| tag.child(name).unwrap_or_default().to_owned();
            (text("Key"), text("Value"))
        };
        Ok(xml.all("Tag").into_iter().map(tag).collect())
    }

    /// Sets the tags of an object, in place of all that it has; at most ten.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn set_tags(&self, key: &str, tags: &[(&str, &str)]) -> Result<(), Error> {
        let mut body = "<Tagging><TagSet>".to_owned();
        for (name, value) in tags {
            let (name, value) = (escaped(name), escaped(value));
            body.extend(["<Tag><Key>", &name, "</Key><Value>", &value, "</Value></Tag>"]);
        }
        body.push_str("</TagSet></Tagging>");
        let mut action = self.action("PutObjectTagging", "PUT", key);
        action.request = action.request.query("tagging", "");
        if let Some(version) = self.version {
            action.request = action.request.query("versionId", version);
        }
        with_xml(action, body).send(None).map(drop)
    }
}

/// Sets a body of XML with the checksum that S3 asks for.
fn with_xml(action: Action<'_>, body: String) -> Action<'_> {
    let hash = digest::digest(&digest::SHA256, body.as_bytes());
    let Action { request, bucket } = action;
    let request = request.header("content-type", "application/xml").body(body);
    Action { request: with_checksum(request, &checksum(hash.as_ref())), bucket }
}

/// The SHA-256 of a body as S3 writes it.
pub(super) fn checksum(hash: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(hash)
}

/// Sets the SHA-256 of the body, by which S3 checks what arrives. A bucket with Object Lock refuses
/// a body without a checksum.
pub(super) fn with_checksum<'a>(request: Request<'a>, checksum: &str) -> Request<'a> {
    request.header("x-amz-checksum-sha256", checksum)
}

/// Sends a request whose response is an element of XML.
fn read_xml(action: &Action, what: &str, root: &str) -> Result<Xml, Error> {
    let response = action.send(None)?;
    let xml = Xml::parse(&String::from_utf8_lossy(&response.body));
    xml.and_then(|xml| {
        if xml.name() == root {
            return Ok(xml);
        }
        Err(Error::invalid_response(format!("the response has no {root}")))
    })
    .map_err(|error| error.of_request(&format!("S3 {what}")))
}

/// Text in XML. Control characters, which keys may have, are written by their numbers.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "&#x{:X};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;
    use crate::xml::Xml;

    #[test]
    fn escaped_text_is_read_as_it_was() {
        for text in ["a", "a&b<c>d\"e'f", "line\r\nbreak\ttab", "é 日本 🦀", "\u{1}\u{7f}"] {
            let xml = Xml::parse(&format!("<K>{}</K>", escaped(text))).unwrap();
            assert_eq!(xml.text(), text);
        }
    }
}
