//! Checks of the texts in a table of routes when it is compiled. A `const fn` can use neither iterators nor
//! `format!`.

const MAX_SEGMENTS: usize = 30;

/// Checks the path of a route. A literal is compared with a decoded segment, so one that clients remove, or that
/// is percent-encoded, would never match.
pub(crate) const fn check_path(path: &str) {
    let bytes = path.as_bytes();
    assert!(!bytes.is_empty() && bytes[0] == b'/', "the path of a route must begin with a slash");
    let (mut index, mut segments) = (0, 0);
    while index < bytes.len() {
        // At a slash: the segment after it.
        let start = index + 1;
        let end = segment_end(bytes, start);
        let is_root = bytes.len() == 1;
        assert!(
            end > start || is_root,
            "the path of a route must not end with a slash or have two in a row"
        );
        if has_brace(bytes, start, end) {
            check_parameter(bytes, start, end);
            assert!(
                !has_parameter(bytes, start, bytes, start, end),
                "a path must not have two parameters of the same name"
            );
        } else {
            check_literal(bytes, start, end);
        }
        segments += 1;
        index = end;
    }
    assert!(segments <= MAX_SEGMENTS, "the path of a route may have 30 segments");
}

/// Checks the path of a table. It can have `{name}`, but not `{name*}`, which leaves nothing for the table.
pub(crate) const fn check_prefix(path: &str) {
    let bytes = path.as_bytes();
    let is_rest =
        bytes.len() > 1 && bytes[bytes.len() - 2] == b'*' && bytes[bytes.len() - 1] == b'}';
    assert!(!is_rest, "the path of a table of routes must not end with {{name*}}");
}

/// Checks a base path. It has literal segments only, or is empty.
pub(crate) const fn check_base_path(path: &str) {
    let bytes = path.as_bytes();
    if !bytes.is_empty() {
        check_path(path);
        assert!(!has_brace(bytes, 0, bytes.len()), "a base path must not have parameters");
    }
}

const fn check_parameter(bytes: &[u8], start: usize, end: usize) {
    let is_parameter = bytes[start] == b'{'
        && bytes[end - 1] == b'}'
        && !has_brace(bytes, start + 1, end - 1)
        && end - start > 2;
    assert!(is_parameter, "a parameter must be a whole segment of a path: {{name}}");
    let is_rest = bytes[end - 2] == b'*';
    assert!(!is_rest || end - start > 3, "a parameter must have a name: {{name*}}");
    assert!(!is_rest || end == bytes.len(), "{{name*}} must be the last segment of a path");
    let mut index = start + 1;
    while index < name_end(bytes, end) {
        let byte = bytes[index];
        let is_name = byte.is_ascii_alphanumeric() || !byte.is_ascii() || is_in(byte, b"_-.");
        assert!(
            is_name,
            "the name of a parameter has letters, digits, `_`, `-` and `.` only; its type is \
             that of `request.param`"
        );
        index += 1;
    }
}

/// Returns where the name of a parameter ends, whose segment ends at `end`.
const fn name_end(bytes: &[u8], end: usize) -> usize {
    if bytes[end - 2] == b'*' { end - 2 } else { end - 1 }
}

const fn check_literal(bytes: &[u8], start: usize, end: usize) {
    assert!(start == end || bytes[start] != b':', "a parameter is written {{name}}, not :name");
    let is_dots = (end == start + 1 && bytes[start] == b'.')
        || (end == start + 2 && bytes[start] == b'.' && bytes[start + 1] == b'.');
    assert!(!is_dots, "clients remove `.` and `..` from a path before they send it");
    let mut index = start;
    while index < end {
        let byte = bytes[index];
        assert!(byte != b'*', "a segment for the rest of a path is written {{name*}}");
        assert!(byte != b'%', "a path is compared decoded: it must not be percent-encoded");
        let is_literal =
            byte.is_ascii_alphanumeric() || !byte.is_ascii() || is_in(byte, b"-._~!$&'()+,;=:@");
        assert!(
            is_literal,
            "a path has no query, no fragment, no blanks, and none of \\ ^ ` | \" < > [ ]"
        );
        index += 1;
    }
}

/// Whether the parameter in the segment from `start` to `end` of a path is also in the first `length` bytes of
/// `other`.
const fn has_parameter(other: &[u8], length: usize, path: &[u8], start: usize, end: usize) -> bool {
    let end = name_end(path, end);
    let mut index = 1;
    while index < length {
        let other_end = segment_end(other, index);
        if other_end > index && other[index] == b'{' {
            let other_end = name_end(other, other_end);
            if equal_parts(other, index + 1, other_end, path, start + 1, end) {
                return true;
            }
        }
        index = other_end + 1;
    }
    false
}

/// Whether two paths have a parameter of the same name.
pub(crate) const fn share_parameter(outer: &str, path: &str) -> bool {
    let (outer, path) = (outer.as_bytes(), path.as_bytes());
    let mut start = 1;
    while start < path.len() {
        let end = segment_end(path, start);
        if path[start] == b'{' && has_parameter(outer, outer.len(), path, start, end) {
            return true;
        }
        start = end + 1;
    }
    false
}

const fn equal_parts(
    a: &[u8],
    a_start: usize,
    a_end: usize,
    b: &[u8],
    b_start: usize,
    b_end: usize,
) -> bool {
    let length = a_end - a_start;
    let mut index = 0;
    while index < length && b_start + index < b_end && a[a_start + index] == b[b_start + index] {
        index += 1;
    }
    index == length && b_start + index == b_end
}

const fn segment_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < bytes.len() && bytes[end] != b'/' {
        end += 1;
    }
    end
}

const fn has_brace(bytes: &[u8], start: usize, end: usize) -> bool {
    let mut index = start;
    while index < end {
        if bytes[index] == b'{' || bytes[index] == b'}' {
            return true;
        }
        index += 1;
    }
    false
}

const fn is_in(byte: u8, set: &[u8]) -> bool {
    let mut index = 0;
    while index < set.len() {
        if set[index] == byte {
            return true;
        }
        index += 1;
    }
    false
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

/// Checks that browsers send origins like these: `https://todo.example.com`. Others would never match, because an
/// origin is compared as text.
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
            "each origin is an entry of its own: `&[\"https://a.example\", \"https://b.example\"]`"
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
    let is_http = equal_parts(origin, 0, host, b"http://", 0, 7);
    let is_https = equal_parts(origin, 0, host, b"https://", 0, 8);
    assert!(
        !(is_http && port == 80 || is_https && port == 443),
        "browsers leave out the usual port of an origin"
    );
}

pub(crate) const fn is_text(text: &str, wanted: &[u8]) -> bool {
    let text = text.as_bytes();
    equal_parts(text, 0, text.len(), wanted, 0, wanted.len())
}
