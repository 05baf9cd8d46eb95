//! The example of PostgreSQL, with Debian's server, over TLS.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/postgres.rs"]
mod postgres;

use minilambda_local::{Invocation, Lambda};
use postgres::{Relay, Server};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// The guide's crate has no client of PostgreSQL.
#[test]
fn the_guide_shows_the_example() {
    let guide = include_str!("../../docs/guide/postgres.md");
    let program = include_str!("../../examples/postgres/src/main.rs");
    let block = guide.split("```rust,ignore\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(block.len() > 500 && program.contains(block), "{block}");
}

fn take(lambda: &Lambda, pieces: u32) -> Invocation {
    lambda.invoke("stock.take", format!(r#"{{"item":"bolt","pieces":{pieces}}}"#)).unwrap()
}

#[test]
fn one_connection_serves_many_events_and_also_after_an_error() {
    let Some(server) = Server::start() else { return };
    let lambda = server.lambda().build();
    let mut made_again = 0;
    let mut take = |pieces| {
        let done = take(&lambda, pieces);
        made_again += usize::from(done.has_logged("a new one is made"));
        done
    };
    assert_eq!(take(1).text(), r#"{"left":999}"#);
    assert_eq!(take(2).text(), r#"{"left":997}"#);
    // The program is frozen after its response: the rollback must have been sent.
    assert_eq!(take(5000).error_type(), Some("OutOfStock"));
    server.wait_for("select count(*) = 0 from pg_stat_activity where state like '%transaction%'");
    // The other table refuses.
    let refused = take(500);
    assert_eq!(refused.error_type(), Some("Database.23514"), "{}", refused.text());
    assert!(refused.text().contains("taken_pieces_check"), "{}", refused.text());
    server.wait_for("select count(*) = 0 from pg_stat_activity where state like '%transaction%'");
    assert_eq!(take(1).text(), r#"{"left":996}"#);
    assert_eq!(server.sql("select sum(pieces), count(*) from taken"), "4|3");
    // On a busy machine one may not respond within its second.
    assert!(made_again <= 1, "{made_again} connections have not responded");
    assert_eq!(server.connections(), 1 + made_again);
}

#[test]
fn an_error_has_no_value() {
    let Some(server) = Server::start() else { return };
    let lambda = server.lambda().build();
    for (item, kind) in [("bolt", "Database.23514"), ("bolt\\u0000", "Database.22021")] {
        let event = format!(r#"{{"item":"{item}","pieces":537}}"#);
        let refused = lambda.invoke("stock.take", event).unwrap();
        assert_eq!(refused.error_type(), Some(kind), "{}", refused.text());
        for value in ["bolt", "537", "0x00"] {
            let is_logged = refused.log.iter().any(|line| line.contains(value));
            assert!(!refused.text().contains(value) && !is_logged, "{value}: {refused:?}");
        }
    }
}

#[test]
fn a_connection_that_is_lost_is_made_again() {
    let Some(server) = Server::start() else { return };
    let lambda = server.lambda().build();
    assert_eq!(take(&lambda, 1).text(), r#"{"left":999}"#);
    server.end_connections();
    let next = take(&lambda, 1);
    assert_eq!(next.text(), r#"{"left":998}"#);
    assert!(next.has_logged("a new one is made"), "{:?}", next.log);
    assert_eq!(server.connections(), 2);

    // After a failover the server of a connection can be a replica.
    server.sql("alter role app set default_transaction_read_only = on");
    server.end_connections();
    assert_eq!(take(&lambda, 1).error_type(), Some("Database.25006"));
    server.sql("alter role app set default_transaction_read_only = off");
    assert_eq!(take(&lambda, 1).text(), r#"{"left":997}"#);
    assert_eq!(server.connections(), 4);

    server.stop();
    let refused = take(&lambda, 1);
    assert_eq!(refused.error_type(), Some("Database.Connection"), "{}", refused.text());
    assert!(refused.text().contains("cannot connect to 127.0.0.1:"), "{}", refused.text());
}

/// As when a network has forgotten the connection of a program that was frozen.
#[test]
fn a_connection_that_is_silent_is_made_again() {
    let Some(server) = Server::start() else { return };
    let relay = Relay::start(server.port);
    let lambda = server.lambda().env("DATABASE_PORT", relay.port.to_string()).build();
    assert_eq!(take(&lambda, 1).text(), r#"{"left":999}"#);
    relay.forget_connections();
    let next = take(&lambda, 1);
    assert_eq!(next.text(), r#"{"left":998}"#);
    assert!(next.has_logged("a new one is made"), "{:?}", next.log);
    assert_eq!(server.connections(), 2);
}

#[test]
fn nothing_outlives_the_invocation() {
    let Some(server) = Server::start() else { return };
    let lambda = server.lambda().timeout(Duration::from_secs(4)).build();
    assert_eq!(take(&lambda, 1).text(), r#"{"left":999}"#);
    let lock = server.lock();
    let begin = Instant::now();
    let late = take(&lambda, 1);
    assert_eq!(late.error_type(), Some("Database.Timeout"), "{}", late.text());
    assert!(begin.elapsed() > Duration::from_secs(3), "{:?}", begin.elapsed());
    drop(lock);
    // What was late has not been done, and not with a connection that has a response to come.
    server.wait_for("select count(*) <= 1 from pg_stat_activity where usename = 'app'");
    assert_eq!(take(&lambda, 1).text(), r#"{"left":998}"#);
    assert_eq!(server.connections(), 2);

    // A server that accepts connections, and nothing else.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let lambda = server.lambda().timeout(Duration::from_secs(2)).env("DATABASE_PORT", port).build();
    let late = take(&lambda, 1);
    assert_eq!(late.error_type(), Some("Database.Timeout"), "{}", late.text());
}

#[test]
fn only_the_right_server_gets_the_password() {
    let Some(server) = Server::start() else { return };
    let fails = |variable: &str, value: &str| {
        let lambda = server.lambda().env(variable, value).build();
        let done = take(&lambda, 1);
        format!("{}: {}", done.error_type().unwrap_or_default(), done.text())
    };
    let other = fails("DATABASE_CA", &server.certificate_of_another());
    assert!(other.starts_with("Database.Connection") && other.contains("UnknownIssuer"), "{other}");
    let name = fails("DATABASE_HOST", "localhost");
    assert!(name.contains("certificate not valid for name"), "{name}");
    assert_eq!(server.connections(), 0);
    let wrong = fails("DATABASE_PASSWORD", "guessed");
    assert!(wrong.starts_with("Database.28P01") && wrong.contains(" as app: "), "{wrong}");
    assert!(!wrong.contains("guessed"), "{wrong}");
    let missing = fails("DATABASE_CA", "/nowhere.pem");
    assert!(missing.starts_with("Database.Settings") && missing.contains("/nowhere"), "{missing}");
    let port = fails("DATABASE_PORT", "many");
    assert!(port.starts_with("Database.Settings") && port.contains("DATABASE_PORT"), "{port}");
}

/// PostgreSQL asks LDAP whether the password is right, as RDS asks IAM: it arrives in clear.
#[test]
fn the_token_of_iam_is_that_of_botocore() {
    let Some(server) = Server::start() else { return };
    let Some(python) = local_support::tool("boto3") else { return };
    let lambda = server.lambda_with_token().build();
    assert_eq!(take(&lambda, 1).text(), r#"{"left":999}"#);
    let token = server.password();
    let expected = server.token_of_botocore(&python, &token);
    let parts = |token: &str| {
        let (begin, query) = token.split_once('?').unwrap();
        let mut parts: Vec<_> = query.split('&').map(str::to_owned).collect();
        parts.sort();
        (begin.to_owned(), parts)
    };
    assert!(token.contains("X-Amz-Expires=900"), "{token}");
    assert_eq!(parts(&token), parts(&expected));
}
