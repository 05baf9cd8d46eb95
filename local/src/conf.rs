//! The files of settings of a project, such as `functions.conf`: a line for each setting, below the
//! handler that it is for.

use crate::error::{Error, ErrorKind};
use std::fs;
use std::path::Path;

/// One setting.
#[derive(Debug, PartialEq)]
pub(crate) struct Setting {
    pub line: usize,
    /// `None` before the first `[HANDLER]`: it is for all functions.
    pub handler: Option<String>,
    pub key: String,
    pub value: String,
}

/// A file with its settings, and its name for errors.
pub(crate) struct Conf {
    name: String,
    pub settings: Vec<Setting>,
}

impl Conf {
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            Error::new(ErrorKind::InvalidSettings, format!("cannot read {name}: {error}"))
        })?;
        Self::parse(&name, &text)
    }

    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let mut conf = Self { name: name.to_owned(), settings: Vec::new() };
        let (mut handler, mut handlers): (Option<String>, Vec<String>) = (None, Vec::new());
        // Editors on Windows begin a file with it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if content.starts_with('[') {
                let inner = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let inner = inner.filter(|name| {
                    !name.is_empty() && !name.contains(|c: char| c == ']' || c.is_whitespace())
                });
                let Some(inner) = inner else {
                    return Err(conf.wrong(line, "a function is [HANDLER]"));
                };
                if handlers.iter().any(|other| other == inner) {
                    return Err(conf.wrong(line, &format!("{inner} is there twice")));
                }
                handlers.push(inner.to_owned());
                handler = Some(inner.to_owned());
                continue;
            }
            let (key, value) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
            let (key, value) = (key.to_owned(), value.trim_start().to_owned());
            conf.settings.push(Setting { line, handler: handler.clone(), key, value });
        }
        Ok(conf)
    }

    /// An error in a line.
    pub fn wrong(&self, line: usize, message: &str) -> Error {
        let message = format!("{}, line {line}: {message}", self.name);
        Error::new(ErrorKind::InvalidSettings, message)
    }
}

#[cfg(test)]
mod tests {
    use super::Conf;

    #[test]
    fn settings_belong_to_the_handler_above_them() {
        let text = "\u{feff}memory 128\r\n# of one\n\n[shop.order]\n\tname  orders 2 \n[b]\nalone";
        let settings = Conf::parse("a.conf", text).unwrap().settings;
        let shown: Vec<_> = settings
            .iter()
            .map(|it| format!("{} {:?} {}={}", it.line, it.handler, it.key, it.value))
            .collect();
        let order = "5 Some(\"shop.order\") name=orders 2";
        assert_eq!(shown, ["1 None memory=128", order, "7 Some(\"b\") alone="]);
        for (text, said) in [
            ("[a", "a.conf, line 1: a function is [HANDLER]"),
            ("\n[]", "a.conf, line 2: a function is [HANDLER]"),
            ("[a b]", "line 1"),
            ("[a] b", "line 1"),
            ("[a]\n[b]\n[a]", "line 3: a is there twice"),
        ] {
            let error = Conf::parse("a.conf", text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
