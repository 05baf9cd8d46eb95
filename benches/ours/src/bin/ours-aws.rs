//! A function that reads an item of DynamoDB, and a durable function of ten steps and a wait.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::DYNAMODB;
use minilambda_aws::dynamodb::Table;
use minilambda_durable::{Durable, durable};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] = &[
    ("get", handler!(get)),
    ("get-connected", handler!(get).init(connect)),
    ("steps", durable!(steps)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
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

fn connect() -> Result<(), Error> {
    Ok(DYNAMODB.client().connect()?)
}

fn get(key: Key, _: &Context) -> Result<User, Error> {
    let user: Option<User> = Table::new("users").get(&key)?;
    user.ok_or_else(|| Error::new("NoSuchUser", "there is no such user"))
}

#[derive(Deserialize)]
struct Order {
    id: String,
}

fn steps(order: Order, durable: &Durable) -> minilambda_durable::Result<Vec<String>> {
    let mut done = Vec::new();
    for number in 0..10 {
        let name = format!("step-{number}");
        done.push(durable.step(&name, |_| Ok(format!("{number} of {}", order.id)))?);
    }
    durable.wait("pause", Duration::from_secs(60))?;
    Ok(done)
}
