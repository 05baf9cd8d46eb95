//! A bar chart as SVG, for light and dark pages.

use crate::table::{Bars, number};
use std::fmt::Write;

const WIDTH: usize = 720;
/// The horizontal range of the bars.
const LEFT: usize = 190;
const RIGHT: usize = 640;
const LINE: usize = 16;

/// Explains the titles of groups to a reader who sees only the chart.
const MEANINGS: [(&str, &str); 5] = [
    ("Cold start", "from the start of the program to its first request for an event"),
    ("Small event: cycle", "from sending an event to the next request for one"),
    ("Small event: CPU", "time of the program's core for it"),
    ("Peak memory", "after 10,000 events"),
    ("Binary", "without symbols"),
];

const CAPTION: &str = "Functions that echo an event on AWS Lambda's Runtime API. Shorter is better. Baseline: a bare loop in C.";

/// Draws the groups from top to bottom. A bar that is far longer than the others is cut.
pub fn draw(groups: &[Bars]) -> String {
    let height = groups.iter().map(|group| (group.bars.len() + 2) * LINE).sum::<usize>() + 2 * LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <style>text{{fill:#57606a}}.t{{fill:#24292f;font-weight:bold}}.b{{fill:#8c959f}}.o{{fill:#2da44e}}\
         @media(prefers-color-scheme:dark){{text{{fill:#8b949e}}.t{{fill:#e6edf3}}.b{{fill:#6e7681}}\
         .o{{fill:#3fb950}}}}</style>\n"
    );
    let _ = writeln!(svg, "<text x=\"4\" y=\"{LINE}\">{CAPTION}</text>");
    let mut y = LINE;
    for group in groups {
        y += 2 * LINE;
        let meaning = MEANINGS.iter().find(|(title, _)| group.title.starts_with(title));
        let meaning = meaning.map_or("", |(_, meaning)| meaning);
        let _ = writeln!(
            svg,
            "<text class=\"t\" x=\"4\" y=\"{}\">{} <tspan font-weight=\"normal\">({meaning})</tspan></text>",
            y - 4,
            group.title
        );
        let scale = scale(group);
        for (name, figure) in &group.bars {
            let broken = *figure > scale;
            let width = (figure.min(scale) / scale * (RIGHT - LEFT) as f64).max(1.0);
            let class = if name.starts_with("minilambda") { "o" } else { "b" };
            let decimals = if *figure < 10.0 { 2 } else { usize::from(*figure < 100.0) };
            let label = number(Some(*figure), decimals);
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
                 <rect class=\"{class}\" x=\"{LEFT}\" y=\"{}\" width=\"{width:.1}\" height=\"{}\"/>\
                 <text x=\"{:.1}\" y=\"{}\">{}{label}</text>",
                LEFT - 6,
                y + LINE - 5,
                y + 2,
                LINE - 4,
                LEFT as f64 + width + 4.0,
                y + LINE - 5,
                if broken { "… " } else { "" },
            );
            y += LINE;
        }
    }
    svg + "</svg>\n"
}

/// Returns the value of the longest bar: the largest, or the second largest if the largest would
/// make the others invisible.
fn scale(group: &Bars) -> f64 {
    let mut figures: Vec<f64> = group.bars.iter().map(|(_, figure)| *figure).collect();
    figures.sort_by(|a, b| b.total_cmp(a));
    match figures[..] {
        [first, second, ..] if first > 3.0 * second => 1.1 * second,
        [first, ..] => first,
        [] => 1.0,
    }
}
