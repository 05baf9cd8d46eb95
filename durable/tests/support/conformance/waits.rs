//! Waits, callbacks, invocations and conditions.

use crate::operations::Upper;
use crate::{FOUR, SECOND, no};
use minilambda::Error;
use minilambda_durable::{Caught, Check, Durable, Result, Retry, Step};
use miniserde::{Deserialize, Serialize};

pub fn waits(_: (), durable: &Durable) -> Result<()> {
    durable.wait("w", 2 * SECOND)
}

pub fn named_wait(_: (), durable: &Durable) -> Result<()> {
    durable.wait("custom_wait_name", 2 * SECOND)
}

#[derive(Serialize)]
pub struct Waits {
    #[serde(rename = "completedWaits")]
    count: u32,
}

pub fn two_waits(_: (), durable: &Durable) -> Result<Waits> {
    durable.wait("wait-1", 2 * SECOND)?;
    durable.wait("wait-2", 2 * SECOND)?;
    Ok(Waits { count: 2 })
}

pub fn waits_a_minute(_: (), durable: &Durable) -> Result<()> {
    durable.wait("w", 60 * SECOND)
}

pub fn callback(name: String, durable: &Durable) -> Result<String> {
    durable.callback::<String>(&name)?.result()
}

pub fn approval(_: (), durable: &Durable) -> Result<String> {
    callback("approval".to_owned(), durable)
}

pub fn callback_with_timeout(name: String, durable: &Durable) -> Result<String> {
    durable.timeout(5 * SECOND).callback::<String>(&name)?.result()
}

pub fn callback_with_heartbeat(name: String, durable: &Durable) -> Result<String> {
    durable.heartbeat(5 * SECOND).callback::<String>(&name)?.result()
}

pub fn callback_with_long_heartbeat(name: String, durable: &Durable) -> Result<String> {
    durable.heartbeat(10 * SECOND).callback::<String>(&name)?.result()
}

pub fn callback_and_step(name: String, durable: &Durable) -> Result<String> {
    let callback = durable.callback::<String>(&name)?;
    durable.step("s", |_| Ok(()))?;
    callback.result()
}

pub fn callback_and_wait(name: String, durable: &Durable) -> Result<String> {
    let callback = durable.callback::<String>(&name)?;
    durable.wait("w", 5 * SECOND)?;
    callback.result()
}

pub fn callback_that_times_out_in_a_wait(name: String, durable: &Durable) -> Result<String> {
    let callback = durable.timeout(3 * SECOND).callback::<String>(&name)?;
    durable.wait("w", 6 * SECOND)?;
    callback.result()
}

pub fn callback_before_wait(name: String, durable: &Durable) -> Result<String> {
    let result = callback(name, durable)?;
    durable.wait("w", 2 * SECOND)?;
    Ok(result)
}

pub fn timeout_that_is_caught(name: String, durable: &Durable) -> Result<String> {
    let callback = durable.timeout(3 * SECOND).callback::<String>(&name)?;
    let kind = callback.result().caught()?.unwrap_or_else(|failure| failure.kind);
    durable.wait("w", 2 * SECOND)?;
    Ok(kind)
}

#[derive(Deserialize)]
pub struct Sent {
    id: String,
    message: String,
    timestamp: String,
}

#[derive(Serialize)]
pub struct Received {
    received: Converted,
}

#[derive(Serialize)]
struct Converted {
    id: String,
    message: String,
    timestamp: u64,
}

pub fn typed_callback(name: String, durable: &Durable) -> Result<Received> {
    let Sent { id, message, timestamp } = durable.callback(&name)?.result()?;
    let seconds = if timestamp.starts_with("2026-01-01T00:00:00") { 1_767_225_600 } else { 0 };
    Ok(Received { received: Converted { id, message, timestamp: seconds } })
}

#[derive(Serialize)]
pub struct Count {
    count: u32,
    doubled: u32,
}

pub fn number_callback(name: String, durable: &Durable) -> Result<Count> {
    let count: u32 = durable.callback(&name)?.result()?;
    Ok(Count { count, doubled: count * 2 })
}

pub fn two_callbacks(names: Vec<String>, durable: &Durable) -> Result<Vec<String>> {
    let first = durable.callback::<String>(&names[0])?;
    let second = durable.callback::<String>(&names[1])?;
    Ok(vec![first.result()?, second.result()?])
}

pub fn two_callbacks_turned(names: Vec<String>, durable: &Durable) -> Result<Vec<String>> {
    let first = durable.callback::<String>(&names[0])?;
    let second = durable.callback::<String>(&names[1])?;
    let second = second.result()?;
    Ok(vec![first.result()?, second])
}

pub fn invokes(text: String, durable: &Durable) -> Result<String> {
    durable.invoke("echo", &text)
}

#[derive(Deserialize)]
pub struct Call {
    name: String,
    payload: String,
}

pub fn invokes_named(call: Call, durable: &Durable) -> Result<String> {
    durable.named(&call.name).invoke("echo", &call.payload)
}

pub fn invokes_with_null(_: (), durable: &Durable) -> Result<()> {
    durable.invoke("echo", &())
}

pub fn invokes_broken(_: (), durable: &Durable) -> Result<String> {
    durable.invoke("broken", &())
}

pub fn invokes_and_catches(_: (), durable: &Durable) -> Result<String> {
    Ok(invokes_broken((), durable).caught()?.unwrap_or_else(|_| "fallback".to_owned()))
}

pub fn invokes_with_much(_: (), durable: &Durable) -> Result<usize> {
    Ok(invokes("x".repeat(900_000), durable)?.len())
}

pub fn invokes_and_waits(_: (), durable: &Durable) -> Result<String> {
    let response = invokes("x".to_owned(), durable)?;
    durable.wait("w", 2 * SECOND)?;
    Ok(response)
}

