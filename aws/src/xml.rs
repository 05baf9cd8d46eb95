//! The XML of S3 and of services such as SNS: elements are found by their names.

/// A document of XML, as a service sends it.
///
/// ```
/// let xml = minilambda_aws::Xml::new("<R><MessageId>a&amp;b</MessageId></R>");
/// assert_eq!(xml.get("MessageId").as_deref(), Some("a&b"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Xml {
    text: String,
}

impl Xml {
    /// Keeps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// Returns the text of the first element with this name, without its markup.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        elements(&self.text, name).next().map(unescape)
    }

    /// Returns the elements with this name, each with what is in it.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<Self> {
        elements(&self.text, name).map(Self::new).collect()
    }

    /// Returns the text with its markup.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Finds the contents of the elements of a name. An element is not inside another one of the same name in the
/// documents of AWS.
fn elements<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('<')?;
            let after = rest.get(at + 1..)?;
            let Some(tag) = after.strip_prefix(name) else {
                rest = after;
                continue;
            };
            let end = tag.find('>')?;
            let attributes = tag.get(..end)?;
            rest = tag.get(end + 1..)?;
            if attributes.ends_with('/') && attributes.trim_end_matches('/').trim().is_empty() {
                return Some("");
            }
            if !(attributes.is_empty() || attributes.starts_with(char::is_whitespace)) {
                continue; // another name that begins like this one
            }
            let close = rest.find(&format!("</{name}>"))?;
            let inside = rest.get(..close)?;
            rest = rest.get(close..)?;
            return Some(inside);
        }
    })
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once(';') else {
            out.push('&');
            rest = after;
            continue;
        };
        let character = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => name.strip_prefix('#').and_then(|number| {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)
            }),
        };
        if let Some(character) = character {
            out.push(character);
            rest = tail;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_their_whole_names() {
        let text = "<?xml?><L xmlns=\"x\"><KeyCount>2</KeyCount><C><Key>a</Key><Size>1</Size></C>\
                    <C><Key>b&#xe9; &lt;&bogus;&#10;</Key></C><Prefix/></L>";
        let xml = Xml::new(text);
        let keys: Vec<_> = xml.all("C").iter().filter_map(|item| item.get("Key")).collect();
        assert_eq!(keys, ["a", "b\u{e9} <&bogus;\n"]);
        assert_eq!(xml.get("Prefix").as_deref(), Some(""));
        assert_eq!(xml.get("L").map(|text| text.len() > 50), Some(true));
        assert_eq!(xml.get("Nothing"), None);
        for end in 0..text.len() {
            if let Some(part) = text.get(..end) {
                let _ = Xml::new(part).get("Key"); // whatever is cut off
            }
        }
    }
}
