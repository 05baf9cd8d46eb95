//! Branches.

use crate::{SECOND, no};
use minilambda_durable::{Batch, Durable, Named, Outcome, Result, When};
use miniserde::{Deserialize, Serialize};

const ONE_BY_ONE: When = When { at_once: 1, ..When::ALL_ARE_OVER };

fn ok(text: &str) -> Result<String> {
    Ok(text.to_owned())
}

fn bad(_: &Durable) -> Result<String> {
    Ok(no()?)
}

fn good(_: &Durable) -> Result<String> {
    ok("ok")
}

/// What the requirements want to know of a batch.
#[derive(Serialize)]
pub struct Counts {
    #[serde(rename = "completionReason")]
    reason: &'static str,
    status: &'static str,
    #[serde(rename = "successCount")]
    done: usize,
    #[serde(rename = "failureCount")]
    failed: usize,
    #[serde(rename = "errorCount")]
    errors: usize,
    #[serde(rename = "totalCount")]
    total: usize,
    #[serde(rename = "hasFailure")]
    has_failure: bool,
}

fn counts<T>(batch: &Batch<T>, when: When) -> Counts {
    let (done, failed) = (batch.successes().count(), batch.failures().count());
    let reason = if failed > when.failures {
        "FAILURE_TOLERANCE_EXCEEDED"
    } else if done >= when.successes {
        "MIN_SUCCESSFUL_REACHED"
    } else {
        "ALL_COMPLETED"
    };
    let status = if failed > 0 { "FAILED" } else { "SUCCEEDED" };
    let total = batch.0.iter().filter(|outcome| !matches!(outcome, Outcome::Left)).count();
    Counts { reason, status, done, failed, errors: failed, total, has_failure: failed > 0 }
}

/// A batch whose branches succeed or fail as the letters say.
fn branches(letters: &str, when: When, durable: &Durable) -> Result<Counts> {
    let branch =
        |letter| -> Named<String> { if letter == 'f' { ("bad", &bad) } else { ("good", &good) } };
    let all: Vec<_> = letters.chars().map(branch).collect();
    Ok(counts(&durable.parallel("p", &all, when)?, when))
}

/// The same with items.
fn items(letters: &str, when: When, durable: &Durable) -> Result<Counts> {
    let letters: Vec<_> = letters.chars().collect();
    let run = |branch: &Durable, letter: &char| {
        if *letter == 'f' { bad(branch) } else { ok("ok") }
    };
    Ok(counts(&durable.map("m", &letters, when, run)?, when))
}

pub fn two_tasks(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all: [Named<String>; 2] = [
        ("a", &|branch| branch.step("s", |_| Ok("task-1".to_owned()))),
        ("b", &|branch| branch.step("s", |_| Ok("task-2".to_owned()))),
    ];
    durable.parallel("parallel", &all, ONE_BY_ONE)?.all()
}

pub fn two_constants(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all: [Named<String>; 2] = [("a", &|_| ok("alpha")), ("b", &|_| ok("beta"))];
    durable.parallel("parallel", &all, ONE_BY_ONE)?.all()
}

pub fn two_named(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all: [Named<String>; 2] = [("first", &|_| ok("one")), ("second", &|_| ok("two"))];
    durable.parallel("named-branches", &all, ONE_BY_ONE)?.all()
}

pub fn no_branches(_: (), durable: &Durable) -> Result<Vec<String>> {
    durable.parallel("empty", &[], ONE_BY_ONE)?.all()
}

pub fn fails_fast(_: (), durable: &Durable) -> Result<Counts> {
    branches("sfs", When { failures: 0, ..ONE_BY_ONE }, durable)
}

pub fn fails_fast_for_good(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all: [Named<String>; 2] = [("bad", &bad), ("good", &good)];
    durable.parallel("p", &all, When { failures: 0, ..ONE_BY_ONE })?.all()
}

pub fn two_suffice(_: (), durable: &Durable) -> Result<Counts> {
    branches("ssss", When { successes: 2, ..ONE_BY_ONE }, durable)
}

pub fn one_failure_of_three(_: (), durable: &Durable) -> Result<Counts> {
    branches("fff", When { failures: 1, ..ONE_BY_ONE }, durable)
}

pub fn two_at_once(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all: [Named<String>; 3] =
        [("a", &|_| ok("r0")), ("b", &|_| ok("r1")), ("c", &|_| ok("r2"))];
    durable.parallel("p", &all, When { at_once: 2, ..When::ALL_ARE_OVER })?.all()
}

/// A quarter of four.
const A_QUARTER: When = When { failures: 1, ..ONE_BY_ONE };

pub fn a_quarter_of_failures(_: (), durable: &Durable) -> Result<Counts> {
    branches("ffff", A_QUARTER, durable)
}

pub fn a_quarter_is_tolerated(_: (), durable: &Durable) -> Result<Counts> {
    branches("fsss", A_QUARTER, durable)
}