pub fn invokes_catches_and_waits(_: (), durable: &Durable) -> Result<String> {
    let message = invokes_broken((), durable).caught()?.unwrap_or_else(|failure| failure.message);
    durable.wait("w", SECOND)?;
    Ok(message)
}

pub fn step_and_invoke(_: (), durable: &Durable) -> Result<String> {
    let text = durable.step("s", |_| Ok("from the step".to_owned()))?;
    invokes(text, durable)
}

pub fn invoke_and_step(_: (), durable: &Durable) -> Result<String> {
    let text = invokes("x".to_owned(), durable)?;
    durable.step("s", |_| Ok(text.clone()))
}

pub fn invokes_twice(_: (), durable: &Durable) -> Result<String> {
    Ok(invokes("a".to_owned(), durable)? + &invokes("b".to_owned(), durable)?)
}

#[derive(Deserialize)]
pub struct Data {
    data: String,
}

pub fn invokes_with_upper(data: Data, durable: &Durable) -> Result<String> {
    durable.invoke("echo", &Upper(data.data))
}

pub fn invokes_for_upper(text: String, durable: &Durable) -> Result<Upper> {
    durable.invoke::<_, Upper>("echo", &text)
}

/// Counts to a limit, a second for each.
fn count_to(durable: &Durable, name: &str, first: u32, limit: u32, seconds: u32) -> Result<u32> {
    durable.wait_until(name, first, |n, _| {
        let next = n + 1;
        Ok(if next < limit { Check::Again(next, seconds * SECOND) } else { Check::Done(next) })
    })
}

pub fn polls(limit: u32, durable: &Durable) -> Result<u32> {
    count_to(durable, "poll-status", 0, limit, 2)
}

pub fn polls_once(state: u32, durable: &Durable) -> Result<u32> {
    durable.wait_until("p", state, |n, _| {
        Ok(if n < 5 { Check::Again(n, SECOND) } else { Check::Done(n) })
    })
}

pub fn polls_three_times(_: u32, durable: &Durable) -> Result<u32> {
    durable.wait_until("p", 0, |n, step| match step.attempt {
        3 => Err(Error::new("GaveUp", "not met after three attempts")),
        _ => Ok(Check::Again(n + 1, SECOND)),
    })
}

pub fn check_fails(_: (), durable: &Durable) -> Result<u32> {
    durable.wait_until("p", 0, |_, _| no())
}

#[derive(Deserialize, Serialize)]
pub struct Job {
    status: String,
    attempts: u32,
}

pub fn polls_with_a_struct(_: (), durable: &Durable) -> Result<Job> {
    let first = Job { status: "PENDING".to_owned(), attempts: 0 };
    durable.wait_until("p", first, |job, _| {
        let attempts = job.attempts + 1;
        if attempts < 2 {
            return Ok(Check::Again(Job { attempts, ..job }, SECOND));
        }
        Ok(Check::Done(Job { status: "DONE".to_owned(), attempts }))
    })
}

pub fn polls_for_null(_: (), durable: &Durable) -> Result<()> {
    durable.wait_until("p", (), |(), _| Ok(Check::Done(())))
}

pub fn poll_and_step(limit: u32, durable: &Durable) -> Result<u32> {
    let n = count_to(durable, "p", 0, limit, 1)?;
    durable.step("times", |_| Ok(n * 10))
}

pub fn two_polls(_: (), durable: &Durable) -> Result<u32> {
    let first = count_to(durable, "p", 0, 2, 1)?;
    count_to(durable, "q", first, 4, 1)
}

fn submit(_: &str, _: &Step) -> std::result::Result<(), Error> {
    Ok(())
}

pub fn wait_for_callback(name: String, durable: &Durable) -> Result<String> {
    durable.wait_for_callback(&name, submit)
}

pub fn wait_for_approval(_: (), durable: &Durable) -> Result<String> {
    durable.wait_for_callback("approval", submit)
}

pub fn wait_for_callback_in_time(name: String, durable: &Durable) -> Result<String> {
    durable.timeout(3 * SECOND).wait_for_callback(&name, submit)
}

pub fn wait_for_callback_and_recover(name: String, durable: &Durable) -> Result<String> {
    Ok(wait_for_callback(name, durable).caught()?.unwrap_or_else(|_| "recovered".to_owned()))
}

pub fn submitter_fails(name: String, durable: &Durable) -> Result<String> {
    static TWO: Retry = Retry { attempts: 2, ..FOUR };
    durable.retry(&TWO).wait_for_callback(&name, |_, _| no())
}

pub fn wait_for_callback_in_child(name: String, durable: &Durable) -> Result<String> {
    durable.child("wrapper", |child| wait_for_callback(name, child))
}

pub fn wait_for_callback_after_others(name: String, durable: &Durable) -> Result<String> {
    durable.wait("w", SECOND)?;
    durable.step("s", |_| Ok("fixed".to_owned()))?;
    wait_for_callback(name, durable)
}

#[derive(Deserialize, Serialize)]
struct Approved {
    status: String,
}

pub fn wait_for_typed_callback(name: String, durable: &Durable) -> Result<String> {
    let approved: Approved = durable.wait_for_callback(&name, submit)?;
    Ok(approved.status)
}

pub fn wait_for_heartbeat(name: String, durable: &Durable) -> Result<String> {
    durable.heartbeat(5 * SECOND).wait_for_callback(&name, submit)
}

pub fn wait_with_heartbeat(name: String, durable: &Durable) -> Result<String> {
    durable.heartbeat(10 * SECOND).wait_for_callback(&name, submit)
}

pub fn wait_for_nothing(name: String, durable: &Durable) -> Result<Option<String>> {
    durable.wait_for_callback(&name, submit)
}
