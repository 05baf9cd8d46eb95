//! Strings that identify an event.

/// Declares a type for a string that must satisfy a check, or the event does not decode. It
/// identifies events that have the same shape otherwise. The literal is the default.
macro_rules! checked_text {
    (
        $(#[doc = $about:literal])*
        $vis:vis struct $name:ident($check:expr, $default:literal)
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        $vis struct $name(String);

        impl Default for $name {
            fn default() -> Self {
                Self($default.to_owned())
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl miniserde::Deserialize for $name {
            fn begin(out: &mut Option<Self>) -> &mut dyn miniserde::de::Visitor {
                miniserde::make_place!(Place);

                impl miniserde::de::Visitor for Place<$name> {
                    fn string(&mut self, text: &str) -> miniserde::Result<()> {
                        let fits: fn(&str) -> bool = $check;
                        if !fits(text) {
                            return Err(miniserde::Error);
                        }
                        self.out = Some($name(text.to_owned()));
                        Ok(())
                    }
                }

                Place::new(out)
            }
        }

        impl miniserde::Serialize for $name {
            fn begin(&self) -> miniserde::ser::Fragment<'_> {
                self.0.begin()
            }
        }
    };
}
pub(crate) use checked_text;

#[cfg(test)]
mod tests {
    use miniserde::json;

    checked_text! {
        /// Begins with `a:`.
        pub struct Source(|text| text.starts_with("a:"), "a:")
    }

    #[test]
    fn only_what_fits_is_taken() {
        let source: Source = json::from_str("\"a:é\"").unwrap();
        assert_eq!((&*source, source.to_string()), ("a:é", "a:é".to_owned()));
        assert_eq!(json::to_string(&source), "\"a:é\"");
        for text in ["\"b:\"", "\"\"", "null", "1"] {
            assert!(json::from_str::<Source>(text).is_err(), "{text}");
        }
    }
}
