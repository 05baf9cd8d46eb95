//! The files of a program, by cargo's dep-info, and whether one of them has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most files that are watched while there is no dep-info of them.
const MAX_FILES: usize = 10_000;

/// The most folders in which new files are looked for.
const MAX_FOLDERS: usize = 1000;

/// What cargo writes into the folder in which it builds, whatever that is called.
const TAG_OF_TARGET: &str = "CACHEDIR.TAG";

#[derive(Default)]
pub(crate) struct Files {
    paths: BTreeSet<PathBuf>,
    /// The folders in which new files may appear, and how many files they have.
    folders: BTreeSet<PathBuf>,
    count: usize,
    /// Whether a new file of any kind counts, and not only a source.
    counts_all: bool,
    /// When those were written that have changed, so that each change is one: the clock of a file
    /// system may be ahead of that of this machine.
    seen: BTreeMap<PathBuf, SystemTime>,
}

impl Files {
    /// One file is watched, which is not built here.
    pub fn only(path: &Path) -> Self {
        Self { paths: [path.to_owned()].into(), ..Self::default() }
    }

    /// Watches the files that a program was built from. Before the first build, and after one that
    /// has failed, they are also the sources below the folder of the project: the dep-info is that
    /// of the program before, so a new module is not in it.
    pub fn follow(&mut self, folder: &Path, program: &Path, is_built: bool) {
        let dep_info = fs::read_to_string(program.with_extension("d")).unwrap_or_default();
        let mut paths: BTreeSet<_> = dependencies(&dep_info).map(PathBuf::from).collect();
        // What build scripts write is written by each build.
        let built = program.parent().and_then(Path::parent);
        paths.retain(|path| built.is_none_or(|built| !path.starts_with(built)));
        let mut folders: BTreeSet<_> = paths
            .iter()
            .filter(|path| is_source(path))
            .filter_map(|path| path.parent())
            .map(Path::to_owned)
            .collect();
        self.counts_all = !is_built || paths.is_empty();
        if self.counts_all {
            let known = std::mem::take(&mut folders);
            for folder in known.iter().map(PathBuf::as_path).chain([folder]) {
                add_below(folder, &mut folders);
            }
            let found = folders.iter().flat_map(|folder| entries(folder)).map(|it| it.path());
            let is_watched =
                |path: &PathBuf| is_source(path) || path.extension().is_some_and(|it| it == "toml");
            paths.extend(found.filter(is_watched).take(MAX_FILES));
        }
        for name in ["Cargo.toml", ".cargo/config.toml", "rust-toolchain.toml"] {
            paths.insert(folder.join(name));
        }
        (self.paths, self.folders) = (paths, folders);
        self.count = self.count_entries();
    }

    /// Whether a file was written since then, or one was added or removed.
    pub fn have_changed_since(&mut self, time: SystemTime) -> bool {
        let count = self.count_entries();
        let mut has_changed = std::mem::replace(&mut self.count, count) != count;
        for path in &self.paths {
            let modified = fs::metadata(path).and_then(|data| data.modified());
            let Some(modified) = modified.ok().filter(|modified| *modified > time) else {
                continue;
            };
            has_changed |= self.seen.insert(path.clone(), modified) != Some(modified);
        }
        has_changed
    }

    fn count_entries(&self) -> usize {
        let found = self.folders.iter().flat_map(|folder| entries(folder));
        found.filter(|entry| self.counts_all || is_source(&entry.path())).count()
    }
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "rs")
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

/// What is in a folder, without what is hidden.
fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
}

/// Adds a folder, and those below it that may have sources.
fn add_below(folder: &Path, folders: &mut BTreeSet<PathBuf>) {
    let is_other = folder.ends_with("target")
        || folder.ends_with("node_modules")
        || folder.join(TAG_OF_TARGET).exists();
    if is_other || folders.len() >= MAX_FOLDERS || !folders.insert(folder.to_owned()) {
        return;
    }
    for entry in entries(folder) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            add_below(&entry.path(), folders);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_dep_info_lists_files() {
        let text = "/t/shop: /a/src/main.rs /a/my\\ code/b.rs\n\n/a/src/main.rs:\n";
        let paths: Vec<_> = dependencies(text).collect();
        assert_eq!(paths, ["/a/src/main.rs", "/a/my code/b.rs"]);
    }

    /// A project that was built once: its folder, and its program.
    fn project(name: &str) -> (PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("minilambda-{name}-{}", crate::ids::hex(16)));
        for folder in ["src/old", "out/debug", "target/doc", ".git", "templates"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let program = root.join("out/debug/shop");
        let dep_info = format!("{}: {}", program.display(), root.join("src/main.rs").display());
        for (file, text) in [
            ("Cargo.toml", ""),
            ("src/main.rs", ""),
            ("out/debug/shop.d", &*dep_info),
            ("out/CACHEDIR.TAG", ""),
        ] {
            fs::write(root.join(file), text).unwrap();
        }
        (root, program)
    }

    /// Whether the watcher sees a change after a build.
    fn sees(project: &(PathBuf, PathBuf), is_built: bool, change: impl FnOnce(&Path)) -> bool {
        let (root, program) = project;
        let mut files = Files::default();
        files.follow(root, program, is_built);
        let start = SystemTime::now();
        assert!(!files.have_changed_since(start));
        std::thread::sleep(Duration::from_millis(20));
        change(root);
        files.have_changed_since(start)
    }

    #[test]
    fn what_mends_a_broken_build_is_seen_wherever_it_is() {
        let project = project("mending");
        let write = |name: &'static str| move |root: &Path| fs::write(root.join(name), "").unwrap();
        fs::write(project.0.join("src/new.rs"), "broken").unwrap();
        for name in [
            "src/main.rs",
            // A module that no program has had yet, and one of a folder.
            "src/new.rs",
            "src/old/other.rs",
            // What `include_str!` has not found.
            "templates/page.html",
        ] {
            assert!(sees(&project, false, write(name)), "{name}");
            assert!(!sees(&project, false, |_| {}), "{name}");
        }
        assert!(sees(&project, false, |root| fs::create_dir(root.join("src/routes")).unwrap()));
        assert!(sees(&project, false, write("src/routes/mod.rs")));
        // What cargo, git and others write is no change of a source.
        for name in ["out/debug/a.rs", "target/doc/a.rs", ".git/index", "templates/.page.html.swp"]
        {
            assert!(!sees(&project, false, write(name)), "{name}");
        }
        // With a program only its own files count, and new sources beside them.
        assert!(sees(&project, true, write("src/main.rs")));
        assert!(!sees(&project, true, write("templates/other.html")));
        assert!(!sees(&project, true, write("src/new.rs")));
        assert!(sees(&project, true, write("src/newer.rs")));
        fs::remove_dir_all(project.0).unwrap();
    }

    #[test]
    fn a_file_of_the_future_has_changed_once() {
        let (root, program) = project("future");
        let mut files = Files::default();
        let write = |ahead: u64| {
            let file = fs::File::create(root.join("src/main.rs")).unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(ahead)).unwrap();
        };
        write(3600);
        let mut build = |is_built| {
            let start = SystemTime::now();
            files.follow(&root, &program, is_built);
            files.have_changed_since(start)
        };
        let changes: Vec<_> = [true, true, false, true].map(&mut build).into();
        assert_eq!(changes, [true, false, false, false]);
        write(7200);
        let changes: Vec<_> = [true, true].map(&mut build).into();
        assert_eq!(changes, [true, false]);
        fs::remove_dir_all(root).unwrap();
    }
}
