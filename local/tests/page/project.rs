//! The project of the page's test. It is copied, broken and mended.

use minilambda::{Context, Error, Handler, handler};
use minilambda_http::{Api, Failure, Request, Response, delete, get, http, patch, post, put};
use miniserde::Deserialize;
use std::process::ExitCode;

static API: Api = Api::new(&[
    get("/", page),
    get("/me", me),
    get("/picture", picture),
    get("/back", back),
    post("/back", back),
    get("/broken", broken),
    get("/seen", seen),
    post("/seen", seen),
    put("/seen", seen),
    patch("/seen", seen),
    delete("/seen", seen),
]);

static HANDLERS: &[(&str, Handler)] = &[
    ("shop.order", handler!(order)),
    ("shop.echo", Handler::raw(echo)),
    ("shop.sleep", handler!(sleep)),
    ("shop.http", http!(API)),
    ("shop.table", handler!(table)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    count: u32,
}

fn order(order: Order, _: &Context) -> Result<String, Error> {
    for item in &order.items {
        log::info!(item = &*item.name, count = item.count; "{} of {}", item.count, item.name);
    }
    log::warn!("this is a warning");
    Ok(format!("the order {} is on its way", order.id))
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let text = String::from_utf8_lossy(&event);
    log::info!("{text}");
    if text.starts_with('{') {
        // As other loggers write.
        println!("{text}");
    }
    Ok(event)
}

fn sleep(ms: u64, _: &Context) -> Result<u64, Error> {
    std::thread::sleep(std::time::Duration::from_millis(ms));
    Ok(ms)
}

fn page(_: &Request) -> Result<Response, Failure> {
    let script = "<script>parent.document.title = 'stolen'; top.location = '/'</script>";
    Ok(Response::html(200, format!("<h1>Welcome to the shop</h1>{script}")).with_cookie("a=1"))
}

fn back(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, format!("back by {}", request.method())))
}

fn broken(_: &Request) -> Result<Response, Failure> {
    panic!("the shop is closed")
}

/// Returns what the client has sent.
fn seen(request: &Request) -> Result<Response, Failure> {
    let mut lines = vec![format!("{} {}", request.method(), request.path())];
    lines.extend(request.query_pairs().map(|(name, value)| format!("{name}={value}")));
    let mut headers: Vec<_> = request
        .headers()
        .iter()
        .filter(|(name, _)| *name != "host" && !name.as_str().starts_with("x-"))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.extend(request.header("x-own").map(|value| format!("x-own: {value}")));
    headers.sort();
    lines.extend(headers);
    lines.push(format!("{:?}", request.body()));
    Ok(Response::text(200, lines.join("\n")))
}

/// Fails without its variable.
fn table(_: (), _: &Context) -> Result<String, Error> {
    std::env::var("TABLE").map_err(|_| Error::new("NoTable", "TABLE is not set"))
}

fn me(request: &Request) -> Result<Response, Failure> {
    let Some(subject) = request.authorizer("sub") else {
        return Ok(Response::text(401, "who are you?"));
    };
    Ok(Response::text(200, format!("you are {subject}")))
}

fn picture(_: &Request) -> Result<Response, Failure> {
    // One blue pixel.
    const PNG: &[u8] = &[
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
        0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90,
        0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60,
        0x60, 0xf8, 0x0f, 0x00, 0x01, 0x03, 0x01, 0x00, 0x08, 0x89, 0xc2, 0xec, 0x00, 0x00, 0x00,
        0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    ];
    Ok(Response::bytes(200, "image/png", PNG))
}
