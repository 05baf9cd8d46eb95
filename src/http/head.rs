//! Heads that ureq refuses although they are valid: it takes 128 lines, and no header in a 100.
//!
//! An event whose head is refused is lost: it was handed out, and without its id there is no
//! response to it. So a response of 1xx is skipped here, and a long head is cut to the lines that
//! are needed. The usual head is only looked at.

/// The bytes that a head may have. Only a broken peer sends more.
pub(super) const MAX_HEAD_BYTES: usize = 256 * 1024;

/// The lines of a head that ureq gets as it is.
const MAX_LINES: usize = 100;

/// What HTTP itself needs of a head.
const FRAMING: [&[u8]; 3] = [b"content-length", b"transfer-encoding", b"connection"];

/// Returns where the response begins that ureq is to read: after those of 1xx, and after what a
/// long head had before it was cut. Of a long head the headers remain whose names begin with
/// `wanted`. `None`: the head has too many lines, and has not come completely.
pub(super) fn prepare(input: &mut [u8], wanted: &str) -> Option<usize> {
    if is_plain(input) {
        return Some(0);
    }
    let mut start = 0;
    loop {
        let rest = input.get_mut(start..)?;
        match measure(rest) {
            (Some(end), _) if is_informational(rest) => start += end,
            (_, ..=MAX_LINES) => return Some(start),
            (Some(end), _) => return Some(start + cut(rest.get_mut(..end)?, wanted)),
            (None, _) => return None,
        }
    }
}

/// Whether everything that has come is at once seen to be short: the usual small event.
fn is_plain(input: &[u8]) -> bool {
    // The sum of a chunk fits a byte, which the compiler turns into instructions for many bytes.
    let lines_of = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    input.len() <= 4096
        && !is_informational(input)
        && input.chunks(128).map(|chunk| usize::from(lines_of(chunk))).sum::<usize>() <= MAX_LINES
}

/// A response of 1xx announces the real one, except 101, which ends HTTP.
fn is_informational(head: &[u8]) -> bool {
    let status = head.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(1..5));
    status.is_some_and(|status| status.starts_with(b" 1") && status != b" 101")
}

/// Returns where the first head ends, if it does, and its number of lines. Blank lines before it
/// are a part of it.
fn measure(input: &[u8]) -> (Option<usize>, usize) {
    let (mut end, mut lines) = (0, 0);
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        let is_blank = line.trim_ascii().is_empty();
        if is_blank && lines > 0 && line.ends_with(b"\n") {
            return (Some(end), lines);
        }
        lines += usize::from(!is_blank);
    }
    (None, lines)
}

/// Leaves out the lines that are not needed, and returns where the rest begins.
fn cut(head: &mut [u8], wanted: &str) -> usize {
    let mut kept = Vec::with_capacity(head.len());
    let mut is_kept = true; // the status line
    for (number, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        // A line that begins with a blank goes on with the one before.
        if number > 0 && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            is_kept = is_needed(line, wanted) || line.trim_ascii().is_empty();
        }
        if is_kept {
            kept.extend_from_slice(line);
        }
    }
    let start = head.len() - kept.len();
    head.iter_mut().skip(start).zip(kept).for_each(|(to, byte)| *to = byte);
    start
}

fn is_needed(line: &[u8], wanted: &str) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let start = name.get(..wanted.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(wanted.as_bytes()))
        || FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing))
}

#[cfg(test)]
mod tests {
    use super::prepare;

    /// What ureq gets of an input.
    fn prepared(text: &str) -> Option<String> {
        let mut input = text.replace('\n', "\r\n").into_bytes();
        let start = prepare(&mut input, "x-")?;
        Some(String::from_utf8(input.split_off(start)).unwrap().replace("\r\n", "\n"))
    }

    #[test]
    fn responses_of_1xx_are_skipped() {
        let event = "HTTP/1.1 200 OK\nA: b\n\nbody";
        for before in [
            "",
            "HTTP/1.1 100 Continue\n\n",
            "HTTP/1.1 100 Continue\nA: b\n\nHTTP/1.0 102 P\n\n",
            &format!("HTTP/1.1 103 Early\n{}\n", "Link: </a>\n".repeat(300)),
        ] {
            assert_eq!(prepared(&format!("{before}{event}")).as_deref(), Some(event), "{before}");
            let large = format!("{event}{}", "\n".repeat(100_000));
            assert_eq!(prepared(&format!("{before}{large}")).as_deref(), Some(&*large), "{before}");
        }
        for text in ["HTTP/1.1 101 S\n\n", "HTTP/1.1 100 C", "HTTP/1.1 1", "", "SSH", "\n\n", "\n"]
        {
            assert_eq!(prepared(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_long_head_is_cut_to_what_is_needed() {
        let many = "A: x-1\nx: 1\n".repeat(80);
        let text = format!(
            "HTTP/1.1 200 OK\n{many}X-Id: 7\nB: c\n folded\nconnection: close\n{many}\
             Content-Length: 4\n\nbo\n\n"
        );
        let cut = "HTTP/1.1 200 OK\nX-Id: 7\nconnection: close\nContent-Length: 4\n\nbo\n\n";
        assert_eq!(prepared(&text).as_deref(), Some(cut));
        let announced = format!("HTTP/1.1 100 C\n\n{text}");
        assert_eq!(prepared(&announced).as_deref(), Some(cut));
        assert_eq!(prepared(&format!("HTTP/1.1 200 OK\n{many}")), None, "the rest is to come");
        let short = "HTTP/1.1 200 OK\nA: b\n\n".to_owned() + &"line\n".repeat(1000);
        assert_eq!(prepared(&short).as_deref(), Some(&*short), "a body of many lines");
    }
}
