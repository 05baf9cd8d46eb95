//! Lists the photos that are new in a bucket, whether S3 calls the function itself or sends its
//! notifications to an SNS topic and on to an SQS queue, as one does where several want them.
//!
//! ```text
//! cargo run --example s3 -- s3.photos data/s3.json
//! cargo run --example s3 -- s3.photos-queued data/sqs-sns.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{s3, sns, sqs};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] =
    &[("s3.photos", handler!(photos)), ("s3.photos-queued", handler!(photos_queued))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn photos(event: s3::Event, _: &Context) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for record in event.records.iter().filter(|record| record.is("ObjectCreated:")) {
        // The key in the event has a + for a blank.
        let key = record.s3.object.decoded_key()?;
        log::info!("{key} in {}: {:?} bytes", record.s3.bucket.name, record.s3.object.size);
        found.push(key);
    }
    Ok(found)
}

fn photos_queued(event: sqs::Event, context: &Context) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for message in &event.records {
        let notification: sns::Notification = message.body_json()?;
        if notification.message_json::<s3::TestEvent>().is_err() {
            found.extend(photos(notification.message_json()?, context)?);
        }
    }
    Ok(found)
}
