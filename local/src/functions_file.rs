//! What deploying says of the functions, in `functions.conf`, as far as it is seen locally: their
//! names on Lambda, their timeout and memory, and which are durable. The other settings are for
//! deploying, which checks them.

use crate::conf::Conf;
use crate::error::Error;
use crate::names::{Names, is_name};
use crate::settings::{self, FileLimits, Limits, Settings};
use std::path::Path;

/// The longest name of a function, in bytes.
const MAX_NAME_BYTES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub names: Names,
    pub limits: FileLimits,
    pub durable: Vec<String>,
}

impl Functions {
    /// Replaces what the file has said before.
    pub fn apply(self, settings: &mut Settings) {
        settings.names = self.names;
        settings.file_limits = self.limits;
        // A program that is started here says itself which of its handlers are durable.
        let is_by_hand = !settings.by_hand.is_empty();
        settings.file_durable = if is_by_hand { self.durable } else { Vec::new() };
    }
}

pub(crate) fn read(path: &Path) -> Result<Functions, Error> {
    of(&Conf::read(path)?)
}

fn of(conf: &Conf) -> Result<Functions, Error> {
    let handlers = conf.handlers.iter().map(|(line, name)| (conf.place(*line), name.clone()));
    let mut functions = Functions { names: Names::of_file(handlers), ..Functions::default() };
    for setting in &conf.settings {
        let wrong = |message: &str| Err(conf.wrong(setting.line, message));
        match (&*setting.key, &setting.handler) {
            (key @ ("timeout" | "memory"), handler) => {
                let limits = match handler {
                    Some(handler) => functions.limits.each.entry(handler.clone()).or_default(),
                    None => &mut functions.limits.all,
                };
                if let Err(message) = set(limits, key, &setting.value) {
                    return wrong(&message);
                }
            }
            ("name", None) => {
                return wrong("name is for one function: write it below its [handler]");
            }
            ("name", Some(handler)) => {
                let name = &setting.value;
                if !is_name(name, MAX_NAME_BYTES, "-_") {
                    return wrong("a name has at most 64 letters, digits, - and _");
                }
                if !functions.names.give(handler, name) {
                    return wrong("the function has a name already, or another one has this name");
                }
            }
            ("durable", Some(handler)) => functions.durable.push(handler.clone()),
            _ => {}
        }
    }
    Ok(functions)
}

fn set(limits: &mut Limits, key: &str, value: &str) -> Result<(), String> {
    let number = value.parse().map_err(|_| format!("{key} is a number, and here {value:?}"))?;
    if key == "memory" {
        limits.memory_mb = Some(settings::memory_mb(number)?);
    } else {
        // Up to the longest one: that of managed instances.
        limits.timeout = Some(settings::timeout(number, Some(1))?);
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
            ("timeout 0", "line 1: the timeout is from 0.001 to"),
            ("[a]\nmemory", "line 2: memory is a number, and here \"\""),
            ("[a]\nmemory 32769", "line 2: the memory is from 1 to"),
            ("[a]\nname b\nname c", "line 3: the function has a name already"),
            ("[a]\nname c\n[b]\nname c", "line 4: the function has a name already, or another"),
        ] {
            let error = of(&Conf::parse("f", text).unwrap()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
