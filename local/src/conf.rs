//! The files of settings of a project, such as `functions.conf`: a line for each setting, below the
//! handler that it is for.

use crate::error::{Error, ErrorKind};
use std::path::Path;
use std::{fs, io};

/// What divides the words of a line, here as for the script that deploys.
pub(crate) const BLANKS: [char; 2] = [' ', '\t'];

/// One setting.
#[derive(Debug, PartialEq)]
pub(crate) struct Setting {
    pub line: usize,
    /// `None` before the first `[HANDLER]`: it is for all functions.
    pub handler: Option<String>,
    pub key: String,
    pub value: String,
}

/// Reads a file of the user's settings.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
            _ => error.to_string(),
        };
        let message = format!("cannot read {}: {reason}", path.display());
        Error::new(ErrorKind::InvalidSettings, message)
    })
}

/// A file with its settings, and its name for errors.
pub(crate) struct Conf {
    name: String,
    /// Each line with a handler.
    pub handlers: Vec<(usize, String)>,
    pub settings: Vec<Setting>,
}

impl Conf {
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        Self::parse(&name, &read_text(path)?)
    }

    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let (handlers, settings) = (Vec::new(), Vec::new());
        let mut conf = Self { name: name.to_owned(), handlers, settings };
        let mut handler = None;
        // Editors on Windows begin a file with it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim_matches([' ', '\t', '\r']);
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if content.starts_with('[') {
                let inner = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let inner =
                    inner.filter(|name| !name.is_empty() && !name.contains([']', ' ', '\t']));
                let Some(inner) = inner else {
                    let message = "a function is [HANDLER], without blanks and alone in its line; a \
                                   comment has a line of its own";
                    return Err(conf.wrong(line, message));
                };
                if conf.handlers.iter().any(|(_, other)| other == inner) {
                    return Err(conf.wrong(line, &format!("{inner} is there twice")));
                }
                conf.handlers.push((line, inner.to_owned()));
                handler = Some(inner.to_owned());
                continue;
            }
            let (key, value) = content.split_once(BLANKS).unwrap_or((content, ""));
            let (key, value) = (key.to_owned(), value.trim_start_matches(BLANKS).to_owned());
            conf.settings.push(Setting { line, handler: handler.clone(), key, value });
        }
        Ok(conf)
    }

    /// An error in a line.
    pub fn wrong(&self, line: usize, message: &str) -> Error {
        Error::new(ErrorKind::InvalidSettings, format!("{}: {message}", self.place(line)))
    }

    /// The name of a line.
    pub fn place(&self, line: usize) -> String {
        format!("{}, line {line}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Conf;
    use std::fs;

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
            ("[a] # of orders", "alone in its line; a comment has a line of its own"),
            ("[a]\n[b]\n[a]", "line 3: a is there twice"),
        ] {
            let error = Conf::parse("a.conf", text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        // An editor on Windows may write UTF-16.
        let path = std::env::temp_dir().join(format!("minilambda-conf-{}", crate::ids::hex(16)));
        fs::write(&path, b"\xff\xfe[\0a\0]\0").unwrap();
        let error = Conf::read(&path).map(|_| ()).unwrap_err().to_string();
        assert!(error.ends_with(": it is not text in UTF-8"), "{error}");
        fs::remove_file(path).unwrap();
    }
}
