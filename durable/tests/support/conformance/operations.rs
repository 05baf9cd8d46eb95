//! Steps and child contexts.

use crate::{FOUR, SECOND, failing, no};
use minilambda::Error;
use minilambda_durable::{Caught, Durable, Jitter, Result, Retry};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, de, make_place};
use std::path::PathBuf;

make_place!(Place);

/// A text that is written in capital letters.
pub struct Upper(pub String);

impl Serialize for Upper {
    fn begin(&self) -> Fragment<'_> {
        Fragment::Str(self.0.to_uppercase().into())
    }
}

impl Deserialize for Upper {
    fn begin(out: &mut Option<Self>) -> &mut dyn de::Visitor {
        Place::new(out)
    }
}

impl de::Visitor for Place<Upper> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(Upper(text.to_owned()));
        Ok(())
    }
}

pub fn greets(name: String, durable: &Durable) -> Result<String> {
    durable.step("custom_step_name", |_| Ok(format!("Hello, {name}!")))
}

pub fn two_steps(_: (), durable: &Durable) -> Result<String> {
    let first: String = durable.step("a", |_| Ok("first".to_owned()))?;
    durable.step("b", |_| Ok(format!("{first}_second")))
}

pub fn unit(_: (), durable: &Durable) -> Result<()> {
    durable.step("none", |_| Ok(()))
}

pub fn upper(text: String, durable: &Durable) -> Result<Upper> {
    durable.step("upper", |_| Ok(Upper(text.clone())))
}

pub fn logs(name: String, durable: &Durable) -> Result<String> {
    durable.step("greet", |_| {
        log::info!("Greeting step started for: {name}");
        log::info!("Greeting step completed with: Hello, {name}!");
        Ok(format!("Hello, {name}!"))
    })
}

pub fn computes(_: (), durable: &Durable) -> Result<String> {
    let computed = durable.step("compute", |_| Ok("computed".to_owned()))?;
    durable.wait("w", 2 * SECOND)?;
    Ok(computed)
}

pub fn catches_and_waits(_: (), durable: &Durable) -> Result<String> {
    let message = failing(durable).caught()?.unwrap_or_else(|failure| failure.message);
    durable.wait("w", SECOND)?;
    Ok(message)
}

pub fn second_attempt(_: (), durable: &Durable) -> Result<String> {
    durable.retry(&FOUR).step("flaky", |step| match step.attempt {
        1 => no(),
        _ => Ok("Operation succeeded".to_owned()),
    })
}

pub fn fails_four_times(_: (), durable: &Durable) -> Result<String> {
    durable.retry(&FOUR).step("bad", |_| no())
}

fn third(attempt: u32) -> std::result::Result<String, Error> {
    if attempt < 3 { no() } else { Ok("third".to_owned()) }
}

pub fn default_retry(_: (), durable: &Durable) -> Result<String> {
    durable.step("flaky", |step| third(step.attempt))
}

pub fn growing_delays(_: (), durable: &Durable) -> Result<String> {
    static GROWING: Retry = Retry {
        first_delay: std::time::Duration::from_secs(2),
        factor: 3.0,
        jitter: Jitter::None,
        ..Retry::DEFAULT
    };
    durable.retry(&GROWING).step("flaky", |step| third(step.attempt))
}

pub fn not_tried_again(_: (), durable: &Durable) -> Result<String> {
    static UNLESS: Retry = Retry { unless: &["TransientError"], ..Retry::DEFAULT };
    durable.retry(&UNLESS).step("transient", |_| Err(Error::new("TransientError", "as asked")))
}

/// Ends the process, the first time that an execution comes here.
fn crash_first(durable: &Durable) -> std::result::Result<(), Error> {
    let name = durable.arn().replace(['/', ':'], "-");
    let file: PathBuf = std::env::temp_dir().join(format!("conformance-{name}"));
    if file.exists() {
        std::fs::remove_file(file)?;
        return Ok(());
    }
    std::fs::write(&file, "")?;
    std::thread::sleep(SECOND / 3);
    std::process::exit(1)
}

