//! What follows the asynchronous invocations of a function, as the project's file of sources says
//! it: the retries, the destinations and the dead-letter queue.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html>.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The settings of this module in the file.
pub(crate) const KEYS: [&str; 5] =
    ["on_success", "on_failure", "dead_letter", "retries", "max_age"];

/// Where a record goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Queue(String),
    Topic(String),
    Bus(String),
    Function(String),
}

/// The settings of one function. What is `None` is as on Lambda without a setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asynchronous {
    pub on_success: Option<Target>,
    pub on_failure: Option<Target>,
    pub dead_letter: Option<Target>,
    pub retries: Option<u64>,
    pub max_age: Option<Duration>,
}

/// The settings by the names of functions, as the file has them.
pub(crate) type Functions = BTreeMap<String, Asynchronous>;

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let (kind, name) = match self {
            Self::Queue(name) => ("queue", name),
            Self::Topic(name) => ("topic", name),
            Self::Bus(name) => ("bus", name),
            Self::Function(name) => ("function", name),
        };
        write!(formatter, "the {kind} {name}")
    }
}

impl Target {
    fn parse(key: &str, value: &str) -> Result<Self, String> {
        let is_letter = key == "dead_letter";
        let wrong = || {
            let kinds = if is_letter {
                "queue NAME or topic NAME"
            } else {
                "queue NAME, topic NAME, bus NAME or function NAME"
            };
            format!("{key} is {kinds}")
        };
        let words: Vec<_> = value.split_whitespace().collect();
        let [kind, name] = words.as_slice() else { return Err(wrong()) };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if !name.chars().all(is_plain) {
            return Err(format!("{key} has the name of a {kind}, not its ARN or its URL"));
        }
        let name = (*name).to_owned();
        let is_fifo = name.rsplit_once('.').is_some_and(|(_, kind)| kind == "fifo");
        match *kind {
            "queue" | "topic" if is_fifo => {
                Err(format!("{key} is no FIFO {kind}: Lambda has none"))
            }
            "queue" => Ok(Self::Queue(name)),
            "topic" => Ok(Self::Topic(name)),
            "bus" if !is_letter => Ok(Self::Bus(name)),
            "function" if !is_letter => Ok(Self::Function(name)),
            _ => Err(wrong()),
        }
    }
}

impl Asynchronous {
    /// Takes a setting of [`KEYS`].
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = |least: u64, most: u64, unit: &str| {
            let number = value.parse().ok().filter(|number| (least..=most).contains(number));
            number.ok_or_else(|| format!("{key} is from {least} to {most}{unit}"))
        };
        let is_new = match key {
            "on_success" => self.on_success.replace(Target::parse(key, value)?).is_none(),
            "on_failure" => self.on_failure.replace(Target::parse(key, value)?).is_none(),
            "dead_letter" => self.dead_letter.replace(Target::parse(key, value)?).is_none(),
            "retries" => self.retries.replace(number(0, 2, "")?).is_none(),
            _ => {
                let seconds = number(60, 21_600, " seconds")?;
                self.max_age.replace(Duration::from_secs(seconds)).is_none()
            }
        };
        if is_new { Ok(()) } else { Err(format!("{key} is there twice")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_target_or_a_number_within_lambdas_limits() {
        let mut settings = Asynchronous::default();
        for (key, value) in [
            ("on_success", "function shop.sent"),
            ("on_failure", "bus default"),
            ("dead_letter", "topic  dead"),
            ("retries", "0"),
            ("max_age", "21600"),
        ] {
            assert_eq!(settings.set(key, value), Ok(()), "{key} {value}");
        }
        assert_eq!(settings.dead_letter, Some(Target::Topic("dead".to_owned())));
        assert_eq!(settings.retries, Some(0));
        for (key, value, said) in [
            ("on_success", "queue", "on_success is queue NAME, topic NAME, bus NAME or function"),
            ("on_failure", "bucket a", "on_failure is queue NAME"),
            ("dead_letter", "bus default", "dead_letter is queue NAME or topic NAME"),
            ("dead_letter", "queue a.fifo", "no FIFO queue"),
            (
                "on_success",
                "queue arn:aws:sqs:eu-central-1:1:a",
                "the name of a queue, not its ARN",
            ),
            ("retries", "3", "retries is from 0 to 2"),
            ("retries", "", "retries is from 0 to 2"),
            ("max_age", "59", "max_age is from 60 to 21600 seconds"),
            ("retries", "1", "retries is there twice"),
            ("on_success", "queue a", "on_success is there twice"),
        ] {
            let error = settings.set(key, value).unwrap_err();
            assert!(error.contains(said), "{key} {value}: {error}");
        }
    }
}
