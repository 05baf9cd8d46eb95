//! Finds the path of a byte in a JSON text, such as `.items[1].count`.

use super::scan::{Result, Scanner};
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
    Key(&'a str),
    Index(usize),
}

fn find<'a>(
    scanner: &mut Scanner<'a>,
    at: usize,
    levels: &mut Vec<Level<'a>>,
    depth: &mut usize,
) -> Result<()> {
    let mut closes = Vec::new();
    loop {
        let open = scanner.next();
        if scanner.at >= at {
            return Ok(());
        }
        let mut is_open = false;
        if matches!(open, b'{' | b'[') {
            scanner.at += 1;
            closes.push(open + 2);
            *depth += 1;
            is_open = scanner.next() != open + 2;
            let is_kept = levels.len() < MAX_LEVELS && *depth == levels.len() + 1;
            if open == b'[' && is_kept {
                levels.push(Level::Index(0));
            } else if is_kept {
                levels.push(Level::Key(""));
            }
            if is_open && open == b'{' {
                step_key(scanner, levels, *depth)?;
            }
        } else {
            let start = scanner.at;
            scanner.skip_value()?;
            if (start..scanner.at).contains(&at) {
                return Ok(());
            }
        }
        while !is_open {
            let Some(close) = closes.last().copied() else { return Ok(()) };
            if scanner.skip_byte(b',') {
                if close == b'}' {
                    step_key(scanner, levels, *depth)?;
                } else if let (Some(Level::Index(index)), true) = level(levels, *depth) {
                    *index += 1;
                }
                is_open = true;
            } else {
                scanner.expect(close)?;
                closes.pop();
                if levels.len() == *depth {
                    levels.pop();
                }
                *depth -= 1;
                if scanner.at > at {
                    return Ok(());
                }
            }
        }
    }
}

/// The innermost level, and whether it is the one of this depth.
fn level<'a, 'b>(levels: &'b mut [Level<'a>], depth: usize) -> (Option<&'b mut Level<'a>>, bool) {
    let is_kept = levels.len() == depth;
    (levels.last_mut(), is_kept)
}

/// Reads the next key of an object.
fn step_key<'a>(scanner: &mut Scanner<'a>, levels: &mut [Level<'a>], depth: usize) -> Result<()> {
    let key = scanner.key()?;
    if let (Some(Level::Key(last)), true) = level(levels, depth) {
        *last = key;
    }
    Ok(())
}

/// Returns a key that reads like a name. Others may be data: the keys of a map can be user names.
pub(super) fn plain_name(key: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    (!key.is_empty() && key.len() <= 64 && key.chars().all(is_plain)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::path_of;

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
