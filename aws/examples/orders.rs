//! An HTTP API over a table of DynamoDB.
//!
//! `TABLE` is the table's name; its key is `id`. The role needs `dynamodb:PutItem`, `GetItem`,
//! `UpdateItem` and `DeleteItem`.
//!
//! Try it: `minilambda-local --example orders --env-file .env`, then
//! `curl http://orders.http.localhost:9000/orders/A-1`.

use minilambda::{Error, Handler};
use minilambda_aws::dynamodb::Table;
use minilambda_aws::object;
use minilambda_http::{Api, Failure, Request, Response, delete, get, http, post, put};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;

static API: Api = Api::new(&[
    post("/orders", create),
    get("/orders/{id}", read),
    put("/orders/{id}/shipped", ship),
    delete("/orders/{id}", remove),
]);

static HANDLERS: &[(&str, Handler)] = &[("orders.http", http!(API))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: String,
    pieces: u32,
    shipped: Option<bool>,
}

fn table_name() -> Result<String, Error> {
    env::var("TABLE").map_err(|error| Error::new("NoTable", format!("TABLE: {error}")))
}

fn create(request: &Request) -> Result<Response, Failure> {
    let order: Order = request.json()?;
    let name = table_name()?;
    match Table::new(&name).put_if("attribute_not_exists(id)", &order) {
        Ok(()) => Ok(Response::json(201, &order)),
        Err(error) if error.is_condition_failed() => {
            Ok(Response::problem(409, "there is an order with this id"))
        }
        Err(error) => Err(error.into()),
    }
}

fn read(request: &Request) -> Result<Response, Failure> {
    let name = table_name()?;
    let id: String = request.param("id")?;
    match Table::new(&name).get::<Order>(&object! { "id": id })? {
        Some(order) => Ok(Response::json(200, &order)),
        None => Ok(Response::problem(404, "there is no such order")),
    }
}

fn ship(request: &Request) -> Result<Response, Failure> {
    let name = table_name()?;
    let id: String = request.param("id")?;
    let update = Table::new(&name).update(&object! { "id": id }).set("shipped", true);
    match update.when("attribute_exists(id)").send() {
        Ok(()) => Ok(Response::empty(204)),
        Err(error) if error.is_condition_failed() => {
            Ok(Response::problem(404, "there is no such order"))
        }
        Err(error) => Err(error.into()),
    }
}

fn remove(request: &Request) -> Result<Response, Failure> {
    let name = table_name()?;
    let id: String = request.param("id")?;
    Table::new(&name).delete(&object! { "id": id })?;
    Ok(Response::empty(204))
}
