//! The XML of S3 and of services such as SNS: a small parser, and elements by their names.

use crate::error::Error;

/// Deeper documents are refused. Those of AWS have less than ten levels.
const MAX_DEPTH: usize = 64;

/// Each element takes some 80 bytes, of a text of four. A page of a list of AWS has a few thousand.
const MAX_ELEMENTS: usize = 1_000_000;

/// The longest name of an entity, such as `#x10FFFF`.
const MAX_ENTITY_BYTES: usize = 12;

/// An element of XML with what is in it. Names have no namespace.
///
/// ```
/// let xml = minilambda_aws::Xml::parse("<R><MessageId>a&amp;b</MessageId></R>")?;
/// assert_eq!(xml.get("MessageId"), Some("a&b"));
/// # Ok::<(), minilambda_aws::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Xml {
    name: String,
    text: String,
    children: Vec<Self>,
}

impl Xml {
    /// Parses a document.
    ///
    /// # Errors
    /// `Aws.InvalidResponse` if it is no XML, or if it is cut off.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let invalid = |reason: &str| Err(Error::invalid_response(format!("the XML {reason}")));
        match parse(text) {
            Ok(root) => Ok(root),
            Err(reason) => invalid(reason),
        }
    }

    /// The element's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text directly in the element.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The elements directly in the element.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// Returns the text of the first element with this name, at any depth.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(Self::text)
    }

    /// Returns the first element with this name, at any depth.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// Returns the elements with this name, at any depth, but none that is inside another of the
    /// name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        self.collect(name, &mut found);
        found
    }

    fn collect<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            } else {
                child.collect(name, found);
            }
        }
    }

    /// Returns the text of a child. Unlike [`get`](Self::get) it does not search deeper.
    pub(crate) fn child(&self, name: &str) -> Option<&str> {
        self.children.iter().find(|child| child.name == name).map(Self::text)
    }
}

/// Whether XML has a form for each character of a text.
pub(crate) fn is_xml(text: &str) -> bool {
    let is_xml = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().all(is_xml)
}

/// A piece of markup or text.
enum Piece<'a> {
    Text(&'a str),
    /// Text without entities.
    Raw(&'a str),
    Open(&'a str),
    Empty(&'a str),
    Close(&'a str),
    /// A comment, a declaration, or an instruction.
    Nothing,
}

fn parse(text: &str) -> Result<Xml, &'static str> {
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut open: Vec<Xml> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    while !rest.is_empty() {
        let piece = piece(&mut rest)?;
        let depth = open.len();
        elements += usize::from(matches!(piece, Piece::Open(_) | Piece::Empty(_)));
        if elements > MAX_ELEMENTS {
            return Err("has too many elements");
        }
        match (piece, open.last_mut()) {
            (Piece::Nothing, _) => {}
            (Piece::Text(text), Some(element)) => unescape(text, &mut element.text),
            (Piece::Raw(text), Some(element)) => element.text.push_str(text),
            (Piece::Text(text), None) if text.trim().is_empty() => {}
            (Piece::Text(_) | Piece::Raw(_), None) => {
                return Err("has text outside of its element");
            }
            (Piece::Open(_) | Piece::Empty(_), None) if root.is_some() => {
                return Err("has more than one document");
            }
            (Piece::Open(_), _) if depth == MAX_DEPTH => return Err("is nested too deep"),
            (Piece::Open(name), _) => open.push(element(name)),
            (Piece::Empty(name), Some(parent)) => parent.children.push(element(name)),
            (Piece::Empty(name), None) => root = Some(element(name)),
            (Piece::Close(name), _) => {
                let closed = open.pop().filter(|closed| closed.name == local(name));
                let closed = closed.ok_or("has a closing tag without an opening one")?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => root = Some(closed),
                }
            }
        }
    }
    if !open.is_empty() {
        return Err("is cut off");
    }
    root.ok_or("has no element")
}

fn element(name: &str) -> Xml {
    Xml { name: local(name).to_owned(), ..Xml::default() }
}

/// The name without its namespace's prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or_default()
}

/// Takes a piece off the start of a text that is not empty.
fn piece<'a>(rest: &mut &'a str) -> Result<Piece<'a>, &'static str> {
    let text: &'a str = rest;
    let Some(markup) = text.strip_prefix('<') else {
        let (before, after) = text.split_at(text.find('<').unwrap_or(text.len()));
        *rest = after;
        return Ok(Piece::Text(before));
    };
    let mut until = |start: &str, end: &str| -> Option<Result<&'a str, &'static str>> {
        let inside = markup.strip_prefix(start)?;
        let Some((inside, after)) = inside.split_once(end) else { return Some(Err("is cut off")) };
        *rest = after;
        Some(Ok(inside))
    };
    if let Some(inside) = until("![CDATA[", "]]>") {
        return inside.map(Piece::Raw);
    }
    for (start, end) in [("!--", "-->"), ("?", "?>"), ("!", ">")] {
        if let Some(inside) = until(start, end) {
            return inside.map(|_| Piece::Nothing);
        }
    }
    let end = tag_end(markup).ok_or("is cut off")?;
    let (tag, after) = (markup.get(..end).unwrap_or_default(), markup.get(end + 1..));
    *rest = after.unwrap_or_default();
    if let Some(name) = tag.strip_prefix('/') {
        return name_of(name).map(Piece::Close);
    }
    match tag.strip_suffix('/') {
        Some(tag) => name_of(tag).map(Piece::Empty),
        None => name_of(tag).map(Piece::Open),
    }
}

