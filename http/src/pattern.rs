//! The pattern of a route: literal segments, `{name}`, and `{name*}` at its end.

use crate::path::Path;
use std::iter;

/// The result of matching a path. Without a route, both fields are empty.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    /// The patterns of the tables and of the route.
    pub pattern: String,
    pub params: Vec<(&'static str, String)>,
}

/// How well a pattern matches a path: two bits for each segment from the left, so that of two
/// patterns that match the same path, the one with a literal where the other has a parameter is
/// greater.
pub(crate) type Rank = u64;

const LITERAL: Rank = 3;
const ONE: Rank = 2;
const REST: Rank = 1;

/// Splits a pattern. `str::split` takes three times as long for texts as short as these.
fn segments(pattern: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = pattern;
    let next = move || {
        let after_slash = rest.strip_prefix('/')?;
        let end = after_slash.bytes().position(|byte| byte == b'/');
        let (segment, after) = after_slash.split_at(end.unwrap_or(after_slash.len()));
        rest = after;
        Some(segment)
    };
    iter::from_fn(next).filter(|segment| !segment.is_empty())
}

/// Returns the name of a parameter, and whether it takes the rest of the path.
fn parameter(segment: &'static str) -> Option<(&'static str, bool)> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(name.strip_suffix('*').map_or((name, false), |name| (name, true)))
}

/// Matches a pattern with the segments of a path from `depth` on. Returns how deep it goes, and the
/// rank.
pub(crate) fn rank_of(
    pattern: &'static str,
    path: &[&str],
    mut depth: usize,
    mut rank: Rank,
    is_prefix: bool,
) -> Option<(usize, Rank)> {
    for expected in segments(pattern) {
        let segment = *path.get(depth)?;
        let code = match parameter(expected) {
            None if expected == segment => LITERAL,
            // A rest with a slash at its start is an absolute path when it is joined to a folder.
            Some((_, true)) if !segment.is_empty() && !segment.starts_with('/') => REST,
            Some((_, false)) if !segment.is_empty() => ONE,
            _ => return None,
        };
        // Beyond 32 segments, which only nested tables reach, the first route wins.
        rank |= 62_usize.checked_sub(2 * depth).map_or(0, |shift| code << shift);
        depth = if code == REST { path.len() } else { depth + 1 };
    }
    (is_prefix || depth == path.len()).then_some((depth, rank))
}

/// Takes the parameters out of a path that the patterns match one after the other.
pub(crate) fn matched(patterns: impl Iterator<Item = &'static str>, path: &Path) -> Matched {
    let mut matched = Matched::default();
    for (depth, expected) in patterns.flat_map(segments).enumerate() {
        matched.pattern.push('/');
        matched.pattern.push_str(expected);
        let Some((name, is_rest)) = parameter(expected) else { continue };
        let value = if is_rest { path.rest(depth) } else { path.segment(depth).map(str::to_owned) };
        matched.params.extend(value.map(|value| (name, value)));
    }
    if matched.pattern.is_empty() {
        matched.pattern.push('/');
    }
    matched
}

/// A number that is equal for patterns that match the same paths: a hash of the segments without
/// the names of parameters. That of a nested pattern is made of those of its parts, so that the
/// compiler does not walk tables byte by byte for each pair of routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub hash: u64,
    /// The factor for the hash of a pattern before this one.
    factor: u64,
}

/// Odd, so that no byte is lost.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

impl Shape {
    pub const EMPTY: Self = Self { hash: 0, factor: 1 };

    #[allow(clippy::indexing_slicing, reason = "in a `const fn` there is no other way")]
    pub const fn of_pattern(pattern: &str) -> Self {
        let bytes = pattern.as_bytes();
        let mut shape = Self::EMPTY;
        if bytes.len() == 1 {
            return shape; // A slash alone has no segments.
        }
        let (mut index, mut in_name) = (0, false);
        while index < bytes.len() {
            let byte = bytes[index];
            in_name &= byte != b'}';
            if !in_name || byte == b'*' {
                shape = shape.then(Self { hash: byte as u64, factor: BASE });
            }
            in_name |= byte == b'{';
            index += 1;
        }
        shape
    }

    /// Returns the shape of a pattern and the next one, modulo 2^64. It calls nothing, because the
    /// compiler counts calls, and warns of a constant that takes many.
    pub const fn then(self, next: Self) -> Self {
        let factor = next.factor as u128;
        let hash = self.hash as u128 * factor + next.hash as u128;
        #[expect(clippy::cast_possible_truncation, reason = "modulo 2^64 is meant")]
        Self { hash: hash as u64, factor: (self.factor as u128 * factor) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::segments;

    /// All patterns of up to six signs. One that does not begin with a slash does not compile.
    #[test]
    fn a_pattern_is_split_at_each_slash() {
        let signs = ['/', 'a', 'é'];
        for number in 0..signs.len().pow(6) {
            let signs = (0..6).map(|at| signs[number / 3_usize.pow(at) % signs.len()]);
            let pattern =
                signs.fold(String::from('/'), |pattern, sign| pattern + &sign.to_string());
            for end in pattern.char_indices().map(|(at, sign)| at + sign.len_utf8()) {
                let pattern: &'static str = Box::leak(pattern[..end].into());
                let expected = pattern.split('/').filter(|segment| !segment.is_empty());
                assert!(segments(pattern).eq(expected), "{pattern}");
            }
        }
    }
}
