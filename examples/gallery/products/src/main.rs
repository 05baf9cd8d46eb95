//! Products: an HTTP API over a table, and each change of the table as an event on a bus.
//!
//! `TABLE` is the table's name, `BUS` that of the event bus.

mod changes;

use minilambda::{Error, Handler, handler};
use minilambda_aws::dynamodb::Table;
use minilambda_aws::object;
use minilambda_http::{Api, Failure, Request, Response, delete, get, http, put};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;

static API: Api =
    Api::new(&[get("/", list), get("/{id}", read), put("/{id}", store), delete("/{id}", remove)]);

static HANDLERS: &[(&str, Handler)] =
    &[("products.http", http!(API)), ("products.changes", handler!(changes::send))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Product {
    id: String,
    name: String,
    price: f64,
}

#[derive(Serialize)]
struct Products {
    products: Vec<Product>,
    next: Option<String>,
}

fn setting(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|error| Error::new("NoSetting", format!("{name}: {error}")))
}

fn message(status: u16, message: &str) -> Response {
    Response::json(status, &object! { "message": message })
}

fn list(_: &Request) -> Result<Response, Failure> {
    let page = Table::new(&setting("TABLE")?).scan().limit(20).page()?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Response::json(200, &Products { products: page.items, next }))
}

fn read(request: &Request) -> Result<Response, Failure> {
    let key = object! { "id": request.param::<String>("id")? };
    match Table::new(&setting("TABLE")?).get::<Product>(&key)? {
        Some(product) => Ok(Response::json(200, &product)),
        None => Ok(message(404, "Product not found")),
    }
}

fn store(request: &Request) -> Result<Response, Failure> {
    if request.body().is_empty() {
        return Ok(message(400, "Missing product in request body"));
    }
    let invalid = |_| message(400, "Failed to parse product from request body");
    let mut product: Product = request.json().map_err(invalid)?;
    if product.id != request.param::<String>("id")? {
        return Ok(message(400, "Product ID in path does not match product ID in body"));
    }
    product.price = (product.price * 100.0).round() / 100.0;
    Table::new(&setting("TABLE")?).put(&product)?;
    Ok(message(201, "Product created"))
}

fn remove(request: &Request) -> Result<Response, Failure> {
    let key = object! { "id": request.param::<String>("id")? };
    Table::new(&setting("TABLE")?).delete(&key)?;
    Ok(message(200, "Product deleted"))
}

#[cfg(test)]
mod tests {
    use super::API;
    use minilambda_http::Request;

    #[test]
    fn each_wrong_product_has_its_message() {
        for (body, expected) in [
            ("", "Missing product in request body"),
            ("\"a product\"", "Failed to parse product from request body"),
            (
                r#"{"id":"2","name":"cup","price":1.5}"#,
                "Product ID in path does not match product ID in body",
            ),
        ] {
            let response = API.call(Request::put("/1").body("application/json", body));
            assert_eq!(response.status(), 400);
            assert!(String::from_utf8_lossy(response.body()).contains(expected), "{response:?}");
        }
    }
}
