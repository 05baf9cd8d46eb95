//! Names of buckets and keys: what becomes a part of a host or of a path.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.

use crate::error::Error;
use std::net::Ipv4Addr;

const MAX_KEY_BYTES: usize = 1024;

/// Checks a name as AWS documents it. Old buckets of us-east-1 with capitals or underscores are
/// refused too.
pub(super) fn check_bucket(name: &str) -> Result<(), Error> {
    let invalid =
        |reason: &str| Err(Error::invalid(format!("the bucket's name {name:?} {reason}")));
    if name.starts_with("arn:") {
        return invalid("is an ARN: access points are not supported, except by their aliases");
    }
    if ["--x-s3", ".mrap"].iter().any(|end| name.ends_with(end)) {
        return invalid(
            "is that of a directory bucket or of a multi-region access point: not supported",
        );
    }
    if !(3..=63).contains(&name.len()) {
        return invalid("does not have 3 to 63 characters");
    }
    let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !name.bytes().all(|byte| is_end(&byte) || matches!(byte, b'.' | b'-')) {
        return invalid("has characters other than small letters, digits, dots and hyphens");
    }
    let ends = [name.bytes().next(), name.bytes().last()];
    if !ends.iter().flatten().all(is_end) {
        return invalid("does not begin and end with a letter or a digit");
    }
    let is_reserved = name.starts_with("xn--") || name.starts_with("sthree-");
    if name.contains("..") || name.parse::<Ipv4Addr>().is_ok() || is_reserved {
        return invalid(
            "has two dots in a row, is an address, or begins like those that S3 reserves",
        );
    }
    Ok(())
}

/// Checks that a key names an object: an empty one names the bucket, and servers remove segments of
/// dots, so that the key could leave the bucket.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() {
        return Err(Error::invalid("the key is empty, which names the bucket itself"));
    }
    if key.len() > MAX_KEY_BYTES {
        return Err(Error::invalid(format!("the key has more than {MAX_KEY_BYTES} bytes")));
    }
    let mut depth = 0_usize;
    let mut is_outside = false;
    for segment in key.split('/') {
        match segment {
            ".." => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => is_outside = true,
            },
            "" | "." => {}
            _ => depth += 1,
        }
    }
    let has_dots = key.split('/').any(|segment| matches!(segment, "." | ".."));
    if is_outside || (has_dots && depth == 0) {
        return Err(Error::invalid("the key has segments of dots that lead out of the bucket"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_buckets_are_checked_as_aws_documents_them() {
        for name in
            ["abc", "a1-b.c", "1a2", "photos.of-berlin", &*"a".repeat(63), "x-s3alias", "a.1.2.3"]
        {
            assert!(check_bucket(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "ab",
            "a/b",
            "abc/",
            "localhost:1234/",
            "Photos",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "192.168.0.1",
            "xn--abc",
            "sthree-abc",
            "a b",
            "a@b.c",
            "a?b",
            "a#b",
            "%61bc",
            "abc\n",
            "ph\u{f6}tos",
            "arn:aws:s3:::abc",
            "abc--x-s3",
            "abc.mrap",
            "..",
            &*"a".repeat(64),
        ] {
            assert!(check_bucket(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_key_stays_in_its_bucket() {
        for key in
            ["a", "/", "a/", "//a", "a b/\u{e9}", "a/../b", "./a", "...", "..a", "a/..b/", " "]
        {
            assert!(check_key(key).is_ok(), "{key}");
        }
        for key in ["", "..", ".", "../a", "a/../..", "a/../../b", "a/..", "/../b", "./", "/."] {
            assert!(check_key(key).is_err(), "{key}");
        }
        assert!(check_key(&"a".repeat(1025)).is_err());
    }
}
