//! Serializes structs without their absent fields.
//!
//! miniserde writes `None` as null, which AWS does not accept in a response.

use miniserde::ser::{Fragment, Map, Serialize};
use std::borrow::Cow;
use std::vec::IntoIter;

/// Implements `Serialize` for the struct inside like the derive does, but omits fields that are
/// `None`. The struct may have type parameters.
///
/// Only the struct's own fields are omitted. A null inside a user's own type stays.
macro_rules! omit_absent {
    (
        $(#[doc = $about:literal])*
        #[derive($($derive:ident),*)]
        pub struct $name:ident $(<$($parameter:ident $(= $default:ty)?),+>)? {
            $(
                $(#[doc = $field_about:literal])*
                $(#[serde(rename = $json:literal)])?
                pub $field:ident: $type:ty
            ),* $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive($($derive),*)]
        pub struct $name $(<$($parameter $(= $default)?),+>)? {
            $(
                $(#[doc = $field_about])*
                $(#[serde(rename = $json)])?
                pub $field: $type
            ),*
        }

        impl $(<$($parameter: miniserde::Serialize),+>)? miniserde::Serialize
            for $name $(<$($parameter),+>)?
        {
            fn begin(&self) -> miniserde::ser::Fragment<'_> {
                $crate::values::members(vec![
                    $(($crate::values::json_name!($field $($json)?), &self.$field)),*
                ])
            }
        }
    };
}
pub(crate) use omit_absent;

/// Returns the name of a field in JSON.
macro_rules! json_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $json:literal) => {
        $json
    };
}
pub(crate) use json_name;

/// Returns an object of the fields that are not null.
pub(crate) fn members<'a>(all: Vec<(&'a str, &'a dyn Serialize)>) -> Fragment<'a> {
    Fragment::Map(Box::new(Present(all.into_iter())))
}

struct Present<'a>(IntoIter<(&'a str, &'a dyn Serialize)>);

impl Map for Present<'_> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        let (name, value) = self.0.find(|(_, value)| !matches!(value.begin(), Fragment::Null))?;
        Some((Cow::Borrowed(name), value))
    }
}

#[cfg(test)]
mod tests {
    use miniserde::{Deserialize, json};

    omit_absent! {
        /// A struct with a type parameter.
        #[derive(Clone, Debug, Default, Deserialize)]
        pub struct Response<T = String> {
            /// Renamed.
            #[serde(rename = "statusCode")]
            pub status_code: u16,
            pub body: Option<T>,
            #[serde(rename = "type")]
            pub kind: Option<String>,
        }
    }

    #[test]
    fn absent_members_are_left_out_and_others_written() {
        let response: Response = Response { status_code: 200, ..Default::default() };
        assert_eq!(json::to_string(&response), r#"{"statusCode":200}"#);
        let text = r#"{"statusCode":200,"body":[null,1],"type":""}"#;
        let response: Response<Vec<Option<u8>>> = json::from_str(text).unwrap();
        assert_eq!(json::to_string(&response), text);
        let response: Response<u8> = Response { status_code: 0, ..Default::default() };
        assert_eq!(json::to_string(&response), r#"{"statusCode":0}"#);
    }
}
