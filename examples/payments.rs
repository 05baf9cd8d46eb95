//! serde's types as an event and a response: an enum with data, a field that is left out, and a
//! type of another crate. It needs the feature `serde` of minilambda.
//!
//! ```text
//! echo '{"type":"card","lastDigits":"4711"}' | \
//!     cargo run --features serde --example payments -- shop.pay -
//! ```

use chrono::{Days, NaiveDate};
use minilambda::{Context, Error, Handler, Serde, handler};
use serde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("shop.pay", handler!(pay))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Payment {
    Card { last_digits: String },
    Invoice { ordered: NaiveDate, days: u64 },
}

#[derive(Serialize)]
struct Receipt {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<NaiveDate>,
}

fn pay(Serde(payment): Serde<Payment>, _: &Context) -> Result<Serde<Receipt>, Error> {
    Ok(Serde(match payment {
        Payment::Card { last_digits } => {
            Receipt { text: format!("card with the digits {last_digits}"), due: None }
        }
        Payment::Invoice { ordered, days } => {
            let due = ordered.checked_add_days(Days::new(days));
            Receipt { text: "an invoice".to_owned(), due: Some(due.ok_or("no such day")?) }
        }
    }))
}
