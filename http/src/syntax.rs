//! Checks of the texts in a table of routes when it is compiled. A `const fn` can use neither
//! iterators nor `format!`.

#![allow(clippy::indexing_slicing, reason = "in a `const fn` there is no other way")]

const MAX_SEGMENTS: usize = 30;

/// Checks the path of a route. A literal is compared with a decoded segment, so one that clients
/// remove, or that is percent-encoded, would never match.
pub(crate) const fn check_path(path: &str) {
    let bytes = path.as_bytes();
    assert!(!bytes.is_empty() && bytes[0] == b'/', "the path of a route must begin with a slash");
    let (mut index, mut segments) = (0, 0);
    while index < bytes.len() {
        // At a slash: the segment after it.
        let (start, end) = (index + 1, segment_end(bytes, index + 1));
        let segment = part(bytes, start, end);
        assert!(
            !segment.is_empty() || bytes.len() == 1,
            "the path of a route must not end with a slash or have two in a row"
        );
        if has_brace(segment) {
            check_parameter(segment, end == bytes.len());
            assert!(
                !has_parameter(part(bytes, 0, start), name_of(segment)),
                "a path must not have two parameters of the same name"
            );
        } else {
            check_literal(segment);
        }
        segments += 1;
        index = end;
    }
    assert!(segments <= MAX_SEGMENTS, "the path of a route may have 30 segments");
}

/// Checks the path of a table. It can have `{name}`, but not `{name*}`, which leaves nothing for
/// the table.
pub(crate) const fn check_prefix(path: &str) {
    let is_rest = matches!(path.as_bytes(), [.., b'*', b'}']);
    assert!(!is_rest, "the path of a table of routes must not end with {{name*}}");
}

/// Checks a base path. It has literal segments only, or is empty.
pub(crate) const fn check_base_path(path: &str) {
    if !path.is_empty() {
        check_path(path);
        assert!(!has_brace(path.as_bytes()), "a base path must not have parameters");
    }
}

const fn check_parameter(segment: &[u8], is_last: bool) {
    let is_parameter = match segment {
        [b'{', name @ .., b'}'] => !name.is_empty() && !has_brace(name),
        _ => false,
    };
    assert!(is_parameter, "a parameter must be a whole segment of a path: {{name}}");
    let name = name_of(segment);
    assert!(!name.is_empty(), "a parameter must have a name: {{name*}}");
    let is_rest = segment.len() > name.len() + 2;
    assert!(!is_rest || is_last, "{{name*}} must be the last segment of a path");
    let mut index = 0;
    while index < name.len() {
        assert!(
            matches!(name[index], b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | 128..),
            "the name of a parameter has letters, digits, `_`, `-` and `.` only; its type is \
             that of `request.param`"
        );
        index += 1;
    }
}

/// Returns the name of a parameter. A literal has none.
const fn name_of(segment: &[u8]) -> &[u8] {
    match segment {
        [b'{', name @ .., b'*', b'}'] | [b'{', name @ .., b'}'] => name,
        _ => &[],
    }
}

const fn check_literal(segment: &[u8]) {
    assert!(!matches!(segment, [b':', ..]), "a parameter is written {{name}}, not :name");
    let is_dots = matches!(segment, b"." | b"..");
    assert!(!is_dots, "clients remove `.` and `..` from a path before they send it");
    let mut index = 0;
    while index < segment.len() {
        let byte = segment[index];
        assert!(byte != b'*', "a segment for the rest of a path is written {{name*}}");
        assert!(byte != b'%', "a path is compared decoded: it must not be percent-encoded");
        let is_literal = matches!(
            byte,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 128.. | b'-' | b'.' | b'_' | b'~' | b'!' | b'$'
                | b'&' | b'\'' | b'(' | b')' | b'+' | b',' | b';' | b'=' | b':' | b'@'
        );
        assert!(
            is_literal,
            "a path has no query, no fragment, no blanks, and none of \\ ^ ` | \" < > [ ]"
        );
        index += 1;
    }
}

/// Whether a path has a parameter of this name.
const fn has_parameter(path: &[u8], name: &[u8]) -> bool {
    let mut start = 1;
    while start < path.len() {
        let end = segment_end(path, start);
        if path[start] == b'{' && is_equal(name_of(part(path, start, end)), name) {
            return true;
        }
        start = end + 1;
    }
    false
}

/// Whether two paths have a parameter of the same name.
pub(crate) const fn share_parameter(outer: &str, path: &str) -> bool {
    let (outer, path) = (outer.as_bytes(), path.as_bytes());
    let mut start = 1;
    while start < path.len() {
        let end = segment_end(path, start);
        if path[start] == b'{' && has_parameter(outer, name_of(part(path, start, end))) {
            return true;
        }
        start = end + 1;
    }
    false
}

const fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    index == a.len() && index == b.len()
}

const fn part(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    bytes.split_at(end).0.split_at(start).1
}

const fn segment_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < bytes.len() && bytes[end] != b'/' {
        end += 1;
    }
    end
}

