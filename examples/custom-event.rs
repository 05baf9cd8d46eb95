//! Your own event, with a field that comes in two shapes: an enum with its own `Deserialize`.
//!
//! ```text
//! cargo run --example custom-event -- custom.label data/item.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use miniserde::de::Visitor;
use miniserde::{Deserialize, make_place};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("custom.label", handler!(label))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Item {
    name: String,
    amount: Amount,
}

/// `6` are pieces, `"1.5 kg"` is a weight.
enum Amount {
    Pieces(u64),
    Weight(String),
}

impl Deserialize for Amount {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        make_place!(Place);
        // One method for each kind of JSON that is taken; any other is an error.
        impl Visitor for Place<Amount> {
            fn nonnegative(&mut self, pieces: u64) -> miniserde::Result<()> {
                self.out = Some(Amount::Pieces(pieces));
                Ok(())
            }
            fn string(&mut self, weight: &str) -> miniserde::Result<()> {
                self.out = Some(Amount::Weight(weight.to_owned()));
                Ok(())
            }
        }
        Place::new(out)
    }
}

fn label(item: Item, _: &Context) -> Result<String, Error> {
    Ok(match item.amount {
        Amount::Pieces(pieces) => format!("{pieces} × {}", item.name),
        Amount::Weight(weight) => format!("{weight} of {}", item.name),
    })
}
