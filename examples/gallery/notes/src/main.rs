//! Notes of users: an HTTP API whose gateway checks tokens, over a table of DynamoDB.
//!
//! `TABLE` is the table's name; its key is `user` and `id`.

mod notes;

use minilambda::Handler;
use minilambda_http::{Api, Cors, Request, Response, delete, get, http, post, put};
use miniserde::Deserialize;
use std::process::ExitCode;

static API: Api = Api::new(&[
    get("/notes", notes::list),
    post("/notes", notes::create),
    put("/notes/{id}", notes::change),
    delete("/notes/{id}", notes::remove),
])
.cors(&CORS)
.before(&[admit]);

static CORS: Cors =
    Cors::new(&["https://notes.example.com"]).headers(&["Authorization", "Content-Type"]);

static HANDLERS: &[(&str, Handler)] = &[("notes.http", http!(API))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// The claims of the token that the JWT authorizer of the API has checked.
#[derive(Deserialize)]
struct User {
    sub: String,
    scope: Option<String>,
}

fn admit(request: &Request) -> Option<Response> {
    let Ok(user) = request.authorizer_fields().decode::<User>() else {
        return Some(Response::problem(401, "the request has no token"));
    };
    let needed = if request.method() == "GET" { "notes/read" } else { "notes/write" };
    let mut scopes = user.scope.as_deref().unwrap_or_default().split(' ');
    if !scopes.any(|scope| scope == needed) {
        return Some(Response::problem(403, format!("the token lacks the scope {needed}")));
    }
    request.set(user);
    None
}

#[cfg(test)]
mod tests {
    use super::API;
    use minilambda_http::Request;

    #[test]
    fn a_token_and_its_scope_are_needed() {
        let by =
            |scope| Request::post("/notes").authorizer("sub", "ada").authorizer("scope", scope);
        assert_eq!(API.call(Request::get("/notes")).status(), 401);
        assert_eq!(API.call(by("notes/read")).status(), 403);
        assert_eq!(API.call(by("notes/read notes/write")).status(), 415);
    }
}
