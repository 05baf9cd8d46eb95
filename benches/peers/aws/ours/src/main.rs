//! A function that reads an item with minilambda-aws.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::dynamodb::Table;
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("get", handler!(get))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Key {
    id: String,
}

#[derive(Deserialize)]
struct User {
    name: String,
}

fn get(key: Key, _: &Context) -> Result<String, Error> {
    let user: Option<User> = Table::new("users").get(&key)?;
    user.map(|user| user.name).ok_or_else(|| Error::new("NoSuchUser", "there is no such user"))
}
