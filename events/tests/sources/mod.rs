//! The sources of this crate, for tests that read them.

use std::fs;
use std::path::PathBuf;

pub fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `src`: path from there, and text.
pub fn files() -> Vec<(String, String)> {
    let src = here().join("src");
    let mut folders = vec![src.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 30);
    found.sort();
    found
}

/// The files of events: name and text. Some folders' `mod.rs` only lists others.
pub fn sources() -> Vec<(String, String)> {
    let mut files = files();
    files.retain(|(name, text)| {
        !name.starts_with("values/")
            && !["lib.rs", "error.rs"].contains(&&**name)
            && text.contains("Deserialize")
    });
    files
}
