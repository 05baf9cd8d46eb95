//! Copies the pages for their documentation tests. Code that only the tests need is in a comment
//! before or after a block, so that a rendered page does not show it:
//!
//! ````markdown
//! <!-- hidden
//! struct Order;
//! -->
//! ```rust
//! fn ship(order: Order) {}
//! ```
//! <!-- hidden
//! ship(Order);
//! -->
//! ````
//!
//! A copy has the same number of lines, so that the line of an error is that of the page.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let copies = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::create_dir_all(copies.join("guide")).expect("a folder for the copies");
    println!("cargo::rerun-if-changed=guide");
    println!("cargo::rerun-if-changed=../README.md");
    copy("../README.md".as_ref(), &copies.join("README.md"));
    for page in fs::read_dir("guide").expect("the pages") {
        let page = page.expect("a page").path();
        copy(&page, &copies.join(&page));
    }
}

fn copy(page: &Path, to: &Path) {
    let text = fs::read_to_string(page).expect("the text of a page");
    let lines = with_hidden_code(&text).unwrap_or_else(|line| {
        panic!(
            "{}:{line}: `<!-- hidden` is not beside a block of code, or has no end",
            page.display()
        )
    });
    fs::write(to, lines.join("\n")).expect("a copy is written");
}

/// The lines with the hidden code in its block, or the number of a line that is wrong.
fn with_hidden_code(text: &str) -> Result<Vec<&str>, usize> {
    let lines: Vec<_> = text.lines().collect();
    let mut copied: Vec<&str> = Vec::new();
    while let Some(&line) = lines.get(copied.len()) {
        if line != "<!-- hidden" {
            copied.push(line);
            continue;
        }
        let start = copied.len();
        let is_end = |line: &&str| **line == *"-->";
        let length = lines[start..].iter().position(is_end).ok_or(start + 1)?;
        let code = &lines[start + 1..start + length];
        let next = lines.get(start + length + 1).copied().unwrap_or_default();
        if next.starts_with("```rust") {
            copied.push(next);
            copied.extend(code);
            copied.extend(["", ""]);
        } else if copied.last() == Some(&"```") {
            copied.pop();
            copied.extend(["", ""]);
            copied.extend(code);
            copied.push("```");
        } else {
            return Err(start + 1);
        }
    }
    Ok(copied)
}
