//! An order as a workflow, and the function that approves large ones.

use minilambda::{Context, Error, Handler, handler};
use minilambda_durable::{Caught, Durable, Retry, Step, When, callbacks, durable};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] = &[
    ("shop.order", durable!(order)),
    ("shop.approve", handler!(approve)),
];

static CARDS: Retry = Retry {
    attempts: 3,
    unless: &["CardRefused"],
    ..Retry::DEFAULT
};

/// Orders from here on need an approval, within three days.
const LARGE_CENTS: u32 = 50_000;
const APPROVED_WITHIN: Duration = Duration::from_secs(3 * 86_400);

/// A customer may cancel until this has passed.
const COOL_DOWN: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: String,
    card: String,
    items: Vec<String>,
    cents: u32,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Receipt {
    charge: String,
    approved_by: Option<String>,
    parcels: Vec<String>,
}

/// Runs from its beginning in each invocation: what was recorded is not done again. What differs
/// from call to call, such as the time or a request, belongs in a step.
fn order(order: Order, durable: &Durable) -> minilambda_durable::Result<Receipt> {
    let charge = durable
        .retry(&CARDS)
        .step("charge", |step| charge(&order, step))?;
    let mut approved_by = None;
    if order.cents >= LARGE_CENTS {
        let approval = durable
            .timeout(APPROVED_WITHIN)
            .wait_for_callback("approval", |callback, _| ask(&order, callback));
        match approval.caught()? {
            Ok(by) => approved_by = Some(by),
            Err(refused) => {
                durable.step("refund", |_| refund(&charge))?;
                return Err(refused.into());
            }
        }
    }
    durable.wait("cool-down", COOL_DOWN)?;
    let parcels = durable.map("pack", &order.items, When::ALL_ARE_OVER, |branch, item| {
        branch.step("box", |_| pack(item))
    })?;
    Ok(Receipt {
        charge,
        approved_by,
        parcels: parcels.all()?,
    })
}

/// In place of a bank: give it `step.key`, which is the same in each attempt.
fn charge(order: &Order, step: &Step) -> Result<String, Error> {
    match (&*order.card, step.attempt) {
        ("test-busy", 1) => Err(Error::new("BankBusy", "the bank does not respond")),
        ("test-refused", _) => Err(Error::new("CardRefused", "the card is refused")),
        _ => Ok(format!("charge of {}", order.id)),
    }
}

/// In place of a message to whoever approves.
fn ask(order: &Order, callback: &str) -> Result<(), Error> {
    log::info!("who approves {}? the answer goes to {callback}", order.id);
    Ok(())
}

fn refund(charge: &str) -> Result<(), Error> {
    log::info!("{charge} is refunded");
    Ok(())
}

fn pack(item: &str) -> Result<String, Error> {
    Ok(format!("{item} in a box"))
}

#[derive(Deserialize)]
struct Approval {
    callback: String,
    /// Absent if the order is not approved.
    by: Option<String>,
}

fn approve(approval: Approval, _: &Context) -> Result<(), Error> {
    match approval.by {
        Some(by) => callbacks::succeed(&approval.callback, &by)?,
        None => callbacks::fail(&approval.callback, "Rejected", "the order is not approved")?,
    }
    Ok(())
}

/// The workflow with the service in memory; `tests/lambda.rs` runs the program.
#[cfg(test)]
mod tests {
    use super::*;
    use minilambda_durable::testing::{Execution, Fault, Status};

    fn execution(card: &str, cents: u32) -> Execution {
        let order = Order {
            id: "A-1".to_owned(),
            card: card.to_owned(),
            items: vec!["desk".to_owned(), "lamp".to_owned()],
            cents,
        };
        Execution::new(super::order, &order)
    }

    #[test]
    fn a_small_order_is_packed_after_an_hour() {
        let mut execution = execution("4242", 900);
        assert_eq!(execution.run(), Status::Waiting);
        assert_eq!(execution.advance(COOL_DOWN), Status::Succeeded);
        let receipt = execution.result::<Receipt>().unwrap().unwrap();
        assert_eq!(receipt.parcels, ["desk in a box", "lamp in a box"]);
        assert_eq!(receipt.approved_by, None);
    }

    #[test]
    fn a_bank_that_is_busy_is_asked_again() {
        let mut execution = execution("test-busy", 900);
        // The process dies before the second checkpoint is recorded.
        execution.faults(&[None, Some(Fault::NotRecorded)]);
        assert_eq!(execution.skip(), Status::Succeeded);
        let history = execution.history().into_iter();
        let charges: Vec<_> = history.filter(|event| event.name == "charge").collect();
        let kinds: Vec<_> = charges.iter().map(|event| &*event.kind).collect();
        assert_eq!(
            kinds,
            ["StepStarted", "StepFailed", "StepStarted", "StepSucceeded"]
        );
    }

    #[test]
    fn a_card_that_is_refused_is_charged_once() {
        let mut execution = execution("test-refused", 900);
        assert_eq!(execution.run(), Status::Failed);
        let failure = execution.result::<Receipt>().unwrap().unwrap_err();
        assert_eq!(failure.kind, "CardRefused");
        assert_eq!(execution.invocations(), 1);
    }

    #[test]
    fn an_order_that_nobody_approves_is_refunded() {
        let mut execution = execution("4242", LARGE_CENTS);
        execution.run();
        assert_eq!(execution.callbacks().len(), 1);
        assert_eq!(execution.advance(APPROVED_WITHIN), Status::Failed);
        let failure = execution.result::<Receipt>().unwrap().unwrap_err();
        assert_eq!(failure.kind, "Callback.Timeout");
        assert!(
            execution
                .history()
                .iter()
                .any(|event| event.name == "refund")
        );
    }
}
