//! The target of a request: a path with a query, or a URL with both.

/// Splits a target into its authority, if it is in absolute form, and the path with the query.
/// `None` if it is neither a path nor a URL of `http`, or has a user in its authority.
///
/// A server has to accept the absolute form, and takes the host from it
/// ([RFC 9112, 3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)).
pub(crate) fn split(target: &str) -> Option<(Option<&str>, String)> {
    if target.starts_with('/') {
        return Some((None, target.to_owned()));
    }
    let (scheme, rest) = target.split_once("://")?;
    if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.is_empty() || authority.contains(['@', '\\']) || path.starts_with('#') {
        return None;
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some((Some(authority), format!("{slash}{path}")))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_target_is_a_path_or_a_url() {
        for (target, authority, path) in [
            ("/", None, "/"),
            ("/a?b=http://c/", None, "/a?b=http://c/"),
            ("//a/b", None, "//a/b"),
            ("http://a:1/b?c=d", Some("a:1"), "/b?c=d"),
            ("HTTP://a", Some("a"), "/"),
            ("https://a?b", Some("a"), "/?b"),
            ("http://[::1]:9/", Some("[::1]:9"), "/"),
        ] {
            assert_eq!(split(target), Some((authority, path.to_owned())), "{target}");
        }
        for target in [
            "",
            "a",
            "*",
            "a.example:443",
            "http:/a",
            "http://",
            "http:///a",
            "http://me@a/",
            "http://127.0.0.1:9000\\@evil.example/",
            "http://a#b",
            "ftp://a/",
            "javascript://a/",
        ] {
            assert_eq!(split(target), None, "{target}");
        }
    }
}
