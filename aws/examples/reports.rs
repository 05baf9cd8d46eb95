//! A function that S3 invokes for each new object: it reads the object, and writes a report next to
//! it.
//!
//! The role needs `s3:GetObject` and `s3:PutObject`. The trigger has the prefix `incoming/`, or the
//! function would be invoked for its own reports.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::metrics::{self, Unit};
use minilambda_aws::s3::Bucket;
use minilambda_events::s3;
use miniserde::{Serialize, json};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("reports.s3", handler!(report))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Serialize)]
struct Report {
    key: String,
    lines: usize,
    bytes: usize,
}

fn report(event: s3::Event, _: &Context) -> Result<usize, Error> {
    for record in &event.records {
        let bucket = Bucket::new(&record.s3.bucket.name);
        let key = record.s3.object.decoded_key()?;
        let object = bucket.get(&key)?;
        let lines = object.body.split(|byte| *byte == b'\n').count() - 1;
        let report = Report { key: key.clone(), lines, bytes: object.body.len() };
        let name = key.rsplit('/').next().unwrap_or(&key);
        let upload = format!("reports/{name}.json");
        let upload = bucket.upload(&upload).content_type("application/json");
        upload.bytes(json::to_string(&report).as_bytes())?;
        metrics::put("Bytes", f64::from(u32::try_from(report.bytes)?), Unit::Bytes, &[]);
    }
    Ok(event.records.len())
}
