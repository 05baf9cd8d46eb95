use lambda_runtime::{Error, LambdaEvent, run_concurrent, service_fn};

async fn order(event: LambdaEvent<String>) -> Result<String, Error> {
    Ok(event.payload)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run_concurrent(service_fn(order)).await
}
