//! A span.

use super::propagation::Place;
use super::value::Value;

/// The specification's default.
const MAX_ATTRIBUTES: usize = 128;

const MAX_NAME_CHARS: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Internal,
    Server,
    Client,
}

#[derive(Clone, Debug)]
pub(super) struct Parent {
    pub span: String,
    pub is_remote: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub place: Place,
    pub parent: Option<Parent>,
    pub name: String,
    pub kind: Kind,
    pub start_ns: u64,
    pub attributes: Vec<(String, Value)>,
    pub dropped_attributes: usize,
    pub has_failed: bool,
    /// Whether a span below it was sent, which names it as its parent.
    pub has_sent: bool,
    /// A span of elsewhere, which only has children here.
    pub is_elsewhere: bool,
}

impl Span {
    /// A span of elsewhere, without anything that is sent.
    pub fn elsewhere(place: Place) -> Self {
        Self {
            place,
            parent: None,
            name: String::new(),
            kind: Kind::Internal,
            start_ns: 0,
            attributes: Vec::new(),
            dropped_attributes: 0,
            has_failed: false,
            has_sent: false,
            is_elsewhere: true,
        }
    }

    /// Whether another span is its parent.
    pub fn is_below(&self, other: &Self) -> bool {
        self.parent.as_ref().is_some_and(|parent| parent.span == other.place.span)
    }

    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into().bounded();
        if let Some((_, known)) = self.attributes.iter_mut().find(|(known, _)| known == name) {
            *known = value;
        } else if self.attributes.len() < MAX_ATTRIBUTES {
            self.attributes.push((name.to_owned(), value));
        } else {
            self.dropped_attributes += 1;
        }
    }

    pub fn rename(&mut self, name: &str) {
        self.name = name.chars().take(MAX_NAME_CHARS).collect();
    }

    /// The kind of an error, but not its message, which may have values of the event.
    pub fn fail(&mut self, kind: &str) {
        self.has_failed = true;
        self.set("error.type", kind);
    }
}
