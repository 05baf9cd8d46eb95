//! The table of attacks in `docs/FAULTS-HTTP.md` names tests.

use std::fs;
use std::path::Path;

/// The texts of the files in which tests are.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(root.join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.chain([root.join("../tests/compile_errors.rs")]);
    files.filter(|file| file.is_file()).map(|file| fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn each_test_in_the_table_of_attacks_is_there() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/FAULTS-HTTP.md");
    let table = fs::read_to_string(table).unwrap();
    let (sources, mut count) = (sources(), 0);
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [attack, expected, test] = cells[..] else { panic!("{row} has not three cells") };
        assert!(!attack.is_empty() && !expected.is_empty(), "{row}");
        let test = format!("#[test]\nfn {}() {{", test.trim_matches('`'));
        assert!(sources.contains(&test), "{row}: there is no such test");
        count += 1;
    }
    assert!(count > 30, "{count}");
}
