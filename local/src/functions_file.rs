//! What deploying says of the functions, in `functions.conf`, as far as it is seen locally: their
//! names on Lambda, their timeout and memory, and which are durable. The other settings are for
//! deploying, which checks them. What is refused here is what deploying refuses.

use crate::conf::{BLANKS, Conf, Setting};
use crate::durable::update::MAX_SECONDS;
use crate::error::Error;
use crate::names::{Names, is_name};
use crate::settings::{self, FileLimits, Limits, Settings};
use std::path::Path;
use std::str::FromStr;

/// The longest name of a function, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The settings of a function. `scripts/functions.awk` reads them when it is deployed.
const KEYS: [&str; 9] =
    ["memory", "timeout", "tracing", "env", "url", "alias", "durable", "role", "name"];

/// Lambda refuses less, in MB. A test may ask for less by another way.
const MIN_MEMORY_MB: u32 = 128;

/// How long the history of a durable function is kept at most, in days.
const MAX_HISTORY_DAYS: u64 = 90;

#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub names: Names,
    pub limits: FileLimits,
    pub durable: Vec<String>,
}

pub(crate) fn read(path: &Path) -> Result<Functions, Error> {
    of(&Conf::read(path)?)
}

pub(crate) fn of(conf: &Conf) -> Result<Functions, Error> {
    let handlers = conf.handlers.iter().map(|(line, name)| (conf.place(*line), name.clone()));
    let mut functions = Functions { names: Names::of_file(handlers), ..Functions::default() };
    for (index, setting) in conf.settings.iter().enumerate() {
        let is_same = |it: &Setting| (&it.key, &it.handler) == (&setting.key, &setting.handler);
        let is_again = setting.key != "env" && conf.settings.iter().take(index).any(is_same);
        let done = if is_again {
            Err(format!("{} is set twice", setting.key))
        } else {
            functions.set(conf, setting)
        };
        done.map_err(|message| conf.wrong(setting.line, &message))?;
    }
    // Those that have the name of their handler, too.
    for (index, (line, handler)) in conf.handlers.iter().enumerate() {
        let name = functions.names.function_of(handler);
        let has_name = |(_, other): &(usize, String)| functions.names.function_of(other) == name;
        let message = if conf.handlers.iter().take(index).any(has_name) {
            format!("another function is called {name}, too: give one of them another `name`")
        } else if !is_name(&name, MAX_NAME_BYTES, "-_") {
            format!("a function cannot be called {name}: {NAME}")
        } else {
            continue;
        };
        return Err(conf.wrong(*line, &message));
    }
    Ok(functions)
}

const NAME: &str = "give it a `name` of at most 64 letters, digits, - and _";

impl Functions {
    /// Replaces what the file has said before.
    pub fn apply(self, settings: &mut Settings) {
        settings.names = self.names;
        settings.file_limits = self.limits;
        // A program that is started here says itself which of its handlers are durable.
        let is_by_hand = !settings.by_hand.is_empty();
        settings.file_durable = if is_by_hand { self.durable } else { Vec::new() };
    }

    fn set(
        &mut self,
        conf: &Conf,
        Setting { handler, key, value, .. }: &Setting,
    ) -> Result<(), String> {
        match (&**key, handler) {
            ("timeout" | "memory", handler) => {
                let limits = match handler {
                    Some(handler) => self.limits.each.entry(handler.clone()).or_default(),
                    None => &mut self.limits.all,
                };
                return set(limits, key, value);
            }
            ("name", None) => {
                return Err("name is for one function: write it below its [handler]".to_owned());
            }
            ("name", Some(handler)) => {
                if !is_name(value, MAX_NAME_BYTES, "-_") {
                    return Err("a name has at most 64 letters, digits, - and _".to_owned());
                }
                if !self.names.give(handler, value) {
                    return Err("another function has this name".to_owned());
                }
            }
            ("durable", handler) => {
                check_durable(value)?;
                // Without a handler it is for all.
                let all = conf.handlers.iter().map(|(_, handler)| handler);
                let named = all.filter(|it| handler.as_ref().is_none_or(|one| one == *it));
                self.durable.extend(named.cloned());
            }
            (known, _) if KEYS.contains(&known) => {}
            _ => {
                return Err(format!("there is no setting {key:?}; there are: {}", KEYS.join(", ")));
            }
        }
        Ok(())
    }
}

