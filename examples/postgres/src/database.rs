//! A connection to PostgreSQL that is kept between events, one for each thread that serves them.
//! A file to copy: nothing in it knows this function.
//!
//! `DATABASE_HOST`, `DATABASE_USER` and `DATABASE_NAME` say where it is, `DATABASE_PORT` if it is
//! not 5432, and `DATABASE_CA` names the file with the certificates that sign the server's.
//! Without `DATABASE_PASSWORD` a token of IAM is the password.

use minilambda::{Context, Error};
use minilambda_aws::signer::{self, ToSign};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::cell::Cell;
use std::env;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, Config, Error as Failure};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a call of [`run`] may take, if the invocation has so much time.
const LIMIT: Duration = Duration::from_secs(10);
/// What is left of the invocation to respond that the database did not.
const RESERVE: Duration = Duration::from_millis(500);
/// How soon a kept connection has to respond before it is used again.
const CHECK: Duration = Duration::from_secs(1);

thread_local! {
    static WORKER: Cell<Option<Worker>> = const { Cell::new(None) };
}

struct Worker {
    /// Runs in this thread, and only during [`run`].
    runtime: Runtime,
    kept: Option<Connection>,
}

struct Connection {
    client: Client,
    /// Writes the requests of `client` and reads the responses. The socket is closed with it.
    transfer: Pin<Box<dyn Future<Output = Result<(), Failure>>>>,
}

/// Calls `work` with a connection: the one that is kept if it still responds, or else a new one.
/// `work` is never called twice. A transaction that it does not commit is rolled back.
///
/// # Errors
/// `Database.` and PostgreSQL's code, such as `Database.23505`, if it refuses a statement;
/// `Database.Timeout` if all of it takes too long, and `Database.Connection` for other failures.
pub fn run<T>(
    context: &Context,
    work: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
) -> Result<T, Error> {
    let mut worker = match WORKER.take() {
        Some(worker) => worker,
        None => Worker {
            runtime: Builder::new_current_thread().enable_io().enable_time().build()?,
            kept: None,
        },
    };
    let left = context.time_left().map_or(LIMIT, |left| left.saturating_sub(RESERVE));
    let limit = left.min(LIMIT);
    let kept = &mut worker.kept;
    let result = worker.runtime.block_on(async { timeout(limit, serve(kept, work)).await });
    WORKER.set(Some(worker));
    result.unwrap_or_else(|_| {
        let message = format!(
            "the database did not respond within {:.1} s, and the connection is closed: look for \
             locks, and for a security group that lets nothing through",
            limit.as_secs_f32()
        );
        Err(Error::new("Database.Timeout", message))
    })
}

/// If this is dropped, so is the connection: what it has not read yet is of no use to others.
async fn serve<T>(
    kept: &mut Option<Connection>,
    work: impl AsyncFnOnce(&mut Client) -> Result<T, Failure>,
) -> Result<T, Error> {
    let mut responding = None;
    if let Some(mut connection) = kept.take() {
        if connection.responds().await {
            responding = Some(connection);
        } else {
            log::info!("the database closed the connection, or it is lost: a new one is made");
        }
    }
    let mut connection = match responding {
        Some(connection) => connection,
        None => connect().await?,
    };
    let result = connection.call(work).await;
    if result.as_ref().err().is_none_or(leaves_connection_usable) {
        *kept = Some(connection);
    }
    result.map_err(|failure| explain(&failure))
}

impl Connection {
    async fn call<T>(&mut self, work: impl AsyncFnOnce(&mut Client) -> T) -> T {
        let mut work = pin!(work(&mut self.client));
        let transfer = &mut self.transfer;
        let mut is_open = true;
        poll_fn(|waker| {
            is_open = is_open && transfer.as_mut().poll(waker).is_pending();
            let result = work.as_mut().poll(waker);
            // A rollback is sent now, and not with the next event.
            if result.is_ready() && is_open {
                let _ = transfer.as_mut().poll(waker);
            }
            result
        })
        .await
    }

    async fn responds(&mut self) -> bool {
        let check = self.call(async |client: &mut Client| client.check_connection().await);
        matches!(timeout(CHECK, check).await, Ok(Ok(())))
    }
}

/// Whether only the statement failed. After a failover a connection can lead to a server that is a
/// replica now.
fn leaves_connection_usable(failure: &Failure) -> bool {
    failure.as_db_error().is_some_and(|error| {
        error.parsed_severity() == Some(Severity::Error)
            && *error.code() != SqlState::READ_ONLY_SQL_TRANSACTION
    })
}

async fn connect() -> Result<Connection, Error> {
    let (host, user) = (variable("DATABASE_HOST")?, variable("DATABASE_USER")?);
    let port = env::var("DATABASE_PORT").unwrap_or_else(|_| "5432".to_owned());
    let number = port.parse().map_err(|error| {
        Error::new("Database.Settings", format!("DATABASE_PORT is no port: {error}"))
    })?;
    let password = match env::var("DATABASE_PASSWORD") {
        Ok(password) => password,
        Err(_) => token(&host, number, &user)?,
    };
    let mut config = Config::new();
    config.host(&host).port(number).user(&user).password(password);
    config.dbname(variable("DATABASE_NAME")?).ssl_mode(SslMode::Require);
    let tls = MakeRustlsConnect::new(tls(&variable("DATABASE_CA")?)?);
    let (client, transfer) = config.connect(tls).await.map_err(|failure| {
        let error = explain(&failure);
        let message = format!("cannot connect to {host}:{port} as {user}: {}", error.message());
        Error::new(error.kind().to_owned(), message)
    })?;
    Ok(Connection { client, transfer: Box::pin(transfer) })
}

fn variable(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|error| Error::new("Database.Settings", format!("{name}: {error}")))
}

/// Returns a password that is valid for a new connection for 15 minutes. The connection may live
/// longer. The name of the user goes into a URL: letters, digits and `_`.
fn token(host: &str, port: u16, user: &str) -> Result<String, Error> {
    let url = format!("https://{host}:{port}/?Action=connect&DBUser={user}");
    let region = variable("AWS_REGION")?;
    let valid = Duration::from_secs(900);
    let signed = signer::presign(&ToSign::get(&url), "rds-db", &region, valid)?;
    Ok(signed.trim_start_matches("https://").to_owned())
}

/// The server has to prove its name with a certificate that one of the file's has signed.
fn tls(path: &str) -> Result<ClientConfig, Error> {
    let invalid = |error: &dyn std::error::Error| {
        Error::new("Database.Settings", format!("cannot read the certificates of {path}: {error}"))
    };
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| invalid(&error))?.collect();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.map_err(|error| invalid(&error))?);
    if roots.is_empty() {
        return Err(Error::new("Database.Settings", format!("{path} has no valid certificate")));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&error))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Without values: they are in PostgreSQL's details, and in the messages of class 22.
fn explain(failure: &Failure) -> Error {
    let Some(error) = failure.as_db_error() else {
        return Error::wrap("Database.Connection", failure);
    };
    let code = error.code().code();
    let message = if code.starts_with("22") { "a value is invalid" } else { error.message() };
    Error::new(format!("Database.{code}"), format!("PostgreSQL refused: {message}"))
}
