//! The head of a response, of a GET as of a POST, read with the parser that ureq uses.
//!
//! ureq gets a head with the lines that HTTP itself needs: it takes 128 lines, refuses headers in a
//! response of 1xx, and makes a map of all headers, for 5,000 instructions. An event whose head is
//! refused is lost: it was handed out, and without its id there is no response to it.

use httparse::{Error, Header, ParserConfig, Response, Status};
use std::mem::MaybeUninit;

/// The bytes that a head may have. Only a broken peer sends more.
pub(super) const MAX_HEAD_BYTES: usize = 256 * 1024;

/// The headers of a usual head. More take an allocation.
const USUAL_HEADERS: usize = 32;

/// What HTTP itself needs of a head.
const FRAMING: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// Parses a head, and returns what `read` makes of it and of its number of bytes. `None`: it has
/// not come completely.
pub(super) fn parse<T>(
    config: &ParserConfig,
    input: &[u8],
    read: impl FnOnce(&Response, usize) -> T,
) -> Result<Option<T>, Error> {
    let mut usual: [MaybeUninit<Header>; USUAL_HEADERS] = [MaybeUninit::uninit(); USUAL_HEADERS];
    let mut many;
    let mut response = Response::new(&mut []);
    let mut parsed = config.parse_response_with_uninit_headers(&mut response, input, &mut usual);
    if parsed == Err(Error::TooManyHeaders) {
        many = vec![MaybeUninit::uninit(); input.split(|byte| *byte == b'\n').count()];
        response = Response::new(&mut []);
        parsed = config.parse_response_with_uninit_headers(&mut response, input, &mut many);
    }
    Ok(match parsed? {
        Status::Complete(bytes) => Some(read(&response, bytes)),
        Status::Partial => None,
    })
}

/// The headers of a response that ureq does not get.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// The names, in lower case and without their prefix, without a separator.
    names: String,
    /// The values, without a separator.
    values: Vec<u8>,
    /// Where each name and its value end.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    fn clear(&mut self) {
        self.names.clear();
        self.values.clear();
        self.ends.clear();
    }

    fn push(&mut self, name: &str, value: &[u8]) {
        let start = self.names.len();
        self.names.push_str(name);
        self.names.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
        self.values.extend_from_slice(value);
        self.ends.push((self.names.len(), self.values.len()));
    }

    /// Calls a function with each name and value.
    pub(super) fn each<E>(
        &self,
        mut read: impl FnMut(&str, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut starts = (0, 0);
        self.ends.iter().try_for_each(|ends| {
            let name = self.names.get(starts.0..ends.0).unwrap_or_default();
            let value = self.values.get(starts.1..ends.1).unwrap_or_default();
            starts = *ends;
            read(name, value)
        })
    }
}

/// Whether an incomplete head may be complete, or be seen to be none, with what has come since
/// `old` bytes. A long one is only parsed at a blank line, because it may come byte by byte.
pub(super) fn is_worth_parsing(input: &[u8], old: usize) -> bool {
    let new = input.get(old.saturating_sub(2)..).unwrap_or_default();
    let ends = |line: &[u8]| matches!(line, [_, b'\n', b'\n'] | [b'\n', b'\r', b'\n']);
    old == 0 || input.len() <= 1024 || new.windows(3).any(ends)
}

/// Whether a response announces the real one: those of 1xx, except 101, which ends HTTP.
pub(super) fn is_informational(status: u16) -> bool {
    (100..200).contains(&status) && status != 101
}