pub fn crashes_once(text: String, durable: &Durable) -> Result<String> {
    durable.retry(&Retry::NEVER).at_most_once().step("at_most_once_flaky_step", |_| {
        log::info!("{text}");
        crash_first(durable)?;
        Ok(text.clone())
    })
}

pub fn fails(_: (), durable: &Durable) -> Result<String> {
    failing(durable)
}

pub fn falls_back(_: (), durable: &Durable) -> Result<String> {
    match failing(durable).caught()? {
        Ok(text) => Ok(text),
        Err(_) => durable.step("fallback", |_| Ok("fallback_result".to_owned())),
    }
}

pub fn child(text: String, durable: &Durable) -> Result<String> {
    durable.child("c", |child| child.step("s", |_| Ok(text.clone())))
}

#[derive(Deserialize)]
pub struct Named {
    name: String,
    value: String,
}

pub fn named_child(named: Named, durable: &Durable) -> Result<String> {
    durable.child(&named.name, |child| child.step("s", |_| Ok(named.value.clone())))
}

pub fn child_of_two(text: String, durable: &Durable) -> Result<String> {
    durable.child("c", |child| {
        let first: String = child.step("one", |_| Ok(text.clone()))?;
        child.step("two", |_| Ok(first.clone()))
    })
}

pub fn failing_child(_: (), durable: &Durable) -> Result<String> {
    durable.child("c", failing)
}

pub fn child_that_is_caught(text: String, durable: &Durable) -> Result<String> {
    match durable.child("c", failing).caught()? {
        Ok(text) => Ok(text),
        Err(_) => durable.step("recover", |_| Ok(text.clone())),
    }
}

pub fn child_in_child(text: String, durable: &Durable) -> Result<String> {
    durable.child("outer", |outer| {
        let text: String = outer.step("s", |_| Ok(text.clone()))?;
        outer.child("inner", |inner| inner.step("s", |_| Ok(text.clone())))
    })
}

pub fn child_with_retry(text: String, durable: &Durable) -> Result<String> {
    durable.child("c", |child| {
        let step = child.retry(&FOUR);
        step.step("s", |step| if step.attempt == 1 { no() } else { Ok(text.clone()) })
    })
}

pub fn child_and_wait(text: String, durable: &Durable) -> Result<String> {
    let text = child(text, durable)?;
    durable.wait("w", 2 * SECOND)?;
    Ok(text)
}

pub fn child_with_wait(text: String, durable: &Durable) -> Result<String> {
    durable.child("c", |child| {
        let text = child.step("s", |_| Ok(text.clone()))?;
        child.wait("w", 2 * SECOND)?;
        Ok(text)
    })
}

pub fn large_child(text: String, durable: &Durable) -> Result<String> {
    durable.show_replay();
    let large = durable.child("c", |child| {
        log::info!("{text}");
        let text: String = child.step("s", |_| Ok(text.clone()))?;
        Ok(text + &"x".repeat(300_000))
    })?;
    durable.wait("w", 2 * SECOND)?;
    Ok(large)
}

pub fn crash_in_child(text: String, durable: &Durable) -> Result<String> {
    durable.child("c", |child| {
        child.step("s", |_| {
            crash_first(child)?;
            Ok(text.clone())
        })
    })
}

pub fn upper_child(text: String, durable: &Durable) -> Result<Upper> {
    durable.child("c", |child| child.step("s", |_| Ok(text.clone())).map(Upper))
}

pub fn child_without_operations(_: (), durable: &Durable) -> Result<String> {
    durable.child("c", |_| Ok(no()?))
}

pub fn child_that_logs(text: String, durable: &Durable) -> Result<String> {
    durable.show_replay();
    let text = durable.child("c", |_| {
        log::info!("{text}");
        Ok(text.clone())
    })?;
    durable.wait("w", SECOND)?;
    Ok(text)
}

pub fn child_step_and_waits(text: String, durable: &Durable) -> Result<String> {
    let text: String = child_with_wait(text, durable)?;
    let text = durable.step("s", |_| Ok(text.clone()))?;
    durable.wait("w", 2 * SECOND)?;
    Ok(text)
}
