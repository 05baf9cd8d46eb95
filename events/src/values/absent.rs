//! Fields that must be absent, to distinguish an event from others.

use miniserde::de::Visitor;
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};

/// A field that only another event has. If it is present, the JSON is that other event and does not
/// decode.
///
/// For example, an authorizer's request has the fields of a REST API's request, and a `methodArn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Absent;

make_place!(Place);

impl Visitor for Place<Absent> {
    fn null(&mut self) -> miniserde::Result<()> {
        self.out = Some(Absent);
        Ok(())
    }
}

impl Deserialize for Absent {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }

    fn default() -> Option<Self> {
        Some(Self)
    }
}

impl Serialize for Absent {
    fn begin(&self) -> Fragment<'_> {
        Fragment::Null
    }
}

#[cfg(test)]
mod tests {
    use super::Absent;
    use miniserde::{Deserialize, json};

    #[derive(Deserialize)]
    struct Event {
        #[allow(dead_code, reason = "it is there to be absent")]
        arn: Absent,
    }

    #[test]
    fn only_nothing_and_null_are_absent() {
        for (text, taken) in [("{}", true), (r#"{"arn":null}"#, true), (r#"{"arn":""}"#, false)] {
            assert_eq!(json::from_str::<Event>(text).is_ok(), taken, "{text}");
        }
    }
}
