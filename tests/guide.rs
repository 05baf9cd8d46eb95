//! Runs the commands of the guide.

mod support;

use std::fs;
use support::program::{end, example};

#[test]
fn each_row_of_the_table_of_events_starts_an_example() {
    let root = env!("CARGO_MANIFEST_DIR");
    let guide = fs::read_to_string(format!("{root}/docs/guide/events.md")).unwrap();
    let rows: Vec<_> = guide.lines().filter_map(|line| line.strip_suffix(".json` |")).collect();
    assert!(rows.len() > 25, "{rows:?}");
    for row in rows {
        let (_, command) = row.rsplit_once("| `").unwrap();
        let [name, "--", handler, file] = command.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let ended = end(example(name).args([handler, &format!("{root}/{file}.json")]), b"");
        assert_eq!(
            ended.code(),
            0,
            "{row}: {}\nis the example built again? cargo build --example {name}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("no such field"), "{row}: {}", ended.stderr);
    }
}
