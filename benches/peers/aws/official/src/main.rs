//! A function that reads an item with the official SDK, which is async, from a blocking handler.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use minilambda::{Context, Error, Handler, handler};
use miniserde::Deserialize;
use std::process::ExitCode;
use std::sync::OnceLock;
use tokio::runtime::Runtime;

static HANDLERS: &[(&str, Handler)] = &[("get", handler!(get))];

/// The runtime has to be the one that the client was made in: it drives the client's connections.
static SDK: OnceLock<(Runtime, Client)> = OnceLock::new();

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn sdk() -> Result<&'static (Runtime, Client), Error> {
    if let Some(sdk) = SDK.get() {
        return Ok(sdk);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let config = runtime.block_on(aws_config::load_from_env());
    Ok(SDK.get_or_init(|| (runtime, Client::new(&config))))
}

#[derive(Deserialize)]
struct Key {
    id: String,
}

fn get(key: Key, _: &Context) -> Result<String, Error> {
    let (runtime, client) = sdk()?;
    let request = client.get_item().table_name("users").key("id", AttributeValue::S(key.id));
    let output = runtime.block_on(request.send())?;
    let name = output.item().and_then(|item| item.get("name")?.as_s().ok());
    name.cloned().ok_or_else(|| Error::new("NoSuchUser", "there is no such user"))
}
