//! The headers of a request.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::sync::OnceLock;

/// Headers that are looked up in the list in which they came, and become a map only if one is asked
/// for: to make it takes longer than the lookups of most requests.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// Names in any case, and values, all valid.
    pairs: Vec<(String, String)>,
    map: OnceLock<HeaderMap>,
}

/// The longest name of the crate `http`.
const MAX_NAME_BYTES: usize = u16::MAX as usize;

/// The most names of a map of the crate `http`.
const MAX_NAMES: usize = 24_576;

impl Headers {
    /// Leaves out invalid headers. Returns why the request is invalid, if it is.
    pub fn new(mut pairs: Vec<(String, String)>) -> (Self, Option<&'static str>) {
        let count = pairs.len();
        pairs.retain(|(name, value)| is_name(name) && is_value(value));
        let invalid = (pairs.len() < count).then_some("a header is invalid");
        let headers = Self { pairs, map: OnceLock::new() };
        let is_too_much = headers.pairs.len() > MAX_NAMES && headers.map().keys_len() == MAX_NAMES;
        (headers, invalid.or(is_too_much.then_some("there are too many headers")))
    }

    /// The values of a header, whose name is in any case.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.pairs.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        values.map(|(_, value)| &**value)
    }

    /// All headers, or as many as a map holds.
    pub fn map(&self) -> &HeaderMap {
        self.map.get_or_init(|| {
            let mut map = HeaderMap::try_with_capacity(self.pairs.len()).unwrap_or_default();
            for (name, value) in &self.pairs {
                let pair = (HeaderName::try_from(&**name), HeaderValue::try_from(&**value));
                if let (Ok(name), Ok(value)) = pair {
                    let _ = map.try_append(name, value); // fails if it is full
                }
            }
            map
        })
    }
}

/// Whether a text is a token of RFC 9110, section 5.6.2.
fn is_name(name: &str) -> bool {
    const fn is_token(byte: u8) -> bool {
        matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'%' | b'&'
            | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
    }
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_token)
}

/// Whether a text can be the value of a header.
fn is_value(value: &str) -> bool {
    let is_wrong = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
    // Counting does not stop at the first, so the compiler makes vectors of it.
    value.bytes().filter(is_wrong).count() == 0
}

#[cfg(test)]
mod tests {
    use super::{Headers, MAX_NAME_BYTES, MAX_NAMES, is_name, is_value};
    use http::header::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn names_and_values_are_those_that_a_map_takes() {
        for c in (0..0x180).filter_map(char::from_u32) {
            for text in [c.to_string(), format!("a{c}"), format!("{c}b")] {
                assert_eq!(is_name(&text), HeaderName::try_from(&*text).is_ok(), "{text:?}");
                assert_eq!(is_value(&text), HeaderValue::try_from(&*text).is_ok(), "{text:?}");
            }
        }
        for length in [0, 1, MAX_NAME_BYTES, MAX_NAME_BYTES + 1] {
            let name = "a".repeat(length);
            assert_eq!(is_name(&name), HeaderName::try_from(&*name).is_ok(), "{length}");
        }
        assert!(is_value(""));
    }

    #[test]
    fn the_list_and_the_map_have_the_same_headers() {
        let pairs = [("X-A", "1"), ("bad name", "2"), ("x-a", "\u{e9}"), ("b", "\n"), ("c", "")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (headers, refusal) = Headers::new(pairs.to_vec());
        assert_eq!(refusal, Some("a header is invalid"));
        for name in ["x-a", "X-a", "b", "c", "bad name", ""] {
            let of_map = headers.map().get_all(name).iter().map(HeaderValue::as_bytes);
            let of_list = headers.values(name).map(str::as_bytes);
            assert_eq!(of_list.collect::<Vec<_>>(), of_map.collect::<Vec<_>>(), "{name}");
        }
    }

    /// As each name and value is put in a map when it comes.
    fn map_of(pairs: &[(String, String)]) -> (HeaderMap, bool) {
        let mut map = HeaderMap::new();
        let mut is_valid = true;
        for (name, value) in pairs {
            let pair = (HeaderName::try_from(&**name), HeaderValue::try_from(&**value));
            let (Ok(name), Ok(value)) = pair else {
                is_valid = false;
                continue;
            };
            map.append(name, value);
        }
        (map, is_valid)
    }

    /// All lists of four headers, with names in any case, that come again, and that are no names.
    #[test]
    fn lists_are_looked_up_as_their_maps() {
        let names = ["X-A", "x-a", "X-a", "b", "x_a", "X-A ", ""];
        for number in 0..names.len().pow(4) {
            let index = |at: u32| number / names.len().pow(at) % names.len();
            let pairs: Vec<_> = (0..4)
                .map(|at| (names[index(at)].to_owned(), ["1", "", "\u{e9}", "\r"][at as usize]))
                .map(|(name, value)| (name, value.to_owned()))
                .collect();
            let (map, is_valid) = map_of(&pairs);
            let (headers, refusal) = Headers::new(pairs.clone());
            assert_eq!(refusal.is_none(), is_valid, "{pairs:?}");
            for name in names {
                let of_map = map.get_all(name).iter().map(HeaderValue::as_bytes);
                let of_list = headers.values(name).map(str::as_bytes);
                assert_eq!(of_list.collect::<Vec<_>>(), of_map.collect::<Vec<_>>(), "{pairs:?}");
            }
            assert_eq!(headers.map(), &map, "{pairs:?}");
        }
    }

    #[test]
    fn a_map_holds_so_many_names_with_any_number_of_values() {
        for (names, values, is_too_much) in
            [(MAX_NAMES - 1, 1, false), (MAX_NAMES + 1, 1, true), (7, MAX_NAMES, false)]
        {
            let all = (0..names * values).map(|number| format!("x-{}", number / values));
            let (headers, refusal) = Headers::new(all.map(|name| (name, String::new())).collect());
            let expected = is_too_much.then_some("there are too many headers");
            assert_eq!(refusal, expected, "{names} {values}");
            assert_eq!(headers.map().keys_len(), names.min(MAX_NAMES));
        }
    }
}
