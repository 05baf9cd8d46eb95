//! Finds the path of a byte in a JSON text, such as `.items[1].count`.

use super::scan::{Result, Scanner};
use std::borrow::Cow;
use std::fmt::Write;

/// The longest path that is shown, in levels.
const MAX_LEVELS: usize = 100;

/// Returns the path of the value to which a byte belongs, such as `.items[1].count`.
pub(super) fn path_of(text: &str, at: usize) -> String {
    let mut scanner = Scanner::new(text);
    let mut levels: Vec<Level> = Vec::new();
    let mut depth = 0_usize; // of which the first are in `levels`
    // A syntax error ends the search at the innermost value that was found.
    let _ = find(&mut scanner, at, &mut levels, &mut depth);
    let mut path = String::new();
    for level in &levels {
        // Writing to a String cannot fail.
        let _ = match level {
            Level::Key(key) => write!(path, ".{}", plain_name(key).unwrap_or("(a key)")),
            Level::Index(index) => write!(path, "[{index}]"),
        };
    }
    if depth > levels.len() || path.len() > 400 {
        let end = path.char_indices().nth(400).map_or(path.len(), |(end, _)| end);
        path.truncate(end);
        path.push('\u{2026}');
    }
    path
}

enum Level<'a> {
    Key(Cow<'a, str>),
    Index(usize),
}

/// Reads the tokens before a byte. Their order is not checked: they begin a JSON text.
fn find<'a>(
    scanner: &mut Scanner<'a>,
    at: usize,
    levels: &mut Vec<Level<'a>>,
    depth: &mut usize,
) -> Result<()> {
    loop {
        let token = scanner.next();
        let start = scanner.at;
        if start >= at {
            return Ok(());
        }
        if matches!(token, b'{' | b'[' | b'}' | b']' | b',' | b':') {
            scanner.at += 1;
        } else {
            scanner.skip_value()?; // a string, a number or a word
            if scanner.at > at {
                return Ok(());
            }
        }
        match token {
            b'{' | b'[' => {
                *depth += 1;
                if *depth <= MAX_LEVELS {
                    levels.push(if token == b'{' {
                        Level::Key(Cow::default())
                    } else {
                        Level::Index(0)
                    });
                }
            }
            b'}' | b']' => {
                *depth = depth.saturating_sub(1);
                levels.truncate(*depth);
            }
            _ => {}
        }
        match levels.last_mut() {
            _ if *depth > MAX_LEVELS => {}
            Some(Level::Index(index)) if token == b',' => *index += 1,
            Some(Level::Key(key)) if matches!(token, b'{' | b',') && scanner.next() == b'"' => {
                *key = scanner.key()?;
            }
            _ => {}
        }
    }
}

/// Returns a key that reads like a name. Others may be data: the keys of a map can be user names,
/// and one with many digits is an id, a date or a number of a phone or a card.
pub(super) fn plain_name(key: &str) -> Option<&str> {
    const MAX_DIGITS: usize = 4; // of `iso8601`
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    let is_name = !key.is_empty() && key.len() <= 64 && key.chars().all(is_plain);
    (is_name && digits <= MAX_DIGITS).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::{path_of, plain_name};

    #[test]
    fn a_key_that_may_be_data_is_no_name() {
        for key in ["id", "order_id", "x-amzn-RequestId", "ns:name", "sha256", "iso8601", "_", "17"]
        {
            assert_eq!(plain_name(key), Some(key));
        }
        for key in [
            "",
            "a name",
            "ada@a.example",
            "4111111111111111",
            "+4930123456",
            "2026-11-29",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "customer-90706",
            &"x".repeat(65),
        ] {
            assert_eq!(plain_name(key), None);
        }
    }

    #[test]
    fn a_byte_has_the_path_of_its_value() {
        let text = r#"{"a":1,"b" : [ 10, {"c":"x,]}\"","d":[[],{"e":2}]} , 30],"f":null}"#;
        for (needle, path) in [
            ("1,\"b", ".a"),
            ("[ 10", ".b"),
            ("10,", ".b[0]"),
            ("{\"c", ".b[1]"),
            ("\"x,", ".b[1].c"),
            (",]}", ".b[1].c"),
            ("[[]", ".b[1].d"),
            ("[],", ".b[1].d[0]"),
            ("{\"e", ".b[1].d[1]"),
            ("2}", ".b[1].d[1].e"),
            ("30]", ".b[2]"),
            ("null", ".f"),
            ("{\"a", ""),
        ] {
            assert_eq!(path_of(text, text.find(needle).unwrap()), path, "{needle}");
        }
    }
}
