//! The page on which somebody answers. Who has its address may: it has the id of the callback.

use minilambda_durable::callbacks;
use minilambda_http::{Api, Failure, Request, Response, get, post};

pub static API: Api = Api::new(&[get("/", page), post("/", answer)]);

/// Its form is sent to the address of the page. A program that only reads links answers nothing.
const PAGE: &str = "<!DOCTYPE html><title>An expense</title><form method=post>\
    <button name=answer value=yes>Pay it</button> <button name=answer value=no>Refuse it</button>";

fn page(_: &Request) -> Result<Response, Failure> {
    Ok(Response::html(200, PAGE))
}

fn answer(request: &Request) -> Result<Response, Failure> {
    let Some(id) = request.query::<String>("callback")? else {
        return Ok(Response::problem(400, "the address has no callback"));
    };
    let result = match request.form()?.get::<String>("answer")?.as_deref() {
        Some("yes") => callbacks::succeed(&id, &()),
        Some("no") => callbacks::fail(&id, "Refused", "somebody refused it"),
        _ => return Ok(Response::problem(400, "`answer` is yes or no")),
    };
    match result {
        Ok(()) => Ok(Response::text(200, "Thank you.")),
        Err(error) if error.status().is_some_and(|status| (400..500).contains(&status)) => {
            Ok(Response::problem(410, "this has an answer already, or its time is over"))
        }
        Err(error) => Err(error.into()),
    }
}
