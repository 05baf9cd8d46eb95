use lambda_runtime::{BoxFuture, Error, LambdaEvent, Runtime, SnapStartResource, service_fn};
use std::sync::Arc;

struct Pool;

impl SnapStartResource for Pool {
    fn before_snapshot(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) }) // close the connections
    }
    fn after_restore(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) }) // connect
    }
}

async fn order(event: LambdaEvent<String>) -> Result<String, Error> {
    Ok(event.payload)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let runtime = Runtime::new(service_fn(order)).register_snapstart_resource(Arc::new(Pool));
    lambda_runtime::spawn_graceful_shutdown_handler(|| async { /* flush */ }).await;
    runtime.run().await
}
