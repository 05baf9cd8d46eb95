//! Lists of objects.

use super::Bucket;
use crate::error::Error;
use crate::limits::Circle;
use crate::xml::Xml;

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
    /// Those of the service or of this crate; `Aws.InvalidResponse` if a page is not a list, or if
    /// a page leads to itself.
    pub fn list(&self, prefix: &str) -> Result<Vec<Summary>, Error> {
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        let mut circle = Circle::new();
        loop {
            let mut page = self.list_page(prefix, token.as_deref())?;
            objects.append(&mut page.objects);
            let Some(next) = page.next else { return Ok(objects) };
            if circle.is_closed_by(&next) {
                return Err(in_a_circle());
            }
            token = Some(next);
        }
    }

    /// Lists one page of objects, after the one that has returned this token.
    ///
    /// # Errors
    /// Those of [`list`](Self::list).
    pub fn list_page(&self, prefix: &str, token: Option<&str>) -> Result<Page, Error> {
        let mut action = self.about_bucket("ListObjectsV2", "GET");
        let mut request = action.request.query("list-type", "2");
        // Otherwise keys with control characters would not be XML.
        request = request.query("encoding-type", "url");
        request = request.query("prefix", prefix);
        if let Some(token) = token {
            request = request.query("continuation-token", token);
        }
        action.request = request;
        let response = action.send(None)?;
        let page = page(&response.body).and_then(|page| {
            if token.is_some() && page.next.as_deref() == token {
                return Err(in_a_circle());
            }
            Ok(page)
        });
        page.map_err(|error| error.of_request("S3 ListObjectsV2"))
    }
}

fn in_a_circle() -> Error {
    let reason = "the page leads to itself: its token came before";
    Error::invalid_response(reason).of_request("S3 ListObjectsV2")
}

/// Reads a page. What is not a complete list is an error: an empty page says that the bucket is
/// empty.
fn page(body: &[u8]) -> Result<Page, Error> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Error::invalid_response("the list of objects is not UTF-8"))?;
    let xml = Xml::parse(text)?;
    if xml.name() != "ListBucketResult" {
        let name = xml.name().chars().take(40).collect::<String>();
        return Err(Error::invalid_response(format!("expected a list of objects, found <{name}>")));
    }
    let is_encoded = xml.child("EncodingType") == Some("url");
    let objects = xml.children().iter().filter(|child| child.name() == "Contents");
    let objects =
        objects.map(|xml| Summary::from_xml(xml, is_encoded)).collect::<Result<_, _>>()?;
    let next = xml.child("NextContinuationToken").filter(|token| !token.is_empty());
    let next = match (xml.child("IsTruncated"), next) {
        (Some("true"), None) => {
            return Err(Error::invalid_response("the list goes on, but has no token for it"));
        }
        (Some("false"), _) => None,
        (_, next) => next.map(str::to_owned),
    };
    Ok(Page { objects, next })
}

impl Summary {
    fn from_xml(xml: &Xml, is_encoded: bool) -> Result<Self, Error> {
        let missing = |name: &str| Error::invalid_response(format!("an object has no {name}"));
        let text = |name: &str| xml.child(name).unwrap_or_default().to_owned();
        let key = xml.child("Key").filter(|key| !key.is_empty()).ok_or_else(|| missing("Key"))?;
        let key = if is_encoded {
            // A plus is a space in S3's encoding of keys.
            let key = key.replace('+', " ");
            percent_encoding::percent_decode_str(&key).decode_utf8_lossy().into_owned()
        } else {
            key.to_owned()
        };
        let length = text("Size").parse().map_err(|_| missing("Size that is a number"))?;
        Ok(Self { key, length, etag: text("ETag"), last_modified: text("LastModified") })
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    fn list(inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3\">{inside}</ListBucketResult>"
        )
    }

    const OBJECT: &str = "<Contents><Key>a+b%2Bc/%C3%A9</Key><Size>7</Size><ETag>&quot;x&quot;</ETag>\
                          <Owner><ID>1</ID></Owner></Contents>";

    #[test]
    fn keys_of_lists_are_decoded_if_they_are_encoded() {
        for (encoding, key) in
            [("<EncodingType>url</EncodingType>", "a b+c/é"), ("", "a+b%2Bc/%C3%A9")]
        {
            let page = page(list(&format!("{encoding}{OBJECT}")).as_bytes()).unwrap();
            let object = &page.objects[0];
            assert_eq!((&*object.key, object.length, &*object.etag), (key, 7, "\"x\""));
        }
    }

    #[test]
    fn the_end_of_a_list_is_where_it_says() {
        let token = "<NextContinuationToken>t</NextContinuationToken>";
        for (truncated, next) in [("true", Some("t")), ("false", None)] {
            let text = list(&format!("<IsTruncated>{truncated}</IsTruncated>{token}"));
            assert_eq!(page(text.as_bytes()).unwrap().next.as_deref(), next);
        }
        assert!(page(list("<IsTruncated>true</IsTruncated>").as_bytes()).is_err());
        assert_eq!(page(list("").as_bytes()).unwrap().objects, []);
    }

    #[test]
    fn what_is_no_list_is_no_empty_bucket() {
        let complete = list(OBJECT);
        for text in [
            "",
            "{}",
            "<html><body>Welcome</body></html>",
            "<!DOCTYPE html><html><br></html>",
            "<Error><Code>SlowDown</Code></Error>",
            "<ListAllMyBucketsResult/>",
            &list("<Contents><Size>1</Size></Contents>"),
            &list("<Contents><Key>a</Key></Contents>"),
            &complete[..complete.len() - 1],
            &complete[..complete.len() / 2],
        ] {
            assert!(page(text.as_bytes()).is_err(), "{text}");
        }
        assert!(page(&[0xff]).is_err());
    }
}
