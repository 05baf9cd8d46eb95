//! The events that the user has kept: regular files in one folder. Links are neither read nor
//! written, so nothing outside the folder is.

use crate::ids;
use crate::json::{self, object, text};
use crate::names::is_name;
use crate::settings::MAX_EVENT_BYTES;
use miniserde::json::Value;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// Returns the events in the order of their names.
pub(super) fn list(folder: &Path) -> Vec<Value> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    // The type is that of a link, not of what it leads to. Reading a pipe would wait for ever.
    let is_file = |entry: &fs::DirEntry| {
        entry.file_type().is_ok_and(|kind| kind.is_file())
            && entry.metadata().is_ok_and(|data| data.len() <= MAX_EVENT_BYTES as u64)
    };
    let mut paths: Vec<_> = entries.filter(is_file).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        let event = fs::read_to_string(path).ok()?;
        // Editors on Windows begin a file with it.
        let event = event.strip_prefix('\u{feff}').unwrap_or(&event);
        Some(object([("name", text(name)), ("text", text(event))]))
    };
    paths.iter().filter_map(read).collect()
}

/// The path of an event, which is in the folder.
fn path_of(folder: &Path, name: &str) -> Result<PathBuf, String> {
    if name.starts_with('.') || !is_name(name, MAX_NAME_BYTES, "-_.") {
        return Err(format!(
            "a name is of letters, digits, `-`, `_` and `.`, not with `.` first, and at most \
             {MAX_NAME_BYTES} long"
        ));
    }
    Ok(folder.join(format!("{}.json", name.trim_end_matches(".json"))))
}

/// The path of an event that is there: a regular file.
fn path_of_kept(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|data| data.is_file());
    // It may have been made by hand: with any name that is listed.
    let listed = folder.join(format!("{name}.json"));
    if listed.parent() == Some(folder) && is_file(&listed) {
        return Ok(listed);
    }
    let path = path_of(folder, name)?;
    if is_file(&path) {
        return Ok(path);
    }
    Err(format!("{} is not there, or no regular file", path.display()))
}

/// Renames an event; no other one is replaced.
pub(super) fn rename(folder: &Path, name: &str, to: &str) -> Result<(), String> {
    let (from, to) = (path_of_kept(folder, name)?, path_of(folder, to)?);
    if fs::symlink_metadata(&to).is_ok() {
        return Err(format!("{} is there already: choose another name", to.display()));
    }
    fs::rename(&from, &to).map_err(|error| format!("cannot rename {}: {error}", from.display()))
}

/// Removes an event.
pub(super) fn remove(folder: &Path, name: &str) -> Result<(), String> {
    let path = path_of_kept(folder, name)?;
    fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))
}

