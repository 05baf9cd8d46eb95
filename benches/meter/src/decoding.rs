//! Typed decoding and encoding, as the program `decoding` measures it in one process.

use crate::contenders::{self, Field};
use crate::plan::Plan;
use crate::table::{Report, number};
use std::process::Command;

pub fn measure(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let mut command = Command::new(&field.decoding);
    command.args([plan.decoding_rounds.to_string(), plan.decoding_ms.to_string()]);
    let text = contenders::output(&mut command)?;
    let mut rows = Vec::new();
    let (mut decoding, mut encoding) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, records, bytes, rates @ ..] = &words[..] else { continue };
        let rates: Vec<f64> = rates.iter().filter_map(|rate| rate.parse().ok()).collect();
        let [our_decoding, their_decoding, our_encoding, their_encoding] = rates[..] else {
            continue;
        };
        decoding.push(our_decoding / their_decoding);
        encoding.push(our_encoding / their_encoding);
        rows.push(vec![
            format!("{name}, {records}"),
            number(bytes.parse().ok(), 0),
            number(Some(our_decoding), 0),
            number(Some(their_decoding), 0),
            number(decoding.last().copied(), 2),
            number(Some(our_encoding), 0),
            number(Some(their_encoding), 0),
            number(encoding.last().copied(), 2),
        ]);
    }
    report.table(
        "Typed decoding and encoding, MB/s, beside serde_json with aws_lambda_events",
        &["event, records", "bytes", "decoding", "theirs", "×", "encoding", "theirs", "×"],
        &rows,
    );
    report.note(&format!(
        "In the geometric mean: decoding {} times, encoding {} times as fast.",
        number(geometric_mean(&decoding), 2),
        number(geometric_mean(&encoding), 2)
    ));
    Ok(())
}

fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (!ratios.is_empty()).then(|| (sum / ratios.len() as f64).exp())
}
