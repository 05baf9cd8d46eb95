use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
}

#[derive(Serialize)]
struct Receipt {
    id: String,
}

async fn order(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    tracing::info!("request {}", event.context.request_id);
    Ok(Receipt { id: event.payload.order_id })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    run(service_fn(order)).await
}
