//! The results as Markdown tables.

use crate::contenders::{Contender, OFFICIAL};
use std::fmt::Write;
use std::time::Duration;

/// The text to print, and the groups of the chart.
#[derive(Default)]
pub struct Report {
    pub text: String,
    pub bars: Vec<Bars>,
}

/// One group of the chart: a figure for each contender.
pub struct Bars {
    pub title: String,
    pub bars: Vec<(&'static str, f64)>,
}

impl Report {
    /// Adds paragraphs, with a blank line between them, in lines of at most 100 characters.
    pub fn note(&mut self, paragraphs: &str) {
        for paragraph in paragraphs.split("\n\n") {
            let mut length = 0;
            for word in paragraph.split_whitespace() {
                let word_length = word.chars().count();
                match length {
                    0 => {}
                    _ if length + 1 + word_length > 100 => {
                        self.text.push('\n');
                        length = 0;
                    }
                    _ => {
                        self.text.push(' ');
                        length += 1;
                    }
                }
                self.text.push_str(word);
                length += word_length;
            }
            self.text.push_str("\n\n");
        }
    }

    pub fn chart(&mut self, title: &str, bars: impl IntoIterator<Item = (&'static str, f64)>) {
        self.bars.push(Bars { title: title.to_owned(), bars: bars.into_iter().collect() });
    }

    /// Adds a table. The first column is a name, the others are figures.
    pub fn table(&mut self, title: &str, columns: &[&str], rows: &[Vec<String>]) {
        let heads: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let width = |column: usize| {
            let cells = rows.iter().chain([&heads]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns.len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cell = |(index, (cell, width)): (usize, (&String, &usize))| {
                if index == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            };
            let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = |(index, width): (usize, &usize)| {
            if index == 0 {
                format!("|{}|", "-".repeat(width + 2))
            } else {
                format!("{}:|", "-".repeat(width + 1))
            }
        };
        let rules: String = widths.iter().enumerate().map(rule).collect();
        let body: String = rows.iter().map(line).collect();
        let _ = write!(self.text, "## {title}\n\n{}{rules}\n{body}\n", line(&heads));
    }
}

/// Figures of one kind, in the order of the contenders.
pub struct Figures<'a> {
    pub contenders: &'a [Contender],
    pub figures: Vec<Option<f64>>,
}

impl Figures<'_> {
    fn of(&self, name: &str) -> Option<f64> {
        let index = self.contenders.iter().position(|contender| contender.name == name)?;
        self.figures[index]
    }

    /// Returns the figure with the given decimals, its ratio to the baseline, and to the official
    /// runtime.
    pub fn cells(&self, index: usize, decimals: usize) -> [String; 3] {
        let figure = self.figures[index];
        let ratio = |to: Option<f64>| number(figure.zip(to).map(|(figure, to)| figure / to), 2);
        let baseline = self.contenders[index].baseline;
        [number(figure, decimals), ratio(self.of(baseline)), ratio(self.of(OFFICIAL))]
    }
}

pub const NONE: &str = "–";

pub fn number(figure: Option<f64>, decimals: usize) -> String {
    let figure = figure.filter(|figure| figure.is_finite());
    figure.map_or(NONE.to_owned(), |figure| grouped(&format!("{figure:.decimals$}")))
}

/// Formats a number with commas between the thousands.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// Returns the value below which the given percentage of the values is.
pub fn percentile(samples: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len().saturating_sub(1) * percent).div_ceil(100)).copied()
}

pub fn median(samples: &[f64]) -> Option<f64> {
    percentile(samples, 50)
}

pub fn in_us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
