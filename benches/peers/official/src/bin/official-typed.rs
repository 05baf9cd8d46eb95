//! Responds with the number of messages of an SQS batch.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(batch)).await
}

async fn batch(event: LambdaEvent<SqsEvent>) -> Result<String, Error> {
    Ok(event.payload.records.len().to_string())
}