/// Returns where the response begins that ureq is to read: after those of 1xx, and with a head cut
/// to what HTTP itself needs. `kept` gets the headers whose names begin with `wanted`. Returns
/// false, too, if the head has not come completely.
pub(super) fn prepare(input: &mut [u8], wanted: &str, kept: &mut Headers) -> (usize, bool) {
    let mut start = 0;
    loop {
        kept.clear();
        let rest = input.get(start..).unwrap_or_default();
        let parsed = parse(&ParserConfig::default(), rest, |response, bytes| {
            let status = response.code.unwrap_or_default();
            if is_informational(status) {
                return (bytes, Vec::new());
            }
            let mut cut = Vec::with_capacity(128);
            // Each line is at most as long as it came. `write!` would take 1,100 instructions.
            let digits = [status / 100, status / 10 % 10, status % 10];
            let [a, b, c] = digits.map(|digit| b'0' + u8::try_from(digit).unwrap_or_default());
            let version = b'0' + response.version.unwrap_or_default();
            cut.extend_from_slice(&[b'H', b'T', b'T', b'P', b'/', b'1', b'.', version]);
            cut.extend_from_slice(&[b' ', a, b, c, b'\n']);
            for header in response.headers.iter() {
                if let Some(name) = strip_start(header.name, wanted) {
                    kept.push(name, header.value);
                } else if FRAMING.iter().any(|framing| is_name(header.name, framing)) {
                    cut.extend_from_slice(header.name.as_bytes());
                    cut.push(b':');
                    cut.extend_from_slice(header.value);
                    cut.push(b'\n');
                }
            }
            cut.push(b'\n');
            (bytes, cut)
        });
        match parsed {
            Ok(Some((bytes, cut))) if cut.is_empty() => start += bytes,
            Ok(Some((bytes, cut))) => {
                let from = start + bytes - cut.len();
                if let Some(place) = input.get_mut(from..start + bytes) {
                    place.copy_from_slice(&cut);
                }
                return (from, true);
            }
            Ok(None) => return (start, false),
            Err(_) => return (start, true), // ureq says what is wrong with it
        }
    }
}

/// Whether a header has this name, which is letters in lower case and hyphens.
pub(super) fn is_name(name: &str, wanted: &str) -> bool {
    name.len() == wanted.len() && starts_with(name, wanted)
}

/// Returns the name without a start, which is letters in lower case and hyphens.
fn strip_start<'a>(name: &'a str, wanted: &str) -> Option<&'a str> {
    let rest = name.get(wanted.len()..)?;
    starts_with(name, wanted).then_some(rest)
}

/// Compares as many bytes as the shorter one has, in a third of the time of std's function.
fn starts_with(name: &str, wanted: &str) -> bool {
    /// Makes letters small and leaves hyphens. No other byte of a name becomes one of these.
    const SMALL: u8 = 0x20;
    name.bytes().zip(wanted.bytes()).all(|(a, b)| a | SMALL == b)
}

#[cfg(test)]
mod tests {
    use super::{Headers, is_name, is_worth_parsing, prepare, strip_start};

    /// A line that goes on in the next one, which RFC 9112 no longer allows.
    const FOLDED: &str = "HTTP/1.1 200 OK\nX-Id: 7\n 8\n\n";

    /// What ureq gets of an input, and the headers that are kept.
    fn prepared(text: &str) -> Option<(String, String)> {
        let mut input = text.replace('\n', "\r\n").into_bytes();
        let mut kept = Headers::default();
        kept.push("of the head before", b"");
        let (start, is_complete) = prepare(&mut input, "x-", &mut kept);
        let text = |bytes| String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
        let mut lines = String::new();
        let each: Result<(), ()> = kept.each(|name, value| {
            lines.extend([name, ":", &String::from_utf8_lossy(value), "\n"]);
            Ok(())
        });
        assert!(each.is_ok());
        is_complete.then(|| (text(input.split_off(start)), lines))
    }

    fn both(cut: &str, kept: &str) -> Option<(String, String)> {
        Some((cut.to_owned(), kept.to_owned()))
    }

    #[test]
    fn responses_of_1xx_are_skipped() {
        for before in [
            "",
            "HTTP/1.1 100 Continue\n\n",
            "HTTP/1.1 100 Continue\nA: b\n\nHTTP/1.0 102 P\n\n",
            &format!("HTTP/1.1 103 Early\n{}\n", "X-Link: </a>\n".repeat(300)),
        ] {
            for body in ["body", &"\n".repeat(100_000)] {
                let text = format!("{before}HTTP/1.1 200 OK\nA: b\n\n{body}");
                let cut = format!("HTTP/1.1 200\n\n{body}");
                assert_eq!(prepared(&text), both(&cut, ""), "{before}");
            }
        }
        assert_eq!(prepared("HTTP/1.1 101 S\n\n"), both("HTTP/1.1 101\n\n", ""));
    }

