//! The profiles of `~/.aws/credentials` and `~/.aws/config`.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.

use crate::environment::variable;
use crate::error::Error;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

/// The settings of a section by their names in lower case. `Debug` does not show them.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Section(BTreeMap<String, String>);

impl fmt::Debug for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Section {
    /// Returns a setting that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The sections of both files by their names.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    credentials: BTreeMap<String, Section>,
    config: BTreeMap<String, Section>,
}

impl Profiles {
    pub fn read() -> Result<Self, Error> {
        Ok(Self {
            credentials: read("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            config: read("AWS_CONFIG_FILE", "config")?,
        })
    }

    /// Returns a profile's settings of both files; those of the credentials' file come first.
    /// `None` if it is in neither.
    pub fn profile(&self, name: &str) -> Option<Section> {
        let of_config = self.config.get(&format!("profile {name}"));
        let of_config = of_config.or_else(|| self.config.get(name));
        let of_credentials = self.credentials.get(name);
        if of_config.is_none() && of_credentials.is_none() {
            return None;
        }
        let mut section = of_config.cloned().unwrap_or_default();
        section.0.extend(of_credentials.cloned().unwrap_or_default().0);
        Some(section)
    }

    pub fn sso_session(&self, name: &str) -> Option<&Section> {
        self.config.get(&format!("sso-session {name}"))
    }
}

/// Returns the endpoint that the profile sets for a service, or for all, with the name of the
/// setting. The profile is read if it is named, or if the credentials come from it: requests on
/// Lambda read no files.
pub(crate) fn endpoint(id: &str) -> Result<Option<(String, String)>, Error> {
    let others = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ];
    let is_set = |name: &&str| variable(name).is_some();
    if variable("AWS_PROFILE").is_none() && others.iter().any(is_set) {
        return Ok(None);
    }
    let (profiles, name) = (Profiles::read()?, current_name());
    let Some(profile) = profiles.profile(&name) else { return Ok(None) };
    let of_service = profile.get("services").and_then(|services| {
        let section = profiles.config.get(&format!("services {services}"))?;
        section.get(&format!("{}.endpoint_url", id.to_ascii_lowercase()))
    });
    let is_ignored = profile.get("ignore_configured_endpoint_urls") == Some("true");
    let url = of_service.or_else(|| profile.get("endpoint_url")).filter(|_| !is_ignored);
    Ok(url.map(|url| (url.to_owned(), format!("endpoint_url of the profile {name}"))))
}

/// The name of the profile that is used.
pub(crate) fn current_name() -> String {
    variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned())
}

/// The region of the profile.
pub(crate) fn region() -> Result<Option<String>, Error> {
    let profile = Profiles::read()?.profile(&current_name());
    Ok(profile.and_then(|profile| profile.get("region").map(str::to_owned)))
}

fn read(name: &str, file: &str) -> Result<BTreeMap<String, Section>, Error> {
    let set = variable(name).map(PathBuf::from);
    let is_set = set.is_some();
    let usual = || Some(PathBuf::from(variable("HOME")?).join(".aws").join(file));
    let Some(path) = set.or_else(usual) else { return Ok(BTreeMap::new()) };
    let fail = |reason: &dyn fmt::Display| {
        let message = format!("cannot read {}: {reason}", path.display());
        Err(Error::new("Aws.NoCredentials", message))
    };
    let is_missing = |kind| matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory);
    match fs::read(&path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(parse(&text)),
            Err(error) => {
                fail(&format!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
            }
        },
        Err(error) if !is_set && is_missing(error.kind()) => Ok(BTreeMap::new()),
        Err(error) => fail(&error),
    }
}

/// The path of a token that the AWS CLI keeps.
pub(crate) fn sso_cache(hash: &str) -> Option<PathBuf> {
    Some(Path::new(&variable("HOME")?).join(".aws/sso/cache").join(format!("{hash}.json")))
}

/// Parses `[section]`s with `key = value` or `key: value`. A line that is further to the right than
/// the key before it belongs to that key, as the settings of `s3 =` do: its own key is `s3.key`. Of
/// repeated keys the last counts.
fn parse(text: &str) -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut current: Option<String> = None;
    let mut outer: Option<(usize, String)> = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let name = words(name);
            sections.entry(name.clone()).or_default();
            current = Some(name);
            outer = None;
            continue;
        }
        let parent = outer.as_ref().filter(|(of_key, _)| indent > *of_key).map(|(_, key)| key);
        let Some(section) = current.as_ref().and_then(|name| sections.get_mut(name)) else {
            continue;
        };
        if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            let value = [" #", " ;", "\t#", "\t;"]
                .iter()
                .fold(value, |value, comment| value.split(comment).next().unwrap_or_default());
            let key = key.trim().to_ascii_lowercase();
            let name = parent.map_or_else(|| key.clone(), |parent| format!("{parent}.{key}"));
            section.0.insert(name, value.trim().to_owned());
            if parent.is_none() {
                outer = Some((indent, key));
            }
        }
    }
    sections
}

/// A section's name with single blanks and without quotes: `profile "a"` is `profile a`.
fn words(name: &str) -> String {
    let words: Vec<_> =
        name.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, section: &str, key: &str) -> Option<String> {
        parse(text).get(section)?.get(key).map(str::to_owned)
    }

    #[test]
    fn settings_are_read_in_each_form() {
        let text = "\u{feff}[default]\r\nregion = a\r\n# c\r\n\r\n[profile  \"b\" ]\r\nRegion=eu-west-1 \r\n\
                    [c]\nkey = x = y:z\nother: 7\nkey2 = v # comment\n; x = 1\n";
        assert_eq!(value(text, "default", "region").as_deref(), Some("a"));
        assert_eq!(value(text, "profile b", "region").as_deref(), Some("eu-west-1"));
        assert_eq!(value(text, "c", "key").as_deref(), Some("x = y:z"));
        assert_eq!(value(text, "c", "other").as_deref(), Some("7"));
        assert_eq!(value(text, "c", "key2").as_deref(), Some("v"));
        assert_eq!(value(text, "c", "region"), None);
        // Keys of access have all signs of base64.
        assert_eq!(value("[d]\na=k/#;=\n", "d", "a").as_deref(), Some("k/#;="));
    }

    #[test]
    fn nested_settings_are_not_those_of_the_profile_and_the_last_of_equal_keys_counts() {
        let text = "[a]\ns3 =\n  region = nested\n  aws_access_key_id = nested\nregion = first\n\
                    region = last\n[b]\n  region = indented\n  output = x\n[a]\nmore = 1\n";
        assert_eq!(value(text, "a", "region").as_deref(), Some("last"));
        assert_eq!(value(text, "a", "aws_access_key_id"), None);
        assert_eq!(value(text, "a", "more").as_deref(), Some("1"));
        assert_eq!(value(text, "b", "region").as_deref(), Some("indented"));
        assert_eq!(value(text, "b", "output").as_deref(), Some("x"));
    }

    #[test]
    fn an_empty_value_is_none_and_nothing_is_shown() {
        assert_eq!(value("[a]\nx =\ny = 1", "a", "x"), None);
        assert_eq!(value("x = 1\n", "", "x"), None);
        assert!(
            !format!("{:?}", parse("[a]\naws_secret_access_key = hunter2")).contains("hunter2")
        );
    }
}
