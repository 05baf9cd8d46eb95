//! Each target of the Makefile is run by something, at least in its quick form.

use crate::rust::root;
use std::collections::BTreeSet;
use std::fs;

/// Files that run targets, and how such a line starts.
const RUNNERS: [(&str, &str); 5] = [
    (".ci/run", "step make "),
    (".github/workflows/ci.yml", "- run: make "),
    // By tests/deploy/readme.py.
    ("README.md", "$ make "),
    ("tests/deploy/scripts.py", "call(\"make\", "),
    ("tests/deploy/local.py", "with Server(\"make\", "),
];

#[test]
fn each_target_is_run_by_something() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let makefile = read("Makefile");
    let with_help = makefile.lines().filter(|line| line.contains(": ## "));
    let names = with_help.filter_map(|line| line.split_once(": ## ")).map(|(name, _)| name);
    let targets: BTreeSet<_> = names.collect();
    let phony = makefile.lines().find_map(|line| line.strip_prefix(".PHONY: ")).unwrap();
    assert_eq!(phony.split(' ').collect::<BTreeSet<_>>(), targets, "help and .PHONY");

    let mut run = BTreeSet::new();
    for (path, start) in RUNNERS {
        let text = read(path);
        let before = run.len();
        for line in text.lines() {
            let Some((_, words)) = line.split_once(start) else { continue };
            // `make A B VARIABLE=…`, in the shell or as strings of Python.
            let words = words.split([' ', ',', '"']).filter(|word| !word.is_empty());
            run.extend(words.map(str::to_owned).take_while(|word| targets.contains(&**word)));
        }
        assert!(run.len() > before, "{path} runs no target");
    }
    let missing: Vec<_> = targets.iter().filter(|name| !run.contains(**name)).collect();
    assert!(missing.is_empty(), "no test runs these targets of the Makefile: {missing:?}");
}
