//! Orders, and the table they are in.

use minilambda::Error;
use minilambda_aws::dynamodb::Table;
use minilambda_aws::object;
use minilambda_http::{Failure, Request, Response};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::sync::OnceLock;

static TABLE: OnceLock<String> = OnceLock::new();

/// Called once, before the first event. An error is reported as one of the start.
pub fn init() -> Result<(), Error> {
    let name =
        env::var("TABLE").map_err(|error| Error::new("NoTable", format!("TABLE: {error}")))?;
    TABLE.get_or_init(|| name);
    Ok(())
}

/// The table. Its requests end before the invocation does.
fn table() -> Result<Table<'static>, Error> {
    let name = TABLE.get().ok_or("init was not called")?;
    Ok(Table::new(name))
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: String,
    pieces: u32,
}

pub fn create(request: &Request) -> Result<Response, Failure> {
    let order: Order = request.json()?;
    if order.pieces == 0 {
        return Ok(Response::problem(422, "an order needs pieces"));
    }
    match table()?.put_if("attribute_not_exists(id)", &order) {
        Ok(()) => Ok(Response::json(201, &order)),
        Err(error) if error.is_condition_failed() => {
            Ok(Response::problem(409, "there is an order with this id"))
        }
        Err(error) => Err(error.into()),
    }
}

pub fn read(request: &Request) -> Result<Response, Failure> {
    let id: String = request.param("id")?;
    match table()?.get::<Order>(&object! { "id": id })? {
        Some(order) => Ok(Response::json(200, &order)),
        None => Ok(Response::problem(404, "there is no such order")),
    }
}
