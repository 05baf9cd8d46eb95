//! serde's types as events and responses, by `Serde<T>`: what they accept is what `serde_json`
//! accepts, and an error has the place and what was expected, never a value.

mod crates;
mod limits;
mod own_types;
mod places;
mod readings;
mod secrets;
mod types;
mod writing;

use minilambda::{Context, Error, Handler, Serde, decode, handler};
use serde::de::DeserializeOwned;
use types::{ORDER, Order, State};

/// The message of a text that does not match its type.
fn refused<T: DeserializeOwned>(text: &str) -> String {
    let error = decode::<Serde<T>>(text.as_bytes()).err();
    let error = error.unwrap_or_else(|| panic!("it is accepted: {text:.100}"));
    assert_eq!(error.kind(), "Function.InvalidEvent");
    error.message().replacen("the JSON does not match its type", "", 1)
}

#[test]
fn a_handler_takes_and_returns_types_of_serde() {
    fn order(Serde(order): Serde<Order>, _: &Context) -> Result<Serde<Order>, Error> {
        Ok(Serde(order))
    }
    fn state(Serde(order): Serde<Order>, _: &Context) -> Result<Serde<State>, Error> {
        Ok(Serde(order.state))
    }
    static HANDLERS: &[(&str, Handler)] = &[("order", handler!(order)), ("state", handler!(state))];
    let [order, state] = [0, 1].map(|at| HANDLERS[at].1.call(ORDER, &Context::default()).unwrap());
    assert_eq!(state, br#"{"on-hold":{"since":7}}"#);
    let direct = serde_json::from_str::<Order>(ORDER).unwrap();
    assert_eq!(order, serde_json::to_vec(&direct).unwrap());
    let Serde(with_mark) = decode(format!("\u{feff}{ORDER}").as_bytes()).unwrap();
    assert_eq!(direct, with_mark);
}
