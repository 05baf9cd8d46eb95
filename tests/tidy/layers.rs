//! The order of the modules of each crate, which `tests/layers.txt` lists.

use crate::rust::{Part, is_word, only, paths, root, sources};
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
        Sources::of(texts)
    }

    fn of(texts: BTreeMap<Module, String>) -> Sources {
        let mut all = Sources { texts, names: BTreeMap::new(), macros: BTreeMap::new() };
        for (module, text) in &all.texts {
            let uses = text.split("use ").skip(1).flat_map(paths);
            let names = uses.map(|(path, name)| {
                let path = all.absolute(module, &path);
                // Each `a::*` has a name of its own.
                (if name.is_empty() { format!("{}::*", path.join("::")) } else { name }, path)
            });
            all.names.insert(module.clone(), names.collect());
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
            } else if self.texts[&module].contains(&format!("mod {name} {{")) {
                // A module within a file has the names of the file here.
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

    /// The modules that a module names. A macro names what it expands to.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let (text, names) = (&self.texts[module], &self.names[module]);
        let mut found = BTreeSet::new();
        for (end, _) in text.match_indices("::") {
            let start = text[..end].rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
            // The first word of a path. What is imported may be a module, with which one begins.
            let first = &text[start..end];
            let is_known = ["crate", "super"].contains(&first) || names.contains_key(first);
            if !is_known || text[..start].ends_with("::") {
                continue;
            }
            for (path, _) in paths(&text[start..]) {
                let path = match names.get(first) {
                    Some(target) => [target.as_slice(), &path[1..]].concat(),
                    None => self.absolute(module, &path),
                };
                found.insert(self.resolve(&path));
            }
        }
        found
    }
}

/// Whether a module uses another one against the order, or one of the two is in no list.
fn is_against(orders: &Orders, module: &Module, target: &Module) -> bool {
    let rank = |folder: &[String], name: &String| {
        orders.get(folder).and_then(|order| order.iter().position(|it| it == name))
    };
    let common = module.iter().zip(target).take_while(|(a, b)| a == b).count();
    // A folder's own file is below and above what is in the folder.
    let (Some(own), Some(other)) = (module.get(common), target.get(common)) else { return false };
    let (own, other) = (rank(&module[..common], own), rank(&module[..common], other));
    own.is_none() || other >= own
}

fn is_test(module: &Module) -> bool {
    module.last().is_some_and(|name| name.ends_with("tests"))
}

/// The imports against the order, as `a -> b`, and how many imports there are.
fn faults(sources: &Sources, orders: &Orders) -> (BTreeSet<String>, usize) {
    let (mut faults, mut count) = (BTreeSet::new(), 0);
    for module in sources.texts.keys().filter(|module| !is_test(module)) {
        // They hide where a name is from.
        let is_glob = |(name, target): &(&String, &Module)| {
            name.ends_with("::*") && !module.starts_with(&sources.resolve(target))
        };
        let globs = sources.names[module].iter().filter(is_glob);
        faults.extend(globs.map(|(name, _)| format!("{} -> {name}", module.join("/"))));
        for target in sources.imports(module) {
            count += 1;
            if is_against(orders, module, &target) {
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

/// The methods that a module gives to a type of another one, with the module.
fn methods_of_others(sources: &Sources) -> Vec<(&Module, &str)> {
    let name_of = |text: &'_ str| text.find(|c| !is_word(c)).unwrap_or(text.len());
    let mut found = Vec::new();
    for (module, text) in &sources.texts {
        for block in text.split("\nimpl").skip(1) {
            let (head, body) = block.split_once('{').unwrap_or((block, ""));
            let generics = head.strip_prefix('<').map_or(0, |rest| {
                let mut depth = 1;
                let is_end = |c| {
                    depth += i32::from(c == '<') - i32::from(c == '>');
                    depth == 0
                };
                rest.find(is_end).map_or(0, |end| end + 2)
            });
            let head = head[generics..].trim_start();
            let name = &head[..name_of(head)];
            if name.is_empty() || head.contains(" for ") || defines(text, name) {
                continue;
            }
            let body = body.split("\n}\n").next().unwrap();
            let names = body.split("fn ").skip(1).map(|rest| &rest[..name_of(rest)]);
            found.extend(names.map(|name| (module, name)));
        }
    }
    found
}

/// A method may be in another file than its type. So a module can depend on one above without an
/// import. Only names that a crate has once are known.
#[test]
fn no_module_calls_a_method_of_a_layer_above() {
    let of_std = ["map", "reader", "repeat"];
    let (mut faults, mut count) = (Vec::new(), 0);
    for (folder, orders) in read_lists() {
        let sources = Sources::read(&folder);
        let is_once = |name: &str| {
            let definitions = [format!("fn {name}("), format!("fn {name}<")];
            let count = |text: &String| {
                definitions.iter().map(|it| text.matches(it).count()).sum::<usize>()
            };
            sources.texts.values().map(count).sum::<usize>() == 1
        };
        for (above, name) in methods_of_others(&sources) {
            if of_std.contains(&name) || !is_once(name) {
                continue;
            }
            count += 1;
            let calls = [format!(".{name}("), format!("::{name}(")];
            for (module, text) in &sources.texts {
                let is_called = calls.iter().any(|call| text.contains(call));
                let is_other = module != above && !is_test(module);
                if is_called && is_other && is_against(&orders, module, above) {
                    faults.push(format!(
                        "{folder}: {} -> {}: {name}",
                        module.join("/"),
                        above.join("/")
                    ));
                }
            }
        }
    }
    assert!(count > 30, "the test finds the methods: {count}");
    assert_eq!(faults, [""; 0]);
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
    let module = |path: &str| match path {
        "" => Module::new(),
        path => path.split('/').map(str::to_owned).collect(),
    };
    let texts = [
        ("", "mod a; pub use a::A; pub use b::B; pub mod hidden { pub use crate::b::x::f; }"),
        ("a", "use crate::B;"),
        ("b", "use crate::a::{self, c}; use crate::A; use std::a; a::d();"),
        ("b/x", "use super::y::f; fn g() { super::super::a::h() }"),
        ("b/y", "use super::B; use std::fmt; fmt::x();"),
        // Ways around: by a macro, a module within a file, a folder that is imported, all names.
        ("a1", "macro_rules! m { () => { $crate::b::f() }; }"),
        ("a2", "m!(a:crate::b::f)"),
        ("a3", "use crate::hidden::f;"),
        ("a4", "use crate::b; fn f() { b::y::g() }"),
        ("a5", "pub use crate::b::*;"),
        ("b/z", "use crate::b; fn f() { b::zz::g() }"),
        ("b/zz", "use super::*;"),
    ];
    let texts = texts.map(|(path, text)| (module(path), text.to_owned()));
    let orders = [("", "a a1 a2 a3 a4 a5 b"), ("b", "x y z zz")];
    let orders = orders.map(|(path, order)| {
        (module(path), order.split(' ').map(str::to_owned).collect::<Vec<_>>())
    });
    let found = faults(&Sources::of(texts.into()), &orders.into()).0;
    let expected = [
        "a -> b",
        "a1 -> b",
        "a2 -> b",
        "a3 -> b/y",
        "a4 -> b",
        "a4 -> b/y",
        "a5 -> b",
        "a5 -> b::*",
        "b/x -> b/y",
        "b/z -> b/zz",
    ];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
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
