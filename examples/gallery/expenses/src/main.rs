//! Pays expenses. Somebody approves a large one first, on a page whose address comes by mail.
//!
//! `TABLE` is a table with the key `id`, `TOPIC` the ARN of a topic that sends mails, `PAYMENTS`
//! the URL of the bank's queue, and `PAGE` the URL of the function `expenses.answer`.

mod answer;

use minilambda::{Error, Handler};
use minilambda_aws::dynamodb::{Table, expression};
use minilambda_aws::object;
use minilambda_aws::sns::{self, Topic};
use minilambda_aws::sqs::{self, Queue};
use minilambda_durable::{Caught, Durable, durable};
use minilambda_events::eventbridge;
use minilambda_http::http;
use miniserde::Deserialize;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] =
    &[("expenses.pay", durable!(pay)), ("expenses.answer", http!(answer::API))];

/// More than this has to be approved, within the time.
const SMALL_CENTS: u64 = 10_000;
const TIME_TO_ANSWER: Duration = Duration::from_secs(3 * 24 * 3600);

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Expense {
    id: String,
    employee: String,
    cents: u64,
}

fn setting(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|error| Error::new("NoSetting", format!("{name}: {error}")))
}

/// Returns what became of the expense.
fn pay(
    event: eventbridge::Event<Expense>,
    durable: &Durable,
) -> minilambda_durable::Result<String> {
    let expense = event.detail;
    if !durable.step("claim", |step| claim(&expense, &step.key))? {
        return Ok("Duplicate".to_owned());
    }
    if expense.cents > SMALL_CENTS {
        let approval = durable
            .timeout(TIME_TO_ANSWER)
            .wait_for_callback::<(), _>("approval", |id, _| ask(&expense, id));
        if let Err(refusal) = approval.caught()? {
            return durable.step("record", |_| record(&expense, &refusal.kind));
        }
    }
    durable.step("pay", |step| order_payment(&expense, &step.key))?;
    durable.step("record", |_| record(&expense, "Paid"))
}

/// Returns whether this execution is the first one of the expense: an event may be delivered twice.
/// The step may be carried out twice, too, and then it finds its own key.
fn claim(expense: &Expense, key: &str) -> Result<bool, Error> {
    let item = object! { "id": &expense.id, "outcome": "Begun", "begun": key };
    let is_own = expression("attribute_not_exists(id) OR begun = :key").value(":key", key);
    match Table::new(&setting("TABLE")?).put_if(is_own, &item) {
        Ok(()) => Ok(true),
        Err(error) if error.is_condition_failed() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn ask(expense: &Expense, callback: &str) -> Result<(), Error> {
    let Expense { id, employee, cents } = expense;
    // Of the signs of Base64 only this one means something else in a query.
    let page = format!("{}?callback={}", setting("PAGE")?, callback.replace('+', "%2B"));
    let mail = format!("{employee} asks for {cents} cents ({id}). Your answer: {page}");
    Topic::new(&setting("TOPIC")?).publish(sns::Message::new(mail).subject("An expense"))?;
    Ok(())
}

/// If the step is carried out twice, the queue drops the second message, by the step's key.
fn order_payment(expense: &Expense, key: &str) -> Result<(), Error> {
    let payment = object! { "to": &expense.employee, "cents": expense.cents };
    let message = sqs::Message::json(&payment).group(&expense.employee).deduplication_id(key);
    Queue::new(&setting("PAYMENTS")?).send(message)?;
    Ok(())
}

fn record(expense: &Expense, outcome: &str) -> Result<String, Error> {
    let item = object! { "id": &expense.id, "outcome": outcome };
    Table::new(&setting("TABLE")?).put(&item)?;
    Ok(outcome.to_owned())
}