/// Reads a number of digits that does not begin with a zero.
fn number<T: FromStr>(text: &str) -> Option<T> {
    let is_number = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn set(limits: &mut Limits, key: &str, value: &str) -> Result<(), String> {
    let number: f64 =
        number(value).ok_or_else(|| format!("{key} is a number, and here {value:?}"))?;
    if key == "memory" {
        let memory = settings::memory_mb(number)?;
        if memory < MIN_MEMORY_MB {
            return Err(format!("memory is {MIN_MEMORY_MB} MB at least"));
        }
        limits.memory_mb = Some(memory);
    } else {
        // Up to the longest one: that of managed instances.
        limits.timeout = Some(settings::timeout(number, Some(1))?);
    }
    Ok(())
}

fn check_durable(value: &str) -> Result<(), String> {
    let parts: Vec<_> =
        value.split(BLANKS).filter(|part| !part.is_empty()).map(number::<u64>).collect();
    let [Some(seconds), Some(days)] = parts[..] else {
        return Err(
            "durable is two numbers, the SECONDS of an execution and the DAYS of its history \
                    after it"
                .to_owned(),
        );
    };
    if seconds > MAX_SECONDS {
        return Err(format!(
            "an execution lasts {MAX_SECONDS} seconds at most, which are 366 days"
        ));
    }
    if days > MAX_HISTORY_DAYS {
        return Err(format!("a history is kept for {MAX_HISTORY_DAYS} days at most"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_file_that_is_read_again_replaces_all_that_it_has_said() {
        let mut settings = Settings::new("program".into());
        let mut read = |text, is_by_hand: bool| {
            settings.by_hand = is_by_hand.then(|| "a".to_owned()).into_iter().collect();
            of(&Conf::parse("f", text).unwrap()).unwrap().apply(&mut settings);
            (settings.is_durable("a"), settings.memory_mb_of("a"))
        };
        assert_eq!(read("[a]\ndurable 60 1\nmemory 256\n", true), (true, 256));
        assert_eq!(read("[a]\n", true), (false, 128));
        assert_eq!(read("[a]\ndurable 60 1\n", false), (false, 128));
    }

    #[test]
    fn a_file_gives_names_and_limits_and_says_what_is_durable() {
        let text = "memory 256\n[a.b]\nname orders_2\ntimeout 30\ndurable 60 1\n[c]\nurl public\n";
        let functions = of(&Conf::parse("f", text).unwrap()).unwrap();
        let mut settings = Settings::new("program".into());
        settings.file_limits = functions.limits;
        let limits = |settings: &Settings, handler: &str| {
            (settings.timeout_of(handler).as_secs(), settings.memory_mb_of(handler))
        };
        assert_eq!(
            ["a.b", "c", "d"].map(|it| limits(&settings, it)),
            [(30, 256), (3, 256), (3, 256)]
        );
        // What the user sets is for all.
        settings.limits.timeout = Some(Duration::from_secs(7));
        assert_eq!(["a.b", "c"].map(|it| limits(&settings, it)), [(7, 256), (7, 256)]);
        assert_eq!(functions.names.function_of("a.b"), "orders_2");
        assert_eq!(functions.names.function_of("c.d"), "c-d");
        assert_eq!(functions.durable, ["a.b"]);
        let known = ["a.b", "d"].map(str::to_owned);
        let said = "f, line 6: the program has no handler c; it has: a.b, d";
        assert_eq!(functions.names.unknown(&known), [said]);
        assert_eq!(functions.names.unknown(&[]), [""; 0]);
        for (text, said) in [
            ("name a", "line 1: name is for one function"),
            ("[a]\nname a.b", "line 2: a name has at most 64"),
            ("[a]\nname", "line 2: a name has"),
            ("[a]\ntimeout 30 s", "line 2: timeout is a number, and here \"30 s\""),
            ("timeout 0.5", "line 1: timeout is a number, and here \"0.5\""),
            ("\ntimeout 5401", "line 2: the timeout is from 0.001 to"),
            ("timeout 0", "line 1: timeout is a number, and here \"0\""),
            ("[a]\nmemory", "line 2: memory is a number, and here \"\""),
            ("[a]\nmemory 32769", "line 2: the memory is from 1 to"),
            ("[a]\nname b\nname c", "line 3: name is set twice"),
            ("[a]\nname c\n[b]\nname c", "line 4: another function has this name"),
            ("[a.b]\n\n[a-b]", "line 3: another function is called a-b, too: give one of them"),
            ("[a/b]", "line 1: a function cannot be called a/b: give it a `name` of at most 64"),
            (
                "memory\u{a0}128",
                "line 1: there is no setting \"memory\\u{a0}128\"; there are: memory",
            ),
            ("durable 60", "line 1: durable is two numbers, the SECONDS of an execution"),
        ] {
            let error = of(&Conf::parse("f", text).unwrap()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