    #[test]
    fn a_head_is_cut_to_what_http_needs_and_the_wanted_headers_are_kept() {
        for many in ["", &"A: x-1\nx: 1\n".repeat(80)] {
            let text = format!(
                "HTTP/1.0 200 OK\n{many}X-Id:  7 \nB: c\nconnection: close\n{many}x-id: 8\n\
                 Content-Length: 4\n\nbo\n\n"
            );
            let cut = "HTTP/1.0 200\nconnection:close\nContent-Length:4\n\nbo\n\n";
            assert_eq!(prepared(&text), both(cut, "id:7\nid:8\n"));
            let announced = format!("HTTP/1.1 100 C\nX-Id: 6\n\n{text}");
            assert_eq!(prepared(&announced), both(cut, "id:7\nid:8\n"));
        }
        let mut short = *b"HTTP/1.1 200\nContent-Length:4\nConnection:close\n\nbody";
        let whole = short;
        assert_eq!(prepare(&mut short, "x-", &mut Headers::default()), (0, true));
        assert_eq!(short, whole, "the cut head is never longer");
    }

    #[test]
    fn what_is_incomplete_is_waited_for_and_what_is_no_head_is_left_to_ureq() {
        let text = [&[b'x'; 2000][..], b"\r\n\r\n"].concat();
        for (old, is_worth) in [(0, true), (2000, true), (2003, true), (2004, false)] {
            assert_eq!(is_worth_parsing(&text, old), is_worth, "{old}");
        }
        assert!(!is_worth_parsing(&text[..2003], 1) && is_worth_parsing(&text[..9], 8));
        for text in ["", "\n\n", "HTTP/1.1 1", "HTTP/1.1 200 OK\nA: b\n", "HTTP/1.1 100 C\n\n"] {
            assert_eq!(prepared(text), None, "{text}");
        }
        for text in ["SSH", "HTTP/2 200 OK\n\n", "HTTP/1.1 200 OK\nno colon\n\n", FOLDED] {
            assert_eq!(prepared(text).map(|it| it.0).as_deref(), Some(text));
        }
    }

    /// What a peer sends may come in any pieces, and two heads in one.
    #[test]
    fn a_head_in_pieces_is_complete_at_its_blank_line() {
        let head = "HTTP/1.1 103 E\nLink: a\n\nHTTP/1.1 200 OK\nX-Id: 7\nContent-Length: 4\n\n";
        let body = "body";
        let text = format!("{head}{body}");
        for count in 0..=text.len() {
            let expected = (count >= head.len()).then(|| {
                let cut = format!("HTTP/1.1 200\nContent-Length:4\n\n{}", &text[head.len()..count]);
                (cut, "id:7\n".to_owned())
            });
            assert_eq!(prepared(&text[..count]), expected, "{count}");
        }
        // As the transport does it: what was skipped is not parsed again.
        let wire = text.replace('\n', "\r\n").into_bytes();
        for piece in 1..wire.len() {
            let (mut input, mut kept) = (Vec::new(), Headers::default());
            let is_complete = wire.chunks(piece).any(|more| {
                let old = input.len();
                input.extend_from_slice(more);
                if !is_worth_parsing(&input, old) {
                    return false;
                }
                let (start, is_complete) = prepare(&mut input, "x-", &mut kept);
                input.drain(..start);
                is_complete
            });
            assert!(is_complete && input.starts_with(b"HTTP/1.1 200\nContent-Length:4\n\n"));
        }
    }

    #[test]
    fn names_are_compared_as_std_does_it() {
        let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        for byte in (0..=0x7f).filter(token) {
            for wanted in b"abcdefghijklmnopqrstuvwxyz-" {
                let (name, wanted) = ([byte], [*wanted]);
                let text = |bytes| std::str::from_utf8(bytes).unwrap();
                let expected = name.eq_ignore_ascii_case(&wanted);
                assert_eq!(is_name(text(&name), text(&wanted)), expected, "{name:?} {wanted:?}");
            }
        }
        assert!(!is_name("x-", "x-id") && !is_name("x-id", "x-") && is_name("", ""));
        for (name, rest) in [("x-", Some("")), ("X-A", Some("A")), ("x", None), ("y-a", None)] {
            assert_eq!(strip_start(name, "x-"), rest, "{name}");
        }
        let text = "HTTP/1.1 200 OK\ncOnTeNt-LeNgTh: 4\nX-iD: 7\nContent_Length: 5\n\n";
        assert_eq!(prepared(text), both("HTTP/1.1 200\ncOnTeNt-LeNgTh:4\n\n", "id:7\n"));
    }
}
