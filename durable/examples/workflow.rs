//! An order: charged, approved by a person if it is large, packed in parallel, and shipped by
//! another function of the same program.
//!
//! ```console
//! $ minilambda-local --package minilambda-durable --example workflow
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_durable::{Caught, Durable, Retry, Step, When, durable};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] =
    &[("shop.order", durable!(order)), ("shop.ship", handler!(ship))];

static CARDS: Retry = Retry {
    attempts: 3,
    first_delay: Duration::from_secs(1),
    unless: &["CardRefused"],
    ..Retry::DEFAULT
};

/// Orders above this need an approval.
const APPROVED_CENTS: u64 = 10_000;

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: String,
    items: Vec<String>,
    cents: u64,
}

#[derive(Deserialize, Serialize)]
struct Approval {
    by: String,
}

#[derive(Deserialize, Serialize)]
struct Receipt {
    order: String,
    charge: String,
    approved_by: Option<String>,
    parcels: Vec<String>,
    tracking: String,
}

fn order(order: Order, durable: &Durable) -> minilambda_durable::Result<Receipt> {
    let charge = durable.retry(&CARDS).at_most_once().step("charge", |step| charge(&order, step));
    let charge = match charge.caught()? {
        Ok(charge) => charge,
        Err(refused) => {
            durable.step("cancel", |_| cancel(&order))?;
            return Err(refused.into());
        }
    };
    durable.wait("cool-down", Duration::from_secs(2))?;
    let mut approved_by = None;
    if order.cents > APPROVED_CENTS {
        let approval: Approval = durable
            .timeout(Duration::from_secs(86_400))
            .wait_for_callback("approval", |id, _| ask(&order, id))?;
        approved_by = Some(approval.by);
    }
    let parcels = durable.map("pack", &order.items, When::ALL_ARE_OVER, |branch, item| {
        let shelf: String = branch.step("find", |_| Ok(format!("shelf of {item}")))?;
        branch.wait("fetch", Duration::from_secs(1))?;
        branch.step("box", |_| Ok(format!("{item} from {shelf}")))
    })?;
    let parcels = parcels.all()?;
    let tracking = durable.child("shipping", |shipping| {
        let label: String = shipping.step("label", |_| Ok(format!("label of {}", order.id)))?;
        shipping.invoke("shop.ship", &label)
    })?;
    Ok(Receipt { order: order.id, charge, approved_by, parcels, tracking })
}

fn charge(order: &Order, step: &Step) -> Result<String, Error> {
    if step.attempt == 1 {
        return Err(Error::new("CardTimeout", "the bank does not respond"));
    }
    if order.cents == 666 {
        return Err(Error::new("CardRefused", "no credit"));
    }
    log::info!("charging {} with the key {}", order.id, step.key);
    Ok(format!("charge of {}", order.id))
}

fn cancel(order: &Order) -> Result<(), Error> {
    log::info!("order {} is cancelled", order.id);
    Ok(())
}

/// The answer comes from elsewhere: see `minilambda_durable::callbacks`.
fn ask(order: &Order, callback: &str) -> Result<(), Error> {
    log::info!("who approves order {}? the answer goes to {callback}", order.id);
    Ok(())
}

fn ship(label: String, _: &Context) -> Result<String, Error> {
    Ok(format!("tracking of {label}"))
}
