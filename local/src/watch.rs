//! The files of a program, by cargo's dep-info, and whether one of them has changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most files that are watched before there is a dep-info.
const MAX_FILES: usize = 10_000;

pub(crate) struct Files {
    paths: BTreeSet<PathBuf>,
    /// The folders with sources, in which new files may appear.
    folders: BTreeSet<PathBuf>,
    count: usize,
}

impl Files {
    /// The files that a program was built from. Before its first build they are the sources below
    /// the folder of the project.
    pub fn of(folder: &Path, program: &Path) -> Self {
        let dep_info = fs::read_to_string(program.with_extension("d")).unwrap_or_default();
        let mut paths: BTreeSet<_> = dependencies(&dep_info).map(PathBuf::from).collect();
        // What build scripts write is written by each build.
        let built = program.parent().and_then(Path::parent);
        paths.retain(|path| built.is_none_or(|built| !path.starts_with(built)));
        if paths.is_empty() {
            sources_below(folder, &mut paths);
        }
        let is_source = |path: &&PathBuf| path.extension().is_some_and(|it| it == "rs");
        let folders: BTreeSet<_> = paths
            .iter()
            .filter(is_source)
            .filter_map(|path| path.parent())
            .map(Path::to_owned)
            .collect();
        for name in ["Cargo.toml", ".cargo/config.toml", "rust-toolchain.toml"] {
            paths.insert(folder.join(name));
        }
        let count = count_sources(&folders);
        Self { paths, folders, count }
    }

    /// One file is watched, which is not built here.
    pub fn only(path: &Path) -> Self {
        Self { paths: [path.to_owned()].into(), folders: BTreeSet::new(), count: 0 }
    }

    /// Whether a file was written since then, or a source was added or removed.
    pub fn have_changed_since(&mut self, time: SystemTime) -> bool {
        let is_new = |path: &PathBuf| {
            let modified = fs::metadata(path).and_then(|data| data.modified());
            modified.is_ok_and(|modified| modified > time)
        };
        let count = count_sources(&self.folders);
        let has_other_files = std::mem::replace(&mut self.count, count) != count;
        has_other_files || self.paths.iter().any(is_new)
    }
}

/// The paths after the colon of each rule; a space in a path is written as `\ `.
fn dependencies(dep_info: &str) -> impl Iterator<Item = String> {
    let rules = dep_info.lines().filter_map(|line| line.split_once(": ")).map(|(_, list)| list);
    rules.flat_map(|list| {
        let mut paths = vec![String::new()];
        let mut chars = list.chars();
        while let Some(c) = chars.next() {
            let path = paths.last_mut();
            match (c, path) {
                ('\\', Some(path)) => path.extend(chars.next()),
                (' ', _) => paths.push(String::new()),
                (c, Some(path)) => path.push(c),
                _ => {}
            }
        }
        paths.retain(|path| !path.is_empty());
        paths
    })
}

fn sources_below(folder: &Path, paths: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let is_hidden = name.to_string_lossy().starts_with('.');
        if paths.len() >= MAX_FILES || is_hidden || name == "target" || name == "node_modules" {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sources_below(&path, paths);
        } else if path.extension().is_some_and(|it| it == "rs" || it == "toml") {
            paths.insert(path);
        }
    }
}

fn count_sources(folders: &BTreeSet<PathBuf>) -> usize {
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "rs")).count()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_dep_info_lists_files() {
        let text = "/t/shop: /a/src/main.rs /a/my\\ code/b.rs\n\n/a/src/main.rs:\n";
        let paths: Vec<_> = super::dependencies(text).collect();
        assert_eq!(paths, ["/a/src/main.rs", "/a/my code/b.rs"]);
    }
}
