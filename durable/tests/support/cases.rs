//! Hard cases for AWS's local service, one handler each.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::lambda::Function;
use minilambda_aws::metrics::{self, Unit};
use minilambda_durable::{
    Caught, Check, Durable, Jitter, Result, Retry, Step, When, callbacks, durable,
};
use miniserde::Deserialize;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread::sleep;
use std::time::Duration;

#[path = "branches.rs"]
mod branches;

const SECOND: Duration = Duration::from_secs(1);
static QUICK: Retry =
    Retry { attempts: 3, first_delay: SECOND, jitter: Jitter::None, ..Retry::DEFAULT };

static HANDLERS: &[(&str, Handler)] = &[
    ("swallow_wait", durable!(swallow_wait)),
    ("swallow_retry", durable!(swallow_retry)),
    ("drop_guard", durable!(drop_guard)),
    ("panic_handler", durable!(panic_handler)),
    ("panic_step", durable!(panic_step)),
    ("other_kind", durable!(other_kind)),
    ("wrong_context", durable!(wrong_context)),
    ("large_child", durable!(large_child)),
    ("large_step", durable!(large_step)),
    ("large_result", durable!(large_result)),
    ("many", durable!(branches::many)),
    ("first_wins", durable!(branches::first_wins)),
    ("one_fails", durable!(branches::one_fails)),
    ("nested", durable!(branches::nested)),
    ("in_place", durable!(branches::in_place)),
    ("callback", durable!(callback)),
    ("heart", durable!(heart)),
    ("answer", handler!(answer)),
    ("begin", handler!(begin)),
    ("invoke_fails", durable!(invoke_fails)),
    ("poll", durable!(poll)),
    ("pages", durable!(pages)),
    ("units", durable!(units)),
    ("bad_name", durable!(bad_name)),
    ("abort_once", durable!(abort_once)),
    ("abort_at_most_once", durable!(abort_at_most_once)),
    ("abort_retried", durable!(abort_retried)),
    ("empty_map", durable!(branches::empty_map)),
    ("saga", durable!(saga)),
    ("swallow_in_branch", durable!(branches::swallow_in_branch)),
    ("mutex_across_wait", durable!(mutex_across_wait)),
    ("sequence", durable!(sequence)),
    ("last_moment", durable!(last_moment)),
    ("long_error", durable!(long_error)),
    ("large_race", durable!(branches::large_race)),
    ("late_branch", durable!(branches::late_branch)),
    ("submit_fails", durable!(submit_fails)),
    ("ignores", durable!(ignores)),
    ("logs", durable!(logs)),
    ("mixed", durable!(mixed)),
    ("broken", handler!(broken)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn swallow_wait(_: String, durable: &Durable) -> Result<String> {
    let _ = durable.wait("nap", 5 * SECOND);
    let after = durable.step("after", |_| Ok(()));
    Ok(format!("done {}", after.is_ok()))
}

fn flaky(step: &Step) -> std::result::Result<String, Error> {
    if step.attempt < 3 {
        return Err(Error::new("Flaky", "not yet"));
    }
    Ok(format!("ok at {}", step.attempt))
}

fn swallow_retry(_: String, durable: &Durable) -> Result<String> {
    // Wrong: a wait is taken for an error.
    match durable.retry(&QUICK).step("charge", flaky) {
        Ok(charge) => Ok(charge),
        Err(_) => durable.step("refund", |_| Ok("refunded".to_owned())),
    }
}

fn drop_guard(_: String, durable: &Durable) -> Result<String> {
    struct Guard<'a>(&'a Durable<'a>);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            let _ = self.0.step("terminate", |_| Ok(()));
        }
    }
    durable.step("launch", |_| Ok(()))?;
    let guard = Guard(durable);
    guard.0.wait("work", 3 * SECOND)?;
    guard.0.wait("more", 3 * SECOND)?;
    Ok("done".to_owned())
}

fn panic_handler(_: String, durable: &Durable) -> Result<String> {
    durable.step("one", |_| Ok(1_u32))?;
    panic!("as asked")
}

fn panic_step(_: String, durable: &Durable) -> Result<String> {
    let result = durable.retry(&QUICK).step("boom", |step| {
        assert!(step.attempt > 2, "as asked");
        Ok(step.attempt)
    })?;
    Ok(result.to_string())
}

static RUNS: AtomicU32 = AtomicU32::new(0);

