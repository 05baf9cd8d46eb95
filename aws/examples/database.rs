//! Reads a secret once, before the first event, and keeps what is made from it.
//!
//! `SECRET` is the name of a secret of Secrets Manager, with `{"user","password"}`. The role needs
//! `secretsmanager:GetSecretValue`.

use minilambda::{Context, Error, Handler, Hooks, handler};
use minilambda_aws::parameters;
use miniserde::Deserialize;
use std::env;
use std::process::ExitCode;
use std::sync::OnceLock;

static HANDLERS: &[(&str, Handler)] = &[("database.user", handler!(user))];

static LOGIN: OnceLock<Login> = OnceLock::new();

#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
}

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &Hooks::new().init(connect))
}

/// An error here is reported before the first event, and Lambda starts the function again.
fn connect() -> Result<(), Error> {
    let name =
        env::var("SECRET").map_err(|error| Error::new("NoSecret", format!("SECRET: {error}")))?;
    let login: Login = parameters::secret_json(&name)?;
    if login.password.is_empty() {
        return Err(Error::new("NoPassword", "the secret has an empty password"));
    }
    LOGIN.get_or_init(|| login);
    Ok(())
}

fn user(_: (), _: &Context) -> Result<&'static str, Error> {
    let login = LOGIN.get().ok_or_else(|| Error::new("NotConnected", "connect was not called"))?;
    Ok(&login.user)
}