/// The place of the `>` that ends a tag: one in the value of an attribute does not.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn name_of(tag: &str) -> Result<&str, &'static str> {
    let name = tag.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
    let is_start = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let is_name = name.starts_with(is_start) && !name.contains(['<', '&', '=', '"', '\'']);
    if is_name { Ok(name) } else { Err("has a tag without a name") }
}

/// Adds a text whose entities are resolved. Unknown ones stay as they are.
fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.bytes().take(MAX_ENTITY_BYTES).position(|byte| byte == b';');
        let name = name.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        if let Some((character, tail)) =
            name.and_then(|(name, tail)| Some((character(name)?, tail)))
        {
            out.push(character);
            rest = tail;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    const DOCUMENT: &str = "\u{feff}<?xml version=\"1.0\"?>\n<!-- <Key>no</Key> --><!DOCTYPE x>\
        <s:L xmlns:s=\"x>y\"><KeyCount>2</KeyCount><C a='1'><Key>a</Key><Size>1</Size></C>\
        <C><Key>b&#xe9; &lt;&bogus;&#10;<![CDATA[<&amp;]]></Key></C><Prefix/><Owner id=\"/\" /></s:L>\n";

    #[test]
    fn elements_are_found_by_their_whole_names() {
        let xml = Xml::parse(DOCUMENT).unwrap();
        let keys: Vec<_> = xml.all("C").iter().filter_map(|item| item.get("Key")).collect();
        assert_eq!(keys, ["a", "b\u{e9} <&bogus;\n<&amp;"]);
        assert_eq!(
            (xml.get("Prefix"), xml.get("Owner"), xml.get("Nothing")),
            (Some(""), Some(""), None)
        );
        assert_eq!((xml.name(), xml.child("Key"), xml.child("KeyCount")), ("L", None, Some("2")));
    }

    #[test]
    fn a_list_inside_a_list_stays_together() {
        let text = "<R><member><Id>1</Id><Tags><member>a</member><member>b</member></Tags></member>\
                    <member><Id>2</Id><Tags><member>c</member></Tags></member></R>";
        let xml = Xml::parse(text).unwrap();
        let members = xml.all("member");
        assert_eq!(members.len(), 2);
        let tags: Vec<_> = members.iter().map(|member| member.all("member").len()).collect();
        assert_eq!(tags, [2, 1]);
    }

    #[test]
    fn what_is_cut_off_or_no_xml_is_an_error() {
        let end = DOCUMENT.trim_end().len();
        for cut in 0..end {
            if let Some(part) = DOCUMENT.get(..cut) {
                assert!(Xml::parse(part).is_err(), "{part}");
            }
        }
        for text in [
            "",
            " ",
            "{}",
            "text",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&",
            "<a/>text",
            "<>",
            "< a/>",
            "<a><b></a></b>",
            "<!DOCTYPE html><html><br></html>",
            "<a",
        ] {
            assert!(Xml::parse(text).is_err(), "{text}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(Xml::parse(&deep).is_err());
        let many = format!("<a>{}</a>", "<a/>".repeat(MAX_ELEMENTS));
        assert!(Xml::parse(&many).unwrap_err().message().contains("too many elements"));
    }

    #[test]
    fn a_million_signs_take_linear_time() {
        let text = format!("<a>{}</a>", "&".repeat(1_000_000));
        let start = Instant::now();
        assert_eq!(Xml::parse(&text).unwrap().text().len(), 1_000_000);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
