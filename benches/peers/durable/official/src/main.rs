//! The workflow with the official SDK, in the form of its README.

use aws_durable_execution_sdk as durable;
use std::time::Duration;

async fn workflow(
    order: String,
    context: durable::DurableContext,
) -> Result<String, durable::BoxError> {
    let mut parts = Vec::new();
    for number in 0..20 {
        let part = format!("part {number} of {order}");
        let step = context.step(move |_| async move { Ok(part) }).name(format!("step-{number}"));
        parts.push(step.await?);
    }
    context.wait(Duration::from_secs(1)).name("cool-down").await?;
    let items: Vec<u32> = (0..10).collect();
    let packed: Vec<String> = context
        .map(items, |branch, item, _| async move {
            let pack = branch.step(move |_| async move { Ok(format!("box {item}")) }).name("pack");
            Ok(pack.await?)
        })
        .name("boxes")
        .await?;
    Ok(format!("{} parts in {} boxes", parts.len(), packed.len()))
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_runtime::tracing::init_default_subscriber();
    durable::run(workflow).await
}