const fn has_brace(bytes: &[u8]) -> bool {
    let mut index = 0;
    while index < bytes.len() && !matches!(bytes[index], b'{' | b'}') {
        index += 1;
    }
    index < bytes.len()
}

const fn is_in(byte: u8, set: &[u8]) -> bool {
    let mut index = 0;
    while index < set.len() && set[index] != byte {
        index += 1;
    }
    index < set.len()
}

/// Checks the method of a route.
pub(crate) const fn check_method(method: &str) {
    let bytes = method.as_bytes();
    let mut is_method = !bytes.is_empty();
    let mut index = 0;
    while index < bytes.len() {
        let byte = bytes[index];
        is_method &= byte.is_ascii_uppercase() || byte.is_ascii_digit() || is_in(byte, b"-_");
        index += 1;
    }
    assert!(is_method, "the method of a route must be in capital letters: GET");
    assert!(!is_text(method, b"ANY"), "a route has one method: ANY is none");
}

/// Checks the names of headers.
pub(crate) const fn check_header_names(names: &[&str]) {
    let mut index = 0;
    while index < names.len() {
        let bytes = names[index].as_bytes();
        let mut is_name = !bytes.is_empty();
        let mut at = 0;
        while at < bytes.len() {
            is_name &= bytes[at].is_ascii_alphanumeric() || is_in(bytes[at], b"!#$%&'*+-.^_`|~");
            at += 1;
        }
        assert!(is_name, "a header's name must not have blanks, commas or colons");
        index += 1;
    }
}

/// Checks that browsers send origins like these: `https://todo.example.com`. Others would never
/// match, because an origin is compared as text.
pub(crate) const fn check_origins(origins: &[&str]) {
    let mut index = 0;
    while index < origins.len() {
        let origin = origins[index];
        if !is_text(origin, b"*") && !is_text(origin, b"null") {
            check_origin(origin.as_bytes());
        }
        index += 1;
    }
}

const fn check_origin(origin: &[u8]) {
    let mut index = 0;
    while index < origin.len() {
        let byte = origin[index];
        assert!(byte != b'*', "an origin has no wildcard: name each, or allow all with `*`");
        assert!(
            !is_in(byte, b" ,\t"),
            "each origin is a separate entry: `&[\"https://a.example\", \"https://b.example\"]`"
        );
        assert!(!byte.is_ascii_uppercase(), "browsers send an origin in small letters");
        assert!(byte.is_ascii(), "browsers send an origin in ASCII: bücher is xn--bcher-kva");
        index += 1;
    }
    let host = after_scheme(origin);
    let end = segment_end(origin, host);
    assert!(end == origin.len(), "an origin has no path, not even a slash at its end");
    let port = check_host(origin, host);
    check_port(origin, host, port);
}

/// Checks a scheme and returns where the host begins.
const fn after_scheme(origin: &[u8]) -> usize {
    let mut end = 0;
    while end < origin.len() && is_scheme(origin[end]) {
        end += 1;
    }
    let has_scheme = end > 0
        && origin[0].is_ascii_lowercase()
        && end + 3 <= origin.len()
        && origin[end] == b':'
        && origin[end + 1] == b'/'
        && origin[end + 2] == b'/';
    assert!(has_scheme, "an origin begins with a scheme: https://");
    end + 3
}

const fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || is_in(byte, b"+-.")
}

/// Checks a host and returns where its port begins, or the origin ends.
const fn check_host(origin: &[u8], start: usize) -> usize {
    let is_v6 = start < origin.len() && origin[start] == b'[';
    let mut end = start;
    while end < origin.len() && (origin[end] != b':' || is_v6) {
        let byte = origin[end];
        let is_host =
            byte.is_ascii_alphanumeric() || is_in(byte, if is_v6 { b"[:]" } else { b"-._~" });
        assert!(is_host, "an origin is a scheme, a host and perhaps a port");
        end += 1;
        if byte == b']' {
            break;
        }
    }
    assert!(end > start, "an origin has a host");
    assert!(!is_v6 || origin[end - 1] == b']', "the host of an origin lacks its `]`");
    end
}

const fn check_port(origin: &[u8], host: usize, colon: usize) {
    if colon == origin.len() {
        return;
    }
    assert!(origin[colon] == b':', "an origin is a scheme, a host and perhaps a port");
    let (mut port, mut index) = (0_u32, colon + 1);
    while index < origin.len() && index < colon + 6 && origin[index].is_ascii_digit() {
        port = port * 10 + (origin[index] - b'0') as u32;
        index += 1;
    }
    let is_port = index == origin.len() && port > 0 && port <= 65535 && origin[colon + 1] != b'0';
    assert!(is_port, "the port of an origin is a number from 1 to 65535");
    let scheme = part(origin, 0, host);
    let (is_http, is_https) = (is_equal(scheme, b"http://"), is_equal(scheme, b"https://"));
    assert!(
        !(is_http && port == 80 || is_https && port == 443),
        "browsers leave out the usual port of an origin"
    );
}

pub(crate) const fn is_text(text: &str, wanted: &[u8]) -> bool {
    is_equal(text.as_bytes(), wanted)
}
