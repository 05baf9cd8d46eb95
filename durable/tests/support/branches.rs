//! Hard cases of branches.

use minilambda::Error;
use minilambda_durable::{Durable, Outcome, Result, Retry, When};
use std::thread::sleep;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Which branches are done, by the length of their results.
fn shape(outcomes: &[Outcome<String>]) -> String {
    let of = |outcome: &Outcome<String>| match outcome {
        Outcome::Done(text) => text.len().to_string(),
        Outcome::Failed(failure) => failure.kind.clone(),
        Outcome::Left => "left".to_owned(),
    };
    outcomes.iter().map(of).collect::<Vec<_>>().join(" ")
}

pub fn many(count: u32, durable: &Durable) -> Result<String> {
    let items: Vec<u32> = (0..count).collect();
    let all = durable.map("many", &items, When::ALL_ARE_OVER, |branch, item| {
        let one = branch.step("one", |_| Ok(item + 1))?;
        branch.wait("nap", SECOND)?;
        branch.step("two", |_| Ok(one * 2))
    })?;
    Ok(all.all()?.iter().sum::<u32>().to_string())
}

pub fn first_wins(_: String, durable: &Durable) -> Result<String> {
    let race = durable.parallel(
        "race",
        &[
            ("slow", &|branch| branch.wait("hour", 3600 * SECOND).map(|()| "slower".to_owned())),
            ("fast", &|branch| {
                branch.wait("second", SECOND)?;
                branch.step("win", |_| Ok("fast".to_owned()))
            }),
        ],
        When::ONE_SUCCEEDS,
    )?;
    durable.wait("after", SECOND)?;
    Ok(shape(&race.0))
}

pub fn one_fails(_: String, durable: &Durable) -> Result<String> {
    let when = When { at_once: 1, ..When::ONE_FAILS };
    let all = durable.map("some", &[1, 2, 3, 4, 5], when, |branch, item| {
        branch.retry(&Retry::NEVER).step("s", |_| match item {
            3 => Err(Error::new("Three", "no")),
            item => Ok("x".repeat(*item)),
        })
    })?;
    Ok(shape(&all.0))
}

pub fn nested(_: String, durable: &Durable) -> Result<String> {
    let outer = durable.map("outer", &[10_u32, 20], When::ALL_ARE_OVER, |branch, ten| {
        let inner = branch.map("inner", &[1_u32, 2, 3], When::ALL_ARE_OVER, |leaf, one| {
            leaf.wait("nap", SECOND)?;
            leaf.step("add", |_| Ok(ten + one))
        })?;
        branch.wait("nap", SECOND)?;
        Ok(inner.all()?.iter().sum::<u32>())
    })?;
    Ok(format!("{:?}", outer.all()?))
}

pub fn in_place(_: String, durable: &Durable) -> Result<String> {
    let both = durable.parallel(
        "both",
        &[
            ("long", &|branch| {
                branch.step("work", |_| {
                    sleep(3 * SECOND);
                    Ok(1)
                })
            }),
            ("waits", &|branch| {
                branch.wait("one", SECOND)?;
                branch.step("then", |_| Ok(2))
            }),
        ],
        When::ALL_ARE_OVER,
    )?;
    Ok(format!("{:?}", both.all()?))
}

pub fn empty_map(_: String, durable: &Durable) -> Result<usize> {
    let none: [u32; 0] = [];
    Ok(durable.map("none", &none, When::ALL_ARE_OVER, |_, n| Ok(*n))?.0.len())
}

pub fn swallow_in_branch(_: String, durable: &Durable) -> Result<String> {
    let all = durable.map("all", &[1_u32, 2], When::ALL_ARE_OVER, |branch, n| {
        // Wrong: the branch goes on as if it had waited.
        Ok(n + u32::from(branch.wait("nap", SECOND).is_err()) * 100)
    })?;
    Ok(format!("{:?}", all.all()?))
}

pub fn large_race(_: String, durable: &Durable) -> Result<String> {
    let race = durable.parallel(
        "race",
        &[
            ("slow", &|branch| {
                branch.step("begin", |_| Ok(()))?;
                branch.wait("nap", 6 * SECOND)?;
                branch.step("late", |_| Ok("slow".to_owned()))
            }),
            ("fast", &|branch| {
                branch.wait("second", SECOND)?;
                let part = branch.step("win", |_| Ok("x".repeat(100)))?;
                Ok(part.repeat(3_000))
            }),
        ],
        When::ONE_SUCCEEDS,
    )?;
    durable.wait("after", 6 * SECOND)?;
    Ok(shape(&race.0))
}

pub fn late_branch(_: String, durable: &Durable) -> Result<String> {
    let race = durable.parallel(
        "race",
        &[
            ("late", &|branch| {
                branch.step("long", |_| {
                    sleep(SECOND);
                    Ok(())
                })?;
                branch.step("refused", |_| Ok("late".to_owned()))
            }),
            ("fast", &|branch| branch.step("s", |_| Ok("fast".to_owned()))),
        ],
        When::ONE_SUCCEEDS,
    )?;
    durable.wait("after", SECOND)?;
    Ok(shape(&race.0))
}
