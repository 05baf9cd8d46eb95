//! What deploying says of the functions, in `functions.conf`, as far as it is seen locally: their
//! names on Lambda, and which are durable. The other settings are for deploying, which checks them.

use crate::conf::Conf;
use crate::error::Error;
use crate::names::{Names, is_name};
use std::path::Path;

/// The longest name of a function, in bytes.
const MAX_NAME_BYTES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub names: Names,
    pub durable: Vec<String>,
}

pub(crate) fn read(path: &Path) -> Result<Functions, Error> {
    of(&Conf::read(path)?)
}

fn of(conf: &Conf) -> Result<Functions, Error> {
    let handlers = conf.handlers.iter().map(|(line, name)| (conf.place(*line), name.clone()));
    let mut functions = Functions { names: Names::of_file(handlers), durable: Vec::new() };
    for setting in &conf.settings {
        let wrong = |message: &str| Err(conf.wrong(setting.line, message));
        match (&*setting.key, &setting.handler) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_names_and_says_what_is_durable() {
        let text = "memory 128\n[a.b]\nname orders_2\ndurable 60 1\n[c]\nurl public\n";
        let functions = of(&Conf::parse("f", text).unwrap()).unwrap();
        assert_eq!(functions.names.function_of("a.b"), "orders_2");
        assert_eq!(functions.names.function_of("c.d"), "c-d");
        assert_eq!(functions.durable, ["a.b"]);
        let known = ["a.b", "d"].map(str::to_owned);
        let said = "f, line 5: the program has no handler c; it has: a.b, d";
        assert_eq!(functions.names.unknown(&known), [said]);
        assert_eq!(functions.names.unknown(&[]), [""; 0]);
        for (text, said) in [
            ("name a", "line 1: name is for one function"),
            ("[a]\nname a.b", "line 2: a name has at most 64"),
            ("[a]\nname", "line 2: a name has"),
            ("[a]\nname b\nname c", "line 3: the function has a name already"),
            ("[a]\nname c\n[b]\nname c", "line 4: the function has a name already, or another"),
        ] {
            let error = of(&Conf::parse("f", text).unwrap()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
