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
    /// With a [`delimiter`](List::delimiter): what the other keys begin with, each once.
    pub prefixes: Vec<String>,
    /// The token of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// A list of objects in the order of their keys, which is read page by page.
///
/// ```no_run
/// # use minilambda_aws::s3::Bucket;
/// for page in Bucket::new("photos").objects().prefix("2026/").delimiter("/").pages() {
///     for folder in page?.prefixes {
///         println!("{folder}");
///     }
/// }
/// # Ok::<(), minilambda_aws::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct List<'a> {
    bucket: Bucket<'a>,
    prefix: String,
    delimiter: Option<String>,
    start_after: Option<String>,
    limit: Option<u32>,
    token: Option<String>,
    /// Whether the program has set the token, perhaps one from outside.
    is_token_given: bool,
}

/// The pages of a list; see [`List::pages`].
pub struct Pages<'a> {
    list: List<'a>,
    circle: Circle<String>,
    is_over: bool,
}

impl std::fmt::Debug for Pages<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Pages").field("list", &self.list).finish_non_exhaustive()
    }
}

impl<'a> Bucket<'a> {
    /// Lists all objects whose keys begin with a prefix, in the order of their keys.
    ///
    /// # Errors
    /// Those of the service or of this crate; `Aws.InvalidResponse` if a page is not a list, or if
    /// a page leads to itself.
    pub fn list(&self, prefix: &str) -> Result<Vec<Summary>, Error> {
        self.objects().prefix(prefix).all()
    }

    /// Begins a list of the bucket's objects.
    pub fn objects(&self) -> List<'a> {
        List {
            bucket: self.clone(),
            prefix: String::new(),
            delimiter: None,
            start_after: None,
            limit: None,
            token: None,
            is_token_given: false,
        }
    }
}

impl<'a> List<'a> {
    /// Lists only keys that begin with this.
    pub fn prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// Lists keys that go on with this sign after the prefix not one by one, but as
    /// [`Page::prefixes`]: with `/`, a folder and the names of its folders.
    pub fn delimiter(self, delimiter: &str) -> Self {
        Self { delimiter: Some(delimiter.to_owned()), ..self }
    }

    /// Begins after this key, whether it is there or not.
    pub fn start_after(self, key: &str) -> Self {
        Self { start_after: Some(key.to_owned()), ..self }
    }

    /// Reads at most this many objects and prefixes for a page: 1,000 if it is not set.
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Begins where a page has ended: with its [`next`](Page::next).
    pub fn after(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), is_token_given: true, ..self }
    }

    /// Reads one page.
    ///
    /// # Errors
    /// Those of [`Bucket::list`]; `Aws.InvalidCursor` if a list [`after`](Self::after) a token is
    /// refused.
    pub fn page(&self) -> Result<Page, Error> {
        let mut action = self.bucket.about_bucket("ListObjectsV2", "GET");
        let mut request = action.request.query("list-type", "2");
        // Otherwise keys with control characters would not be XML.
        request = request.query("encoding-type", "url");
        request = request.query("prefix", &self.prefix);
        let limit = self.limit.map(|limit| limit.to_string());
        for (name, value) in [
            ("delimiter", &self.delimiter),
            ("start-after", &self.start_after),
            ("max-keys", &limit),
            ("continuation-token", &self.token),
        ] {
            if let Some(value) = value {
                request = request.query(name, value);
            }
        }
        action.request = request;
        let response = match action.send(None) {
            Err(error) if self.is_token_given => Err(error.of_cursor(&["InvalidArgument"])),
            result => result,
        }?;
        let page = page(&response.body).and_then(|page| {
            if self.token.is_some() && page.next == self.token {
                return Err(in_a_circle());
            }
            Ok(page)
        });
        page.map_err(|error| error.of_request("S3 ListObjectsV2"))
    }

    /// Reads the pages one after the other, each when it is asked for. After an error there is
    /// none.
    #[must_use]
    pub fn pages(self) -> Pages<'a> {
        Pages { list: self, circle: Circle::new(), is_over: false }
    }

    /// Reads the objects of all pages.
    ///
    /// # Errors
    /// Those of [`Bucket::list`].
    pub fn all(self) -> Result<Vec<Summary>, Error> {
        let mut objects = Vec::new();
        for page in self.pages() {
            objects.append(&mut page?.objects);
        }
        Ok(objects)
    }
}

impl Iterator for Pages<'_> {
    type Item = Result<Page, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let page = self.list.page().and_then(|page| match &page.next {
            Some(next) if self.circle.is_closed_by(next) => Err(in_a_circle()),
            _ => Ok(page),
        });
        match &page {
            Ok(Page { next: Some(next), .. }) => {
                self.list.token = Some(next.clone());
                self.list.is_token_given = false;
            }
            _ => self.is_over = true,
        }
        Some(page)
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
    let prefixes = xml.children().iter().filter(|child| child.name() == "CommonPrefixes");
    let prefixes = prefixes.filter_map(|prefix| Some(decoded(prefix.child("Prefix")?, is_encoded)));
    let prefixes = prefixes.collect();
    let next = xml.child("NextContinuationToken").filter(|token| !token.is_empty());
    let next = match (xml.child("IsTruncated"), next) {
        (Some("true"), None) => {
            return Err(Error::invalid_response("the list goes on, but has no token for it"));
        }
        (Some("false"), _) => None,
        (_, next) => next.map(str::to_owned),
    };
    Ok(Page { objects, prefixes, next })
}

fn decoded(key: &str, is_encoded: bool) -> String {
    if !is_encoded {
        return key.to_owned();
    }
    // A plus is a space in S3's encoding of keys.
    let key = key.replace('+', " ");
    percent_encoding::percent_decode_str(&key).decode_utf8_lossy().into_owned()
}

impl Summary {
    fn from_xml(xml: &Xml, is_encoded: bool) -> Result<Self, Error> {
        let missing = |name: &str| Error::invalid_response(format!("an object has no {name}"));
        let text = |name: &str| xml.child(name).unwrap_or_default().to_owned();
        let key = xml.child("Key").filter(|key| !key.is_empty()).ok_or_else(|| missing("Key"))?;
        let key = decoded(key, is_encoded);
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
