//! The order of the modules of each crate, which `tests/layers.txt` lists.

use crate::rust::{Part, only, paths, root, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// A module's names from the crate's root, which is empty.
type Module = Vec<String>;

/// A line of `tests/layers.txt`: the modules of one folder, from the lowest.
type Orders = BTreeMap<Module, Vec<String>>;

/// The lists of `tests/layers.txt` by the crate's folder.
fn read_lists() -> BTreeMap<String, Orders> {
    let text = fs::read_to_string(root().join("tests/layers.txt")).unwrap();
    let mut lists: BTreeMap<String, Orders> = BTreeMap::new();
    let mut folder = String::new();
    let mut above = Module::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            folder = name.trim_end_matches(']').into();
            continue;
        }
        let name = line.trim_start();
        above.truncate((line.len() - name.len()) / 2);
        let orders = lists.entry(folder.clone()).or_default();
        orders.entry(above.clone()).or_default().push(name.to_owned());
        above.push(name.to_owned());
    }
    lists
}

/// A crate's modules, and what each of them calls by another name.
struct Sources {
    /// Code without comments and literals.
    texts: BTreeMap<Module, String>,
    names: BTreeMap<Module, BTreeMap<String, Module>>,
    macros: BTreeMap<String, Module>,
}

impl Sources {
    fn read(folder: &str) -> Sources {
        let mut texts = BTreeMap::new();
        for (path, text) in sources(folder) {
            let path = path.trim_start_matches(folder).trim_start_matches('/');
            let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let is_root = path == "lib" || path == "main";
            let module =
                if is_root { vec![] } else { path.split('/').map(str::to_owned).collect() };
            // Tests are the end of a file. They may use what they test with.
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let code = only(text, &[Part::Code]);
            texts.entry(module).or_insert_with(String::new).push_str(&code);
        }
        let mut all = Sources { texts, names: BTreeMap::new(), macros: BTreeMap::new() };
        for (module, text) in &all.texts {
            let uses = text.split("use ").skip(1).flat_map(paths);
            let names = uses.map(|(path, name)| (name, all.absolute(module, &path))).collect();
            all.names.insert(module.clone(), names);
            for rest in text.split("macro_rules! ").skip(1) {
                let name = rest.split([' ', '{']).next().unwrap().to_owned();
                all.macros.insert(name, module.clone());
            }
        }
        all
    }

    /// A path as it is written in a module, from the crate's root.
    fn absolute(&self, module: &Module, path: &[String]) -> Module {
        let (start, rest) = match path.first().map(String::as_str) {
            Some("crate") => (vec![], &path[1..]),
            Some("super") => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                (module[..module.len().saturating_sub(ups)].to_vec(), &path[ups..])
            }
            Some(word) => {
                let child = [module.clone(), vec![word.to_owned()]].concat();
                // Other paths are of other crates.
                (if self.texts.contains_key(&child) { module.clone() } else { vec![] }, path)
            }
            None => (module.clone(), path),
        };
        [start, rest.to_vec()].concat()
    }

    /// The module in which a path from the root ends, or the one from which it is exported.
    fn resolve(&self, path: &[String]) -> Module {
        let mut module = Module::new();
        for (at, name) in path.iter().enumerate() {
            let child = [module.clone(), vec![name.clone()]].concat();
            if self.texts.contains_key(&child) {
                module = child;
            } else if let Some(target) = self.names[&module].get(name).filter(|it| **it != path) {
                return self.resolve(&[target.clone(), path[at + 1..].to_vec()].concat());
            } else if let Some(target) = self.macros.get(name).filter(|_| module.is_empty()) {
                return target.clone();
            } else {
                break;
            }
        }
        module
    }

    /// The modules that a module names.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let text = &self.texts[module];
        let starts = ["crate::", "super::"].into_iter().flat_map(|word| text.match_indices(word));
        // A macro imports where it is called.
        let is_start = |before: &str| !before.ends_with(['$', ':']);
        let starts = starts.map(|(at, _)| at).filter(|at| is_start(&text[..*at]));
        let paths = starts.flat_map(|at| paths(&text[at..]));
        paths.map(|(path, _)| self.resolve(&self.absolute(module, &path))).collect()
    }
}

/// The imports against the order, as `a -> b`, and how many imports there are.
fn faults(sources: &Sources, orders: &Orders) -> (BTreeSet<String>, usize) {
    let rank = |folder: &[String], name: &String| {
        orders.get(folder).and_then(|order| order.iter().position(|it| it == name))
    };
    let (mut faults, mut count) = (BTreeSet::new(), 0);
    let is_test = |module: &Module| module.last().is_some_and(|name| name.ends_with("tests"));
    for module in sources.texts.keys().filter(|module| !is_test(module)) {
        for target in sources.imports(module) {
            count += 1;
            let common = module.iter().zip(&target).take_while(|(a, b)| a == b).count();
            // A folder's own file is below and above what is in the folder.
            let (Some(own), Some(other)) = (module.get(common), target.get(common)) else {
                continue;
            };
            let folder = &module[..common];
            let (own, other) = (rank(folder, own), rank(folder, other));
            if own.is_none() || other >= own {
                faults.insert(format!("{} -> {}", module.join("/"), target.join("/")));
            }
        }
    }
    (faults, count)
}