fn other_kind(_: String, durable: &Durable) -> Result<String> {
    if RUNS.fetch_add(1, SeqCst) == 0 {
        durable.wait("a", SECOND)?;
    } else {
        durable.step("a", |_| Ok(()))?;
    }
    Ok("not reached".to_owned())
}

fn wrong_context(_: String, durable: &Durable) -> Result<String> {
    durable.child("inner", |_| durable.step("outer's", |_| Ok("wrong".to_owned())))
}

fn large_child(_: String, durable: &Durable) -> Result<String> {
    let large = durable.child("large", |inner| {
        let part = |n: u32| inner.step(&format!("part-{n}"), |_| Ok("é".repeat(40_000)));
        Ok((0..4).map(part).collect::<Result<Vec<_>>>()?.concat())
    })?;
    durable.wait("then", SECOND)?;
    Ok(format!("{} bytes", large.len()))
}

fn large_step(bytes: usize, durable: &Durable) -> Result<String> {
    let large = durable.step("large", |_| Ok("x".repeat(bytes)))?;
    durable.wait("then", SECOND)?;
    Ok(format!("{} bytes", large.len()))
}

fn large_result(bytes: usize, durable: &Durable) -> Result<String> {
    durable.wait("first", SECOND)?;
    Ok("x".repeat(bytes))
}

fn callback(_: String, durable: &Durable) -> Result<String> {
    let answer = durable.callback::<String>("question")?;
    durable.step("meanwhile", |_| Ok(()))?;
    Ok(answer.result().caught()?.unwrap_or_else(|failure| failure.kind))
}

fn heart(_: String, durable: &Durable) -> Result<String> {
    let with = durable.timeout(300 * SECOND).heartbeat(60 * SECOND);
    let answer = with.callback::<String>("question")?;
    Ok(answer.result().caught()?.unwrap_or_else(|failure| failure.to_string()))
}

#[derive(Deserialize)]
struct Answer {
    callback: String,
    what: String,
}

/// The one who answers callbacks.
fn answer(answer: Answer, _: &Context) -> std::result::Result<(), Error> {
    match &*answer.what {
        "succeed" => callbacks::succeed(&answer.callback, "a \"yes\"")?,
        "fail" => callbacks::fail(&answer.callback, "Rejected", "not approved")?,
        _ => callbacks::heartbeat(&answer.callback)?,
    }
    Ok(())
}

#[derive(Deserialize)]
struct Begin {
    function: String,
    name: String,
    input: String,
}

/// A function that starts executions.
fn begin(asked: Begin, _: &Context) -> std::result::Result<(), Error> {
    Ok(Function::new(&asked.function).execution_name(&asked.name).send(&asked.input)?)
}

fn invoke_fails(_: String, durable: &Durable) -> Result<String> {
    let response = durable.invoke::<_, String>("broken", "x").caught()?;
    Ok(response.unwrap_or_else(|failure| format!("{} {}", failure.kind, failure.message)))
}

fn broken(_: String, _: &Context) -> std::result::Result<String, Error> {
    Err(Error::new("Broken", "as asked"))
}

fn poll(_: String, durable: &Durable) -> Result<u32> {
    durable.wait_until("three", 0, |n, _| {
        Ok(if n < 2 { Check::Again(n + 1, SECOND) } else { Check::Done(n + 1) })
    })
}

fn pages(count: u32, durable: &Durable) -> Result<usize> {
    let mut sum = 0;
    for n in 0..count {
        sum += durable.step(&format!("s-{n}"), |_| Ok("x".repeat(200_000)))?.len();
    }
    durable.wait("turn", SECOND)?;
    Ok(sum)
}

fn units(_: String, durable: &Durable) -> Result<String> {
    durable.step("unit", |_| Ok(()))?;
    let none = durable.step("none", |_| Ok(None::<u32>))?;
    let units = durable.map("units", &[1, 2], When::ALL_ARE_OVER, |_, _| Ok(()))?;
    durable.wait("turn", SECOND)?;
    Ok(format!("{none:?} {:?}", units.0))
}

fn bad_name(_: String, durable: &Durable) -> Result<String> {
    durable.step("größe", |_| Ok("ok".to_owned()))
}

/// Ends the process, the first time.
fn abort_first(durable: &Durable) {
    let file = std::env::temp_dir().join(durable.arn().replace(['/', ':'], "-"));
    if !file.exists() {
        std::fs::write(&file, "").unwrap();
        // The start of the step is recorded after 10 ms.
        sleep(Duration::from_millis(300));
        std::process::abort();
    }
    std::fs::remove_file(file).unwrap();
}

