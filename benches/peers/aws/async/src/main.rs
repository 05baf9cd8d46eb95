//! A function that reads an item with the official runtime and SDK, as both are meant.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

static CLIENT: OnceCell<Client> = OnceCell::const_new();

async fn client() -> &'static Client {
    CLIENT.get_or_init(|| async { Client::new(&aws_config::load_from_env().await) }).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    // The benchmark measures both ways to make the client.
    if std::env::var_os("SDK_IN_INIT").is_some() {
        client().await;
    }
    run(service_fn(get)).await
}

#[derive(Deserialize)]
struct Key {
    id: String,
}

#[derive(Deserialize, Serialize)]
struct User {
    id: String,
    name: String,
    age: u32,
    tags: Vec<String>,
}

async fn get(event: LambdaEvent<Key>) -> Result<User, Error> {
    let key = AttributeValue::S(event.payload.id);
    let output = client().await.get_item().table_name("users").key("id", key).send().await?;
    let item = output.item.ok_or("there is no such user")?;
    Ok(serde_dynamo::from_item(item)?)
}
