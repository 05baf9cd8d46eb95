//! Types that hold a string.

use miniserde::de::Visitor;
use miniserde::make_place;

make_place!(Place);

impl<T: From<String>> Visitor for Place<T> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(T::from(text.to_owned()));
        Ok(())
    }
}

pub(crate) fn place<T: From<String>>(out: &mut Option<T>) -> &mut dyn Visitor {
    Place::new(out)
}

/// Implements decoding, encoding and `Display` for a type around a public `String`.
macro_rules! plain_text {
    ($name:ident) => {
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl miniserde::Deserialize for $name {
            fn begin(out: &mut Option<Self>) -> &mut dyn miniserde::de::Visitor {
                $crate::values::text::place(out)
            }
        }

        impl miniserde::Serialize for $name {
            fn begin(&self) -> miniserde::ser::Fragment<'_> {
                self.0.begin()
            }
        }
    };
}
pub(crate) use plain_text;
