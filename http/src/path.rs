//! The path of a request.

use percent_encoding::percent_decode_str;
use std::fmt;

/// A path in decoded segments, so that `%2F` does not split a segment.
#[derive(Debug, Default)]
pub(crate) struct Path {
    segments: Vec<String>,
    /// Whether a slash ends the path. It is ignored, except at the end of `{name*}`.
    has_last_slash: bool,
}

impl Path {
    /// Splits a path and decodes each segment. `None` if it is not UTF-8.
    pub fn decode(path: &str, is_decoded: bool) -> Option<Self> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (path, has_last_slash) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, false),
        };
        if path.is_empty() {
            return Some(Self::default());
        }
        let decode = |segment: &str| {
            if is_decoded {
                return Some(segment.to_owned());
            }
            Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned())
        };
        let segments = path.split('/').map(decode).collect::<Option<_>>()?;
        Some(Self { segments, has_last_slash })
    }

    /// Removes the base path, if the path begins with it.
    pub fn without_base(mut self, base: &str) -> Self {
        let base = base.split('/').filter(|segment| !segment.is_empty());
        let count = base.clone().count();
        if count > 0 && base.eq(self.segments.iter().take(count)) {
            self.segments.drain(..count);
        }
        self
    }

    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Whether `{name*}` matches the path from a segment on: it is not empty, and does not begin with a
    /// slash, which would make it an absolute path when it is joined to a folder.
    pub fn has_rest(&self, from: usize) -> bool {
        let first = self.segments.get(from);
        first.is_some_and(|first| !first.is_empty() && !first.starts_with('/'))
    }

    /// Returns the path from a segment on, with the last slash.
    pub fn rest(&self, from: usize) -> Option<String> {
        let mut rest = self.segments.get(from..)?.join("/");
        if self.has_last_slash {
            rest.push('/');
        }
        Some(rest)
    }
}

/// Without the last slash.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.segments.join("/"))
    }
}