fn abort_once(_: String, durable: &Durable) -> Result<String> {
    durable.step("before", |_| Ok(()))?;
    durable.step("abort", |step| {
        abort_first(durable);
        Ok(format!("attempt {}", step.attempt))
    })
}

fn abort_at_most_once(_: String, durable: &Durable) -> Result<String> {
    let step = durable.retry(&Retry::NEVER).at_most_once().step("abort", |_| {
        abort_first(durable);
        Ok("twice".to_owned())
    });
    Ok(step.caught()?.unwrap_or_else(|failure| failure.kind))
}

fn abort_retried(_: String, durable: &Durable) -> Result<String> {
    durable.retry(&QUICK).at_most_once().step("abort", |step| {
        abort_first(durable);
        Ok(format!("attempt {}", step.attempt))
    })
}

fn saga(_: String, durable: &Durable) -> Result<String> {
    let paid = durable.retry(&QUICK).step("pay", |_| Err(Error::new("Refused", "no")));
    match paid.caught()? {
        Ok(text) => Ok(text),
        Err(failure) => {
            durable.step("refund", |_| Ok(()))?;
            Err(failure.into())
        }
    }
}

static LOCKED: Mutex<u32> = Mutex::new(0);

fn mutex_across_wait(_: String, durable: &Durable) -> Result<u32> {
    let mut guard = LOCKED.lock().unwrap();
    *guard += 1;
    durable.wait("held", SECOND)?;
    Ok(*guard)
}

fn sequence(count: u32, durable: &Durable) -> Result<u32> {
    for n in 0..count {
        durable.step(&format!("s-{n}"), |_| Ok(n))?;
    }
    Ok(count)
}

/// A step that ends when other requests are no longer sent.
fn last_moment(left_ms: u64, durable: &Durable) -> Result<u32> {
    let left = Duration::from_millis(left_ms);
    durable.retry(&QUICK).at_most_once().step("late", |step| {
        while durable.context().time_left().is_some_and(|it| it > left) {
            sleep(Duration::from_millis(5));
        }
        Ok(step.attempt)
    })
}

/// Errors that are longer as JSON.
fn long_error(_: String, durable: &Durable) -> Result<String> {
    let mut kinds = Vec::new();
    for text in ["\n", "ä", "\u{1}"] {
        let step = durable
            .retry(&Retry::NEVER)
            .step("long", |_| Err::<(), _>(Error::new("Long", text.repeat(40_000))));
        kinds.push(step.caught()?.unwrap_err().kind);
    }
    durable.wait("nap", SECOND)?;
    Ok(kinds.join(" "))
}

fn submit_fails(_: String, durable: &Durable) -> Result<String> {
    let with = durable.retry(&QUICK);
    with.wait_for_callback("ask", |_, _| Err(Error::new("Down", "the queue is down")))
}

fn ignores(_: String, durable: &Durable) -> Result<String> {
    loop {
        if let Ok(text) = durable.retry(&QUICK).step("poll", flaky) {
            return Ok(text);
        }
    }
}

fn logs(_: String, durable: &Durable) -> Result<String> {
    for n in 0..3 {
        log::info!("before step {n}");
        metrics::put(&format!("Steps{n}"), 1.0, Unit::Count, &[]);
        durable.step(&format!("step-{n}"), |_| {
            log::info!("in step {n}");
            Ok(())
        })?;
        log::info!("before wait {n}");
        durable.wait(&format!("wait-{n}"), SECOND)?;
    }
    durable
        .map("all", &["a", "b"], When::ALL_ARE_OVER, |branch, name| {
            log::info!("begin of branch {name}");
            branch.wait("nap", SECOND)?;
            log::info!("end of branch {name}");
            Ok(())
        })?
        .all()?;
    log::info!("done");
    Ok("logged".to_owned())
}

fn mixed(name: String, durable: &Durable) -> Result<String> {
    let mut seen = Vec::new();
    for n in 0..3 {
        seen.push(durable.step(&format!("{name}-{n}"), |_| Ok(format!("{name}{n}")))?);
        durable.wait(&format!("wait-{n}"), SECOND)?;
    }
    let all = durable.map("all", &[1, 2, 3], When::ALL_ARE_OVER, |branch, n| {
        branch.step("s", |_| Ok(format!("{name}-{n}")))
    })?;
    Ok(format!("{} {}", seen.concat(), all.all()?.concat()))
}
