use lambda_runtime::streaming::{Body, Response, channel};
use lambda_runtime::{Error, LambdaEvent};

async fn count(_: LambdaEvent<serde_json::Value>) -> Result<Response<Body>, Error> {
    let (mut sender, body) = channel();
    tokio::spawn(async move {
        for number in 0..1000 {
            sender.send_data(format!("{number}\n").into()).await?;
        }
        Ok::<(), Error>(())
    });
    Ok(Response::from(body))
}