pub fn branch_that_waits(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all: [Named<String>; 2] = [
        ("a", &|branch| branch.step("s", |_| Ok("b0".to_owned()))),
        ("b", &|branch| branch.wait("w", 2 * SECOND).map(|()| "b1".to_owned())),
    ];
    durable.parallel("p", &all, ONE_BY_ONE)?.all()
}

#[derive(Deserialize, Serialize)]
struct Wrapped {
    wrapped: String,
}

pub fn wrapped(_: (), durable: &Durable) -> Result<Vec<String>> {
    let wrap = |text: &str| Ok(Wrapped { wrapped: text.to_owned() });
    let all: [Named<Wrapped>; 2] = [("a", &|_| wrap("x")), ("b", &|_| wrap("y"))];
    let all = durable.parallel("p", &all, ONE_BY_ONE)?.all()?;
    Ok(all.into_iter().map(|it| it.wrapped).collect())
}

pub fn three_of_three(_: (), durable: &Durable) -> Result<Counts> {
    branches("sfs", When { successes: 3, ..ONE_BY_ONE }, durable)
}

pub fn three_or_two_failures(_: (), durable: &Durable) -> Result<Counts> {
    branches("ffss", When { successes: 3, failures: 1, ..ONE_BY_ONE }, durable)
}

pub fn counts_of_three(_: (), durable: &Durable) -> Result<Counts> {
    branches("sfs", A_QUARTER, durable)
}

pub fn nested(_: (), durable: &Durable) -> Result<Vec<Vec<String>>> {
    let inner: [Named<String>; 2] = [
        ("a", &|branch| branch.step("s", |_| Ok("i1".to_owned()))),
        ("b", &|branch| branch.step("s", |_| Ok("i2".to_owned()))),
    ];
    let outer: [Named<Vec<String>>; 1] =
        [("one", &|branch| branch.parallel("inner", &inner, ONE_BY_ONE)?.all())];
    durable.parallel("outer", &outer, ONE_BY_ONE)?.all()
}

pub fn greets(names: Vec<String>, durable: &Durable) -> Result<Vec<String>> {
    let all = durable.map("map", &names, ONE_BY_ONE, |branch, name| {
        branch.step("s", |_| Ok(format!("Hello, {name}!")))
    })?;
    all.all()
}

pub fn with_index(numbers: Vec<u32>, durable: &Durable) -> Result<Vec<u32>> {
    let items: Vec<_> = (0..).zip(numbers).collect();
    durable.map("m", &items, ONE_BY_ONE, |_, (index, number)| Ok(index + number))?.all()
}

pub fn no_items(items: Vec<u32>, durable: &Durable) -> Result<Vec<u32>> {
    durable.map("m", &items, ONE_BY_ONE, |_, item| Ok(*item))?.all()
}

pub fn map_fails_fast(_: (), durable: &Durable) -> Result<Counts> {
    items("sfs", When { failures: 0, ..ONE_BY_ONE }, durable)
}

pub fn map_two_suffice(_: (), durable: &Durable) -> Result<Counts> {
    items("ssss", When { successes: 2, ..ONE_BY_ONE }, durable)
}

pub fn map_one_failure(_: (), durable: &Durable) -> Result<Counts> {
    items("sfs", A_QUARTER, durable)
}

pub fn map_two_failures(_: (), durable: &Durable) -> Result<Counts> {
    items("ffff", A_QUARTER, durable)
}

pub fn flat_items(_: (), durable: &Durable) -> Result<Vec<String>> {
    let when = When { flat: true, ..ONE_BY_ONE };
    let all = durable.map("m", &["fa", "fb"], when, |branch, item| {
        branch.step("s", |_| Ok((*item).to_owned()))
    })?;
    all.all()
}

pub fn named_items(numbers: Vec<u32>, durable: &Durable) -> Result<Vec<u32>> {
    let name = |number: &u32| format!("item-{number}");
    durable.map_named("named-items", &numbers, ONE_BY_ONE, name, |_, n| Ok(n * 10))?.all()
}

pub fn item_that_waits(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all = durable.map("m", &[0, 1], ONE_BY_ONE, |branch, n| {
        if *n == 1 {
            branch.wait("w", SECOND)?;
        }
        branch.step("s", |_| Ok(format!("r{n}")))
    })?;
    all.all()
}

pub fn large_items(_: (), durable: &Durable) -> Result<Counts> {
    let all = durable.map("m", &[0; 4], ONE_BY_ONE, |_, _| Ok("x".repeat(70_000)))?;
    Ok(counts(&all, ONE_BY_ONE))
}

pub fn map_and_wait(_: (), durable: &Durable) -> Result<Vec<String>> {
    let all = durable.map("m", &["a", "b"], ONE_BY_ONE, |_, text| Ok(text.to_uppercase()))?;
    durable.wait("w", SECOND)?;
    all.all()
}

pub fn map_with_failure_and_wait(_: (), durable: &Durable) -> Result<Counts> {
    let counts = items("sf", A_QUARTER, durable)?;
    durable.wait("w", SECOND)?;
    Ok(counts)
}