/// Writes an event to a file. One that is there is only replaced with `replaces`.
pub(super) fn write(folder: &Path, name: &str, event: &[u8], replaces: bool) -> Result<(), String> {
    let path = path_of(folder, name)?;
    if !json::is_document(event) {
        return Err("the event is not JSON".to_owned());
    }
    let fail = |error: io::Error| format!("cannot write {}: {error}", path.display());
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    if fs::symlink_metadata(&path).is_ok_and(|data| !data.is_file()) {
        return Err(format!(
            "{} is a link or a folder, which is not replaced: choose another name",
            path.display()
        ));
    }
    if !replaces && fs::symlink_metadata(&path).is_ok() {
        return Err(format!(
            "{} is there already: keep it once more to replace it, or choose another name",
            path.display()
        ));
    }
    // A reader never sees half of it, and a link that appears meanwhile is not followed.
    let part = folder.join(format!(".{}.part", ids::hex(16)));
    let written = write_new(&part, event).and_then(|()| fs::rename(&part, &path));
    written.map_err(|error| {
        let _ = fs::remove_file(&part);
        fail(error)
    })
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder with one for events in it.
    fn folders(name: &str) -> (PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("minilambda-{name}-{}", ids::hex(16)));
        let events = root.join("events");
        fs::create_dir_all(&events).unwrap();
        (root, events)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_event_is_written_and_listed() {
        let (root, events) = folders("written");
        fs::remove_dir(&events).unwrap(); // it is made
        for (name, event) in [("a", "1"), ("b.json", "2"), ("c.d-e_F", "3")] {
            assert_eq!(write(&events, name, event.as_bytes(), false), Ok(()), "{name}");
        }
        let error = write(&events, "a.json", b"4", false).unwrap_err();
        assert!(error.contains("a.json is there already: keep it once more"), "{error}");
        assert_eq!(fs::read_to_string(events.join("a.json")).unwrap(), "1");
        assert_eq!(write(&events, "a", b"4", true), Ok(()));
        assert_eq!(names(&events), ["a.json", "b.json", "c.d-e_F.json"]);
        assert_eq!(fs::read_to_string(events.join("a.json")).unwrap(), "4");
        assert_eq!(list(&events).len(), 3);
        assert_eq!(rename(&events, "a", "new.json"), Ok(()));
        assert_eq!(remove(&events, "b"), Ok(()));
        assert!(rename(&events, "new", "c.d-e_F").unwrap_err().contains("is there already"));
        assert!(remove(&events, "b").unwrap_err().contains("is not there"));
        assert_eq!(names(&events), ["c.d-e_F.json", "new.json"]);
        assert_eq!(fs::read_to_string(events.join("new.json")).unwrap(), "4");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn an_event_that_was_made_by_hand_has_the_name_that_is_listed() {
        let (root, events) = folders("hand");
        for name in ["größe 7.json", "a.json.json", "a.json", ".b.json"] {
            fs::write(events.join(name), "1").unwrap();
        }
        assert_eq!(rename(&events, "größe 7", "size-7"), Ok(()));
        // It is not the other file.
        assert_eq!(remove(&events, "a.json"), Ok(()));
        assert_eq!(remove(&events, ".b"), Ok(()));
        assert_eq!(names(&events), ["a.json", "size-7.json"]);
        fs::write(events.join("a.json"), "\u{feff}7").unwrap();
        let listed = miniserde::json::to_string(&json::array(list(&events)));
        assert!(listed.contains(r#"{"name":"a","text":"7"}"#), "{listed}");
        assert!(rename(&events, "a", "größe 7").unwrap_err().starts_with("a name is of letters"));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let (root, events) = folders("names");
        let long = "x".repeat(101);
        for name in [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "/etc/a",
            "a\\b",
            ".hidden",
            ".json",
            "a b",
            "a\0b",
            "a\n",
            "%2e%2e",
            "~",
            "*",
            "ä",
            "con:",
            "-\u{202e}",
            &long,
        ] {
            for error in [
                write(&events, name, b"1", true).unwrap_err(),
                rename(&events, name, "a").unwrap_err(),
                remove(&events, name).unwrap_err(),
            ] {
                assert!(error.starts_with("a name is of letters"), "{name}: {error}");
            }
        }
        assert!(write(&events, "a", b"{", true).unwrap_err().contains("not JSON"));
        assert!(names(&events).is_empty() && names(&root) == ["events"]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn no_link_leads_out_of_the_folder() {
        let (root, events) = folders("links");
        let secret = root.join("secret.json");
        fs::write(&secret, "\"secret\"").unwrap();
        symlink(&secret, events.join("file.json")).unwrap();
        symlink("../new.json", events.join("dangling.json")).unwrap();
        symlink(&root, events.join("folder.json")).unwrap();
        symlink("own.json", events.join("inside.json")).unwrap();
        fs::create_dir(events.join("sub.json")).unwrap();
        fs::write(events.join("own.json"), "1").unwrap();
        let before = names(&events);
        for name in ["file", "dangling", "folder", "inside", "sub"] {
            let error = write(&events, name, b"\"stolen\"", true).unwrap_err();
            assert!(error.contains("is a link or a folder"), "{error}");
            let error = remove(&events, name).unwrap_err();
            assert!(error.contains("no regular file"), "{error}");
            assert!(
                rename(&events, name, "other").is_err() && rename(&events, "own", name).is_err()
            );
        }
        assert_eq!(fs::read_to_string(&secret).unwrap(), "\"secret\"");
        assert_eq!(fs::read_to_string(events.join("own.json")).unwrap(), "1");
        assert!(!root.join("new.json").exists());
        assert_eq!(names(&events), before);
        // Nothing of what they lead to is read.
        let listed = miniserde::json::to_string(&json::array(list(&events)));
        assert_eq!(listed, r#"[{"name":"own","text":"1"}]"#);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn what_is_no_event_is_not_read() {
        let (root, events) = folders("others");
        fs::write(events.join("large.json"), vec![b' '; MAX_EVENT_BYTES + 1]).unwrap();
        fs::write(events.join("bytes.json"), [0xff]).unwrap();
        fs::write(events.join("notes.txt"), "1").unwrap();
        let made = std::process::Command::new("mkfifo").arg(events.join("pipe.json")).status();
        assert!(made.unwrap().success());
        assert!(list(&events).is_empty());
        assert!(write(&events, "pipe", b"1", true).is_err());
        // A folder that cannot be one.
        let error = write(&events.join("notes.txt"), "a", b"1", false).unwrap_err();
        assert!(error.starts_with("cannot make the folder "), "{error}");
        fs::remove_dir_all(root).unwrap();
    }
}
