//! The program as Lambda runs it, with moto in place of DynamoDB.

use minilambda_local::{Error, HttpClient, HttpRequest, Lambda, Moto};
use miniserde::{Deserialize, Serialize};
use std::time::Duration;

const TABLE: &str = r#"{"TableName":"notes","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"user","AttributeType":"S"},
        {"AttributeName":"id","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"user","KeyType":"HASH"},
        {"AttributeName":"id","KeyType":"RANGE"}]}"#;

#[derive(Serialize)]
struct Draft {
    id: String,
    title: &'static str,
}

#[derive(Serialize)]
struct Change {
    title: &'static str,
    version: u64,
}

#[derive(Deserialize)]
struct Note {
    id: String,
    version: u64,
}

#[derive(Deserialize)]
struct Notes {
    notes: Vec<Note>,
    next: Option<String>,
}

/// A client with a token of this user.
fn client<'a>(lambda: &'a Lambda, user: &str) -> HttpClient<'a> {
    let claims = format!(r#"{{"sub":"{user}","scope":"notes/read notes/write"}}"#);
    lambda.http("notes.http").claims(claims)
}

#[test]
fn notes_have_an_owner_pages_and_versions() -> Result<(), Error> {
    let Some(aws) = Moto::start()? else { return Ok(()) };
    let target = "X-Amz-Target: DynamoDB_20120810.CreateTable";
    aws.call("dynamodb", "POST /", &[target], TABLE)?;
    let lambda = Lambda::builder(env!("CARGO_BIN_EXE_notes"))
        .aws(&aws)
        .env("TABLE", "notes")
        .timeout(Duration::from_secs(60))
        .build();
    let (ada, bob) = (client(&lambda, "ada"), client(&lambda, "bob"));

    let create = |id: u32| ada.post("/notes", &Draft { id: format!("{id:02}"), title: "Cups" });
    for id in 1..=45 {
        assert_eq!(create(id)?.status, 201);
    }
    assert_eq!(create(45)?.status, 409);
    let (mut ids, mut pages, mut target) = (Vec::new(), 0, "/notes".to_owned());
    loop {
        let page: Notes = ada.get(&target)?.json()?;
        ids.extend(page.notes.into_iter().map(|note| note.id));
        pages += 1;
        let Some(next) = page.next else { break };
        target = format!("/notes?after={next}");
    }
    assert_eq!((pages, ids), (3, (1..=45).map(|id| format!("{id:02}")).collect()));
    assert_eq!(ada.get("/notes?after=x")?.status, 400);
    assert_eq!(bob.get("/notes")?.json::<Notes>()?.notes.len(), 0);

    let change = HttpRequest::new("PUT", "/notes/07").json(&Change { title: "Pots", version: 1 });
    assert_eq!(ada.send(change.clone())?.json::<Note>()?.version, 2);
    assert_eq!((ada.send(change.clone())?.status, bob.send(change)?.status), (409, 409));
    assert_eq!((bob.delete("/notes/07")?.status, ada.delete("/notes/07")?.status), (404, 200));

    // DynamoDB would refuse these keys.
    let long = "x".repeat(1025);
    for id in ["", &long] {
        let draft = Draft { id: id.to_owned(), title: "Cups" };
        assert_eq!(ada.post("/notes", &draft)?.status, 400);
    }
    Ok(())
}

#[test]
fn only_a_user_with_the_scope_is_admitted() -> Result<(), Error> {
    let lambda = Lambda::new(env!("CARGO_BIN_EXE_notes"));
    let api = lambda.http("notes.http");
    assert_eq!(api.get("/notes")?.status, 401);
    assert_eq!(api.clone().claims(r#"{"sub":"ada"}"#).get("/notes")?.status, 403);
    Ok(())
}
