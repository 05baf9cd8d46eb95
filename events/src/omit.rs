//! Writing a struct without its absent members.
//!
//! miniserde writes `None` as null; what AWS takes from a function must leave it out.

use miniserde::ser::{Fragment, Map, Serialize};
use std::borrow::Cow;
use std::vec::IntoIter;

/// Implements `Serialize` for the struct inside as its derive would, but that absent members are
/// left out. The struct itself stays as it is written.
macro_rules! omit_absent {
    (
        $(#[doc = $about:literal])*
        #[derive($($derive:ident),*)]
        pub struct $name:ident {
            $(
                $(#[doc = $field_about:literal])*
                $(#[serde(rename = $json:literal)])?
                pub $field:ident: $type:ty
            ),* $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive($($derive),*)]
        pub struct $name {
            $(
                $(#[doc = $field_about])*
                $(#[serde(rename = $json)])?
                pub $field: $type
            ),*
        }

        impl miniserde::Serialize for $name {
            fn begin(&self) -> miniserde::ser::Fragment<'_> {
                $crate::omit::members(vec![
                    $(($crate::omit::json_name!($field $($json)?), &self.$field)),*
                ])
            }
        }
    };
}
pub(crate) use omit_absent;

macro_rules! json_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $json:literal) => {
        $json
    };
}
pub(crate) use json_name;

pub(crate) fn members<'a>(all: Vec<(&'static str, &'a dyn Serialize)>) -> Fragment<'a> {
    Fragment::Map(Box::new(Present(all.into_iter())))
}

struct Present<'a>(IntoIter<(&'static str, &'a dyn Serialize)>);

impl Map for Present<'_> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        let (name, value) = self.0.find(|(_, value)| !matches!(value.begin(), Fragment::Null))?;
        Some((Cow::Borrowed(name), value))
    }
}
