//! Typed decoding and encoding, as the program `decoding` measures it in one process.

use crate::contenders::{self, Field};
use crate::plan::Plan;
use crate::table::{Report, number};
use std::process::Command;

pub fn measure(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let mut command = Command::new(&field.decoding);
    command.args([plan.decoding_rounds.to_string(), plan.decoding_ms.to_string()]);
    let text = contenders::output(&mut command)?;
    let (mut rows, mut any) = (Vec::new(), Vec::new());
    let (mut decoding, mut encoding) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, records, bytes, rates @ ..] = &words[..] else { continue };
        let rates: Vec<f64> = rates.iter().filter_map(|rate| rate.parse().ok()).collect();
        let [our_decoding, their_decoding, our_encoding, their_encoding] = rates[..] else {
            continue;
        };
        let of_any = name.strip_prefix("Json:");
        let ratios = (our_decoding / their_decoding, our_encoding / their_encoding);
        let row = vec![
            format!("{}, {records}", of_any.unwrap_or(name)),
            number(bytes.parse().ok(), 0),
            number(Some(our_decoding), 0),
            number(Some(their_decoding), 0),
            number(Some(ratios.0), 2),
            number(Some(our_encoding), 0),
            number(Some(their_encoding), 0),
            number(Some(ratios.1), 2),
        ];
        if of_any.is_some() {
            any.push(row);
        } else {
            decoding.push(ratios.0);
            encoding.push(ratios.1);
            rows.push(row);
        }
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
    report.table(
        "Any JSON, MB/s: `Json` of the events, beside miniserde's `Value`",
        &["event, records", "bytes", "decoding", "Value's", "×", "encoding", "Value's", "×"],
        &any,
    );
    Ok(())
}

fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (!ratios.is_empty()).then(|| (sum / ratios.len() as f64).exp())
}
