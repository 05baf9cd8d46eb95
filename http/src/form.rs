//! Bodies of HTML forms.

use crate::response::Response;
use std::str::FromStr;

/// The fields of a form, from [`Request::form`](crate::Request::form).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    /// Returns a field, the first of several values: `None` if the form has none.
    ///
    /// # Errors
    /// Status 400 if it cannot be parsed.
    pub fn get<T: FromStr>(&self, name: &str) -> Result<Option<T>, Response> {
        get(&self.0, name, "form")
    }

    /// Iterates over the names and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Parses the first value of a name.
pub(crate) fn get<T: FromStr>(
    pairs: &[(String, String)],
    name: &str,
    place: &str,
) -> Result<Option<T>, Response> {
    let Some((_, value)) = pairs.iter().find(|(key, _)| key == name) else { return Ok(None) };
    let value = value.parse();
    value.map(Some).map_err(|_| {
        Response::problem(400, format!("the {place}'s {name} does not have the expected form"))
    })
}
