//! A function whose items, inputs and outputs are types with serde's derives.

use minilambda::{Context, Error, Handler, Serde, handler};
use minilambda_aws::dynamodb::{Table, expression};
use minilambda_aws::eventbridge::{Bus, Event};
use minilambda_aws::idempotency::Once;
use minilambda_aws::lambda::Function;
use minilambda_aws::sns::{self, Topic};
use minilambda_aws::sqs::{Message, Queue};
use minilambda_aws::{SQS, Unsent, object, parameters};
use serde::{Deserialize, Serialize, Serializer, ser};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    ("table", handler!(table)),
    ("calls", handler!(calls)),
    ("failing", handler!(failing)),
    ("unwritable", handler!(unwritable)),
    ("messages", handler!(messages)),
    ("once", handler!(once)),
    ("items", handler!(items)),
];

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

/// It cannot be written, and says why with its value.
#[derive(Debug)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("s3cret"))
    }
}

/// Some that can be written are sent, and the others have an error each.
fn unwritable((): (), _: &Context) -> Result<Vec<String>, Error> {
    let entries = |result: Result<(), Unsent>| {
        let entries = result.as_ref().err().map(Unsent::entries).unwrap_or_default().iter();
        let told = entries.map(|entry| format!("{}: {}", entry.index, entry.error));
        told.collect::<Vec<_>>().join(", ")
    };
    let (state, never) = (Serde(State::New), Serde(Unwritable));
    let queue = Queue::new("https://a.example/q");
    let topic = Topic::new("arn:aws:sns:eu-central-1:123456789012:t");
    let event = |detail: &dyn minilambda::ToJson| Event::new("shop", "state", detail);
    let one =
        |error: Option<minilambda_aws::Error>| error.map_or_else(String::new, |it| it.to_string());
    Ok(vec![
        entries(queue.send_all([Message::json(&never), Message::json(&state)])),
        entries(topic.publish_all([sns::Message::json(&state), sns::Message::json(&never)])),
        entries(Bus::new("default").put_all([event(&never), event(&state), event(&never)])),
        one(queue.send(Message::json(&never)).err()),
        one(topic.publish(sns::Message::json(&never)).err()),
        one(Function::new("states").call::<_, ()>(&never).err()),
        one(Function::new("states").send(&never).err()),
        one(Table::new("orders").put(&never).err()),
        one(Once::new("done").run("key", &never, || Ok::<_, minilambda_aws::Error>(7)).err()),
    ])
}

#[derive(Deserialize)]
struct Places {
    queue: String,
    topic: String,
}

fn messages(Serde(places): Serde<Places>, _: &Context) -> Result<String, Error> {
    let parcels = || (1..=12).map(|parcel| Serde(State::Sent { parcel }));
    Queue::new(&places.queue).send_all(parcels().map(|it| Message::json(&it)))?;
    Topic::new(&places.topic).publish_all(parcels().map(|it| sns::Message::json(&it)))?;
    let events = parcels().map(|it| Event::new("shop", "parcel", &it));
    Bus::new("default").put_all(events)?;
    Topic::new(&places.topic).publish(sns::Message::json(&Serde(order()))).map_err(Error::from)
}

/// DynamoDB takes numbers of 38 digits.
fn items((): (), _: &Context) -> Result<String, Error> {
    let orders = Table::new("orders");
    let key = object! { "orderId": "A-1" };
    let order = Serde(Order { total: 10_u128.pow(37) + 1, ..order() });
    orders.put(&order)?;
    let found: Option<Serde<Order>> = orders.get(&key)?;
    let was_sent = expression("state = :old").value("old", Serde(State::Sent { parcel: 7 }));
    let update = orders.update(&key).set("state", Serde(State::New));
    update.append("notes", &[Serde("late")]).when(was_sent).send()?;
    let all: Vec<Serde<Order>> = orders.scan().all()?;
    Ok(format!("{} {all:?}", found == Some(order)))
}

/// The payload and the response are types of serde.
fn once(pieces: u8, _: &Context) -> Result<Serde<State>, Error> {
    let payload = Serde(State::Sent { parcel: pieces });
    Once::new("done").run("the key", &payload, || Ok(Serde(State::Sent { parcel: pieces + 1 })))
}
