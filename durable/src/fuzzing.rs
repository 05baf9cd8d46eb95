//! What the fuzzers call, which are another crate. It is there only in their builds: `fuzz/run`
//! sets `cfg(fuzzing)`.
#![allow(missing_docs, reason = "not a public interface")]

use crate::context::Durable;
use crate::failure::{Caught, Result};
use crate::json::{from_json_of, to_json};
use crate::retry::Retry;
use crate::serve::respond;
use crate::service::{Refusal, Service};
use crate::step::Check;
use crate::{Named, When};
use minilambda::__private::lock;
use minilambda::{Context, Error};
use miniserde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::time::Duration;

/// What the service responds, in this order; then it only goes on. One that begins with `!` is a
/// refusal, and one with `!!` is final.
struct Responses<'a>(Mutex<std::slice::Iter<'a, &'a [u8]>>);

impl Responses<'_> {
    fn next(&self) -> std::result::Result<Vec<u8>, Refusal> {
        let response = lock(&self.0).next().copied().unwrap_or(br#"{"CheckpointToken":"t"}"#);
        let Some(message) = response.strip_prefix(b"!") else { return Ok(response.to_vec()) };
        let is_final = message.starts_with(b"!");
        let message = String::from_utf8_lossy(message).into_owned();
        Err(Refusal { kind: "Refused".to_owned(), message, is_final })
    }
}

impl Service for Responses<'_> {
    fn checkpoint(&self, _: &str, _: String) -> std::result::Result<Vec<u8>, Refusal> {
        self.next()
    }

    fn state(&self, _: &str, _: &str, _: &str) -> std::result::Result<Vec<u8>, Refusal> {
        self.next()
    }
}

#[derive(Deserialize, Serialize)]
struct Item {
    name: String,
    counts: Vec<Option<u32>>,
}

/// An operation of each kind. Failures are caught, so that each one is reached.
fn workflow(input: Option<Item>, durable: &Durable) -> Result<usize> {
    let fine = |_: &crate::Step| Ok::<_, Error>(7_u32);
    let mut seen = usize::from(input.is_some());
    seen += usize::from(durable.step("step", fine).caught()?.is_ok());
    let once = durable
        .retry(&Retry::NEVER)
        .at_most_once()
        .step("once", |_| Err::<Item, _>(Error::new("Refused", "as asked")));
    seen += usize::from(once.caught()?.is_ok());
    seen += usize::from(durable.wait("wait", Duration::from_secs(9)).caught()?.is_ok());
    let asked = durable.timeout(Duration::from_secs(9)).callback::<Vec<Item>>("ask")?;
    seen += usize::from(asked.result().caught()?.is_ok());
    let said = durable.wait_for_callback::<Option<bool>, _>("approval", |_, _| Ok(()));
    seen += usize::from(said.caught()?.is_ok());
    let shipped = durable.invoke::<_, Item>("ship:live", &seen);
    seen += usize::from(shipped.caught()?.is_ok());
    let polled = durable.wait_until("poll", 0_u8, |n, _| {
        Ok(if n < 2 { Check::Again(n + 1, Duration::from_secs(1)) } else { Check::Done(n) })
    });
    seen += usize::from(polled.caught()?.is_ok());
    let inner = durable.child("child", |child| child.step("inner", fine));
    seen += usize::from(inner.caught()?.is_ok());
    for when in [When::ALL_ARE_OVER, When { flat: true, ..When::ONE_SUCCEEDS }] {
        let all = durable.map("map", &[1_u32, 2], when, |branch, n| {
            let m = branch.step("first", |_| Ok(*n))?;
            branch.wait("nap", Duration::from_secs(1))?;
            branch.step("second", |_| Ok(m))
        });
        seen += all.caught()?.map_or(0, |batch| batch.0.len());
    }
    let sides: [Named<u32>; 2] = [
        ("left", &|branch| branch.step("left", fine)),
        ("right", &|branch| branch.invoke("other:1", &())),
    ];
    let both = durable.parallel("parallel", &sides, When::ONE_FAILS);
    Ok(seen + both.caught()?.map_or(0, |batch| batch.0.len()))
}

/// Runs an invocation with this event.
///
/// # Errors
/// Those of the invocation.
pub fn invoke(event: &[u8], responses: &[&[u8]]) -> std::result::Result<Vec<u8>, Error> {
    let run = |input: &str, durable: &Durable| {
        let result = workflow(from_json_of(format_args!("the input"), input)?, durable)?;
        Ok(to_json(&result)?)
    };
    respond(&Responses(Mutex::new(responses.iter())), event, &Context::default(), &run)
}
