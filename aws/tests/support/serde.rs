//! A function whose items, inputs and outputs are types with serde's derives.

use minilambda::{Context, Error, Handler, Serde, handler};
use minilambda_aws::dynamodb::{Table, expression};
use minilambda_aws::lambda::Function;
use minilambda_aws::sqs::Message;
use minilambda_aws::{SQS, object, parameters};
use serde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] =
    &[("table", handler!(table)), ("calls", handler!(calls)), ("failing", handler!(failing))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    state: State,
    total: u128,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type")]
enum State {
    New,
    Sent { parcel: u8 },
}

fn order() -> Order {
    let state = State::Sent { parcel: 7 };
    Order { order_id: "A-1".to_owned(), state, total: u128::MAX, notes: vec![] }
}

fn table((): (), _: &Context) -> Result<String, Error> {
    let orders = Table::new("orders");
    let key = object! { "orderId": "A-1" };
    orders.put(&Serde(order()))?;
    let found: Option<Serde<Order>> = orders.get(&key)?;
    let update = orders.update(&key).set("state", Serde(State::New));
    let update = update.append("history", &[Serde(State::New), Serde(State::Sent { parcel: 1 })]);
    update.when(expression("state = :old").value("old", Serde(State::New))).send()?;
    let all: Vec<Serde<Order>> = orders.scan().all()?;
    Ok(format!("{} {}", found == Some(Serde(order())), all == [Serde(order())]))
}

fn calls((): (), _: &Context) -> Result<String, Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Send {
        queue_url: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        delay_seconds: Option<u8>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Sent {
        message_id: String,
    }
    let input = Send { queue_url: "https://a.example/q".to_owned(), delay_seconds: None };
    let Serde(sent): Serde<Sent> = SQS.client().call("SendMessage", &Serde(input))?;
    let Serde(state): Serde<State> = Function::new("states").call(&Serde(order()))?;
    let Serde(setting): Serde<State> = parameters::get_json("/shop/state")?;
    let message = format!("{:?}", Message::json(&Serde(State::New))).contains("{}");
    Ok(format!("{} {state:?} {setting:?} {message}", sent.message_id))
}

/// What does not match: the errors have no value.
fn failing((): (), _: &Context) -> Result<Vec<String>, Error> {
    let key = object! { "orderId": "A-1" };
    let item = Table::new("orders").get::<Serde<Order>>(&key).map(drop);
    let called = Function::new("states").call::<_, Serde<State>>(&()).map(drop);
    let written = Table::new("orders").put(&Serde(7));
    Ok([item, called, written].map(|it| it.unwrap_err().to_string()).into())
}