#[test]
fn imports_go_one_way() {
    for (folder, orders) in read_lists() {
        let sources = Sources::read(&folder);
        let (faults, count) = faults(&sources, &orders);
        assert!(count > sources.texts.len() / 2, "{folder}: the test finds the imports");
        assert!(
            faults.is_empty(),
            "{folder}: against the order of tests/layers.txt, or not in it: {faults:#?}"
        );
    }
}

#[test]
fn each_module_is_in_the_list_of_its_crate() {
    let lists = read_lists();
    let folders: Vec<_> = lists.keys().map(String::as_str).collect();
    assert_eq!(folders, ["aws/src", "durable/src", "events/src", "http/src", "local/src", "src"]);
    for (folder, orders) in lists {
        let sources = Sources::read(&folder);
        for (above, order) in &orders {
            let children = sources
                .texts
                .keys()
                .filter(|module| module.len() == above.len() + 1 && module.starts_with(above));
            let is_test = |name: &&String| name.ends_with("tests");
            let names = children.map(|module| &module[above.len()]).filter(|it| !is_test(it));
            let names: BTreeSet<_> = names.collect();
            let listed: BTreeSet<_> = order.iter().collect();
            assert_eq!(listed.len(), order.len(), "{folder} {above:?}: a module is listed twice");
            let (new, gone): (Vec<_>, Vec<_>) =
                (names.difference(&listed).collect(), listed.difference(&names).collect());
            assert!(
                new.is_empty() && gone.is_empty(),
                "{folder} {above:?}: tests/layers.txt lacks {new:?}, and lists {gone:?} without a file"
            );
        }
    }
}

#[test]
fn an_import_against_the_order_is_found() {
    let module = |path: &str| path.split('/').map(str::to_owned).collect::<Module>();
    let mut sources = Sources {
        texts: [
            (vec![], "pub use a::A;"),
            (module("a"), "use crate::B;"),
            (module("b"), "use crate::a::{self, c}; use crate::A; use std::a;"),
            (module("b/x"), "use super::y::f; fn g() { super::super::a::h() }"),
            (module("b/y"), "use super::B;"),
        ]
        .map(|(module, text)| (module, text.to_owned()))
        .into(),
        names: BTreeMap::new(),
        macros: BTreeMap::new(),
    };
    sources.names = sources.texts.keys().map(|it| (it.clone(), BTreeMap::new())).collect();
    sources.names.insert(
        vec![],
        [("A", "a/A"), ("B", "b/B")].map(|(name, path)| (name.to_owned(), module(path))).into(),
    );
    let orders = Orders::from([(vec![], vec!["a".to_owned(), "b".to_owned()])]);
    let found: Vec<_> = faults(&sources, &orders).0.into_iter().collect();
    assert_eq!(found, ["a -> b", "b/x -> b/y"]);
}

/// Whether a source defines a name.
fn defines(text: &str, name: &str) -> bool {
    let words = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod", "macro_rules!"];
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    words.iter().any(|word| {
        let definition = format!("{word} {name}");
        text.match_indices(&definition).any(|(at, _)| is_end(&text[at + definition.len()..]))
    })
}

#[test]
fn the_architecture_is_described_as_it_is() {
    let crates: Vec<_> = read_lists().keys().map(|folder| Sources::read(folder)).collect();
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let words = text.split('`').skip(1).step_by(2).filter(|word| word.contains("::"));
    let mut count = 0;
    for word in words {
        let path: Vec<_> = word.split("::").map(|name| name.trim_end_matches('!')).collect();
        let is_there = crates.iter().any(|sources| {
            // From the longest module that the path names.
            let depth = (0..=path.len())
                .rev()
                .find(|depth| sources.texts.keys().any(|module| *module == path[..*depth]));
            let (module, names) = path.split_at(depth.unwrap_or(0));
            let is_below = |it: &Module| it.get(..module.len()).is_some_and(|it| it == module);
            let below = || sources.texts.iter().filter(|(it, _)| is_below(it));
            let has = |name: &&str| below().any(|(_, text)| defines(text, name));
            names.iter().all(has)
        });
        assert!(is_there, "docs/ARCHITECTURE.md names `{word}`, which no crate has");
        count += 1;
    }
    assert!(count > 10, "the test finds the paths");
    let table = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let table: Vec<_> = table.map(|(name, _)| name).filter(|name| !name.ends_with('/')).collect();
    let orders = &read_lists()["src"];
    let listed = orders[&vec![]].iter().filter(|name| *name != "fuzzing");
    assert!(listed.eq(table), "the table of layers in docs/ARCHITECTURE.md");
}
