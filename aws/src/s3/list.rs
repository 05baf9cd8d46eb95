//! Lists of objects.

use super::Bucket;
use crate::xml::Xml;
use minilambda::Error;

/// An object in a list.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The key.
    pub key: String,
    /// The length in bytes.
    pub length: u64,
    /// The entity tag, in quotes.
    pub etag: String,
    /// The time of the last change, in RFC 3339.
    pub last_modified: String,
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// The objects, at most 1,000.
    pub objects: Vec<Summary>,
    /// The token of the next page; `None` after the last one.
    pub next: Option<String>,
}

impl Bucket<'_> {
    /// Lists all objects whose keys begin with a prefix, in the order of their keys.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn list(&self, prefix: &str) -> Result<Vec<Summary>, Error> {
        let mut objects = Vec::new();
        let mut token = None;
        loop {
            let mut page = self.list_page(prefix, token.as_deref())?;
            objects.append(&mut page.objects);
            token = page.next;
            if token.is_none() {
                return Ok(objects);
            }
        }
    }

    /// Lists one page of objects, after the one that has returned this token.
    ///
    /// # Errors
    /// Those of the service or of this crate.
    pub fn list_page(&self, prefix: &str, token: Option<&str>) -> Result<Page, Error> {
        let mut outgoing = self.outgoing("ListObjectsV2", "GET", "")?;
        let mut add = |name: &str, value: &str| {
            outgoing.query.push((name.to_owned(), value.to_owned()));
        };
        add("list-type", "2");
        add("encoding-type", "url"); // or keys with control characters would not be XML
        add("prefix", prefix);
        if let Some(token) = token {
            add("continuation-token", token);
        }
        let response = outgoing.send(None)?;
        let xml = Xml::new(String::from_utf8_lossy(&response.body));
        let objects = xml.all("Contents");
        Ok(Page {
            objects: objects.iter().map(Summary::of).collect(),
            next: xml.get("NextContinuationToken").filter(|token| !token.is_empty()),
        })
    }
}

impl Summary {
    fn of(xml: &Xml) -> Self {
        let text = |name: &str| xml.get(name).unwrap_or_default();
        // A plus is a space in S3's encoding of keys.
        let key = text("Key").replace('+', " ");
        Self {
            key: percent_encoding::percent_decode_str(&key).decode_utf8_lossy().into_owned(),
            length: text("Size").parse().unwrap_or(0),
            etag: text("ETag"),
            last_modified: text("LastModified"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_lists_are_decoded() {
        let xml = Xml::new("<Key>a+b%2Bc/%C3%A9</Key><Size>7</Size><ETag>&quot;x&quot;</ETag>");
        let summary = Summary::of(&xml);
        assert_eq!((&*summary.key, summary.length, &*summary.etag), ("a b+c/é", 7, "\"x\""));
    }
}
