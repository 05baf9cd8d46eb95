//! One line for each full run, to compare with later.

use crate::contenders::{BASELINE, OFFICIAL, OURS, OURS_MUSL};
use crate::table::{Bars, NONE, number};

const WHO: [&str; 4] = [BASELINE, OURS, OURS_MUSL, OFFICIAL];

/// Adds a run to the text, which is created if there is none.
pub fn add(text: Option<String>, when_and_where: &str, groups: &[Bars]) -> String {
    let text = text.unwrap_or_else(|| {
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        format!(
            "# Runs of the benchmark\n\nEach full `make bench` adds a line here: medians of\n{}.\n\
             Machines differ, and are more or less busy: compare within a line.\n\n| run | {} |\n|{}\n",
            WHO.join(" / "),
            titles.join(" | "),
            "---|".repeat(titles.len() + 1),
        )
    });
    let cell = |group: &Bars| {
        let figure = |name: &str| {
            let bar = group.bars.iter().find(|(other, _)| *other == name);
            bar.map_or(NONE.to_owned(), |(_, figure)| {
                number(Some(*figure), if *figure < 10.0 { 2 } else { 1 })
            })
        };
        WHO.map(figure).join(" / ")
    };
    let cells: Vec<String> = groups.iter().map(cell).collect();
    format!("{text}| {when_and_where} | {} |\n", cells.join(" | "))
}
