//! The path of a request.

use minilambda_events::__private::decode_segment;

/// A decoded path. It keeps where its segments begin, so that `%2F` does not split a segment.
#[derive(Debug)]
pub(crate) struct Path {
    /// A slash and a segment, again and again, or a slash alone.
    text: String,
    starts: Vec<usize>,
    /// Whether a slash ends the path. It is ignored, except at the end of `{name*}`.
    has_last_slash: bool,
}

impl Default for Path {
    fn default() -> Self {
        Self { text: "/".to_owned(), starts: Vec::new(), has_last_slash: false }
    }
}

impl Path {
    /// Splits a path, decodes each segment, and removes the base path if the path begins with it.
    /// Returns none if it is not UTF-8.
    pub fn decode(path: &str, is_decoded: bool, base: &str) -> Option<Self> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (path, has_last_slash) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, false),
        };
        if path.is_empty() {
            return Some(Self::default());
        }
        let (mut text, mut starts) = (String::with_capacity(path.len() + 1), Vec::new());
        for segment in path.split('/') {
            text.push('/');
            starts.push(text.len());
            if is_decoded {
                text.push_str(segment);
            } else {
                text.push_str(&decode_segment(segment)?);
            }
        }
        Some(Self { text, starts, has_last_slash }.without_base(base))
    }

    fn without_base(mut self, base: &str) -> Self {
        let count = base.matches('/').count();
        let end = self.starts.get(count).map_or(self.text.len(), |start| start - 1);
        // A segment may have a slash, so equal texts alone are not enough.
        if count == 0 || self.starts.len() < count || self.text.get(..end) != Some(base) {
            return self;
        }
        if self.starts.len() == count {
            return Self::default();
        }
        self.text.drain(..end);
        self.starts.drain(..count);
        self.starts.iter_mut().for_each(|start| *start -= end);
        self
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn segments(&self) -> Vec<&str> {
        (0..self.starts.len()).filter_map(|index| self.segment(index)).collect()
    }

    pub fn segment(&self, index: usize) -> Option<&str> {
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| next - 1);
        self.text.get(*self.starts.get(index)?..end)
    }

    /// Returns the path from a segment on, with the last slash.
    pub fn rest(&self, from: usize) -> Option<String> {
        let mut rest = self.text.get(*self.starts.get(from)?..)?.to_owned();
        if self.has_last_slash {
            rest.push('/');
        }
        Some(rest)
    }
}
