//! Projects for the tool.

use crate::support::root;
use std::fs;
use std::path::{Path, PathBuf};

/// A project as a user would have it: the program `page/project.rs`, and the template's Makefile.
pub fn project(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    let root = root();
    let manifest = format!(
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\nminilambda = {{ path = \"{0}\" }}\nminilambda-http = {{ path = \"{0}/http\" }}\n\
         miniserde = \"0.1\"\nlog = {{ version = \"0.4\", features = [\"kv\"] }}\n\
         [dev-dependencies]\nminilambda-local = {{ path = \"{0}/local\" }}\n",
        root.display()
    );
    let template = root.join("examples/template");
    let copies = [
        (root.join("Cargo.lock"), "Cargo.lock"),
        (root.join("local/tests/page/project.rs"), "src/main.rs"),
        (template.join("Makefile"), "Makefile"),
        (template.join("examples/local.rs"), "examples/local.rs"),
    ];
    for folder in ["src", "tests", "examples"].map(|name| folder.join(name)) {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    for (from, to) in copies {
        fs::write(folder.join(to), fs::read(from).unwrap()).unwrap();
    }
    let variables = "NAME := shop\nHANDLER ?= shop.order\nEVENT ?= order.json\nCHECKOUT :=\n";
    fs::write(folder.join("project.mk"), variables).unwrap();
    fs::write(folder.join("local.env"), "TABLE=orders\n").unwrap();
    folder
}
