//! Strings that contain JSON.

use crate::Error;
use crate::error::invalid;
use minilambda::__private::{decode_or, to_text};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Decodes JSON in a string. `what` names the string in the error, which says where and why the
/// JSON does not match the type.
pub(crate) fn from_json<T: FromJson>(text: &str, what: &str) -> Result<T, Error> {
    decode_or(text.as_bytes(), |message| invalid(format!("{what}: {message}")))
}

/// Decodes an object whose fields have been collected, for a type that is chosen by them.
pub(crate) fn from_members<T: Deserialize>(
    members: &BTreeMap<String, impl Serialize>,
) -> miniserde::Result<T> {
    let text = to_text(members);
    from_json(&text, "the object").map_err(|_| miniserde::Error)
}

#[cfg(test)]
mod tests {
    use super::from_json;

    #[test]
    fn a_mismatch_is_explained_without_the_value() {
        assert_eq!(from_json::<u8>("1", "the message").unwrap(), 1);
        assert_eq!(from_json::<u8>("\u{feff}1", "the message").unwrap(), 1);
        let error = from_json::<u8>("\"secret\"", "the message").unwrap_err();
        assert_eq!(
            error.message(),
            "the message: the JSON does not match its type: expected an integer, found a string"
        );
    }
}
