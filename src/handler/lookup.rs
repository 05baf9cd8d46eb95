//! Finds a handler by its name in the static table.

use crate::{Error, Handler};

/// Returns the table, and makes it a compile error if two of its names are equal. Without this
/// function [`run`](crate::run) reports them before the first event.
///
/// ```
/// use minilambda::{Context, Error, Handler, unique_names};
///
/// fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
///     Ok(event)
/// }
/// static HANDLERS: &[(&str, Handler)] =
///     unique_names(&[("echo", Handler::raw(echo)), ("echo.again", Handler::raw(echo))]);
/// ```
///
/// ```compile_fail,E0080
/// # use minilambda::{Context, Error, Handler, unique_names};
/// # fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
/// #     Ok(event)
/// # }
/// static HANDLERS: &[(&str, Handler)] =
///     unique_names(&[("echo", Handler::raw(echo)), ("echo", Handler::raw(echo))]);
/// ```
///
/// # Panics
/// If two names are equal, which in the initializer of a static is a compile error.
#[must_use]
pub const fn unique_names(
    table: &'static [(&'static str, Handler)],
) -> &'static [(&'static str, Handler)] {
    let mut left = table;
    while let [(name, _), rest @ ..] = left {
        let mut others = rest;
        while let [(other, _), rest @ ..] = others {
            assert!(
                !are_equal(name.as_bytes(), other.as_bytes()),
                "two handlers have the same name"
            );
            others = rest;
        }
        left = rest;
    }
    table
}

/// Compares two strings: `==` cannot be called at compile time.
const fn are_equal(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([first, rest @ ..], [other, others @ ..]) = (a, b) {
        if *first != *other {
            return false;
        }
        (a, b) = (rest, others);
    }
    a.is_empty() && b.is_empty()
}

/// Returns the handler with this name.
pub(crate) fn find(handlers: &[(&str, Handler)], wanted: Option<&str>) -> Result<Handler, Error> {
    check_unique(handlers)?;
    match handlers.iter().find(|(name, _)| wanted == Some(name)) {
        Some((_, handler)) => Ok(*handler),
        None => Err(Error::new("Runtime.NoSuchHandler", not_found(handlers, wanted))),
    }
}

/// Checks that no two handlers have the same name, as only one of them would ever be called.
fn check_unique(handlers: &[(&str, Handler)]) -> Result<(), Error> {
    let mut names: Vec<_> = handlers.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    if names.windows(2).all(|pair| pair.first() != pair.last()) {
        return Ok(());
    }
    Err(Error::new("Runtime.AmbiguousHandler", ambiguous(handlers)))
}

#[cold]
fn ambiguous(handlers: &[(&str, Handler)]) -> String {
    let is_twice = |name: &str| handlers.iter().filter(|(other, _)| *other == name).count() > 1;
    let name = handlers.iter().map(|(name, _)| *name).find(|name| is_twice(name));
    format!("the table of handlers has the name \"{}\" twice", name.unwrap_or_default())
}

#[cold]
fn not_found(handlers: &[(&str, Handler)], wanted: Option<&str>) -> String {
    let names: Vec<_> = handlers.iter().map(|(name, _)| *name).collect();
    let what = wanted.map_or_else(
        || {
            "no handler is named: set the function's handler, or the CMD of its container image"
                .to_owned()
        },
        |wanted| format!("there is no handler \"{wanted}\"{}", hint(&names, wanted)),
    );
    if names.is_empty() {
        return format!("{what}; the table of handlers is empty");
    }
    format!("{what}; there are: {}", names.join(", "))
}

fn hint(names: &[&str], wanted: &str) -> String {
    names
        .iter()
        .map(|name| (distance(name, wanted), name))
        .min()
        .filter(|(distance, name)| *distance <= name.chars().count() / 3 + 1)
        .map_or_else(String::new, |(_, name)| format!(" (did you mean \"{name}\"?)"))
}

/// Returns the number of letters to add, remove or change to get from one word to the other
/// (Levenshtein's distance), ignoring the case of ASCII letters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_ascii_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.to_ascii_lowercase().chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (other, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let cost = (diagonal + usize::from(letter != *other)).min(left + 1).min(*above + 1);
            diagonal = std::mem::replace(above, cost);
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, find};
    use crate::{Context, Error, Handler};

    fn nothing(_: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
        Ok(Vec::new())
    }
    const NOTHING: Handler = Handler::raw(nothing);

    #[test]
    fn distance_counts_edits_and_ignores_case() {
        for (a, b, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("Hello.Order", "hello.order", 0),
            ("ä", "", 1),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest_and_all() {
        let table = [("hello.order", NOTHING), ("hello.raw", NOTHING)];
        let error = find(&table, Some("hello.oder")).unwrap_err();
        assert_eq!(error.kind(), "Runtime.NoSuchHandler");
        assert_eq!(
            error.message(),
            "there is no handler \"hello.oder\" (did you mean \"hello.order\"?); there are: hello.order, hello.raw"
        );
        let error = find(&table, Some("something else")).unwrap_err();
        assert!(!error.message().contains("did you mean"), "{error}");
        assert!(find(&[], Some("x")).unwrap_err().message().contains("empty"));
    }

    #[test]
    fn equal_names_are_refused_whichever_is_wanted() {
        for names in [&["a", "b", "a"][..], &["b", "a", "c", "c", "a"], &["a", "a", "b"]] {
            let table: Vec<_> = names.iter().map(|name| (*name, NOTHING)).collect();
            assert_eq!(
                find(&table, Some("b")).unwrap_err().message(),
                "the table of handlers has the name \"a\" twice"
            );
        }
    }
}
