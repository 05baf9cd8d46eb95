//! A durable function whose types have serde's derives, and a function that it invokes.

use minilambda::{Context, Error, Handler, Serde, handler};
use minilambda_durable::{Check, Durable, Result, When, durable};
use serde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Duration;

#[allow(dead_code, reason = "a test uses the workflow alone")]
static HANDLERS: &[(&str, Handler)] = &[("order", durable!(order)), ("ship", handler!(ship))];

#[allow(dead_code, reason = "a test uses the workflow alone")]
fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    #[serde(default)]
    pub(crate) items: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum State {
    Packed { boxes: u64 },
    Approved { by: String },
    Shipped,
}

pub(crate) fn order(order: Serde<Order>, durable: &Durable) -> Result<Serde<Vec<State>>> {
    let Serde(order) = order;
    let Serde(packed) = durable.step("pack", |_| Ok(Serde(State::Packed { boxes: u64::MAX })))?;
    let Serde(approved): Serde<State> = durable.wait_for_callback("approval", |_, _| Ok(()))?;
    let Serde(polled) = durable.wait_until("poll", Serde(packed), |Serde(state), step| {
        let is_first = step.attempt == 1;
        let again = Check::Again(Serde(state.clone()), Duration::from_secs(1));
        Ok(if is_first { again } else { Check::Done(Serde(state)) })
    })?;
    let each = durable.map("each", &order.items, When::ALL_ARE_OVER, |branch, item| {
        branch.child("inner", |inner| {
            inner.step("one", |_| Ok(Serde(State::Approved { by: item.clone() })))
        })
    })?;
    let Serde(shipped): Serde<State> = durable.invoke("ship", &Serde(&order))?;
    let mut states = vec![polled, approved];
    states.extend(each.all()?.into_iter().map(|Serde(state)| state));
    states.push(shipped);
    Ok(Serde(states))
}

#[allow(dead_code, reason = "a test uses the workflow alone")]
fn ship(order: Serde<Order>, _: &Context) -> std::result::Result<Serde<State>, Error> {
    assert_eq!(order.0.order_id, "A-1");
    Ok(Serde(State::Shipped))
}
