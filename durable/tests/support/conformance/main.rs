//! The functions that the requirements of AWS's SDKs describe, by their numbers.
//! `durable/tests/conformance.py` reads the requirements.

mod batches;
mod operations;
mod waits;

use minilambda::{Context, Error, Handler, handler};
use minilambda_durable::{Durable, Jitter, Result, Retry, durable};
use std::process::ExitCode;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
static FOUR: Retry = Retry {
    attempts: 4,
    first_delay: SECOND,
    longest_delay: SECOND,
    jitter: Jitter::None,
    ..Retry::DEFAULT
};

static HANDLERS: &[(&str, Handler)] = &[
    ("1-1", durable!(operations::greets)),
    ("1-2", durable!(operations::greets)),
    ("1-3", durable!(operations::two_steps)),
    ("1-5", durable!(operations::unit)),
    ("1-6", durable!(operations::upper)),
    ("1-7", durable!(operations::logs)),
    ("1-8", durable!(operations::computes)),
    ("1-10", durable!(operations::catches_and_waits)),
    ("1-11", durable!(operations::second_attempt)),
    ("1-12", durable!(operations::fails_four_times)),
    ("1-13", durable!(operations::default_retry)),
    ("1-14", durable!(operations::growing_delays)),
    ("1-16", durable!(operations::not_tried_again)),
    ("1-17", durable!(operations::crashes_once)),
    ("1-19", durable!(operations::fails)),
    ("1-20", durable!(operations::falls_back)),
    ("2-1", durable!(waits::waits)),
    ("2-2", durable!(waits::named_wait)),
    ("2-3", durable!(waits::two_waits)),
    ("2-4", durable!(waits::waits_a_minute)),
    ("3-1", durable!(operations::child)),
    ("3-2", durable!(operations::named_child)),
    ("3-3", durable!(operations::child_of_two)),
    ("3-4", durable!(operations::failing_child)),
    ("3-5", durable!(operations::child_that_is_caught)),
    ("3-6", durable!(operations::child_in_child)),
    ("3-7", durable!(operations::child_with_retry)),
    ("3-9", durable!(operations::child_and_wait)),
    ("3-10", durable!(operations::child_with_wait)),
    ("3-11", durable!(operations::large_child)),
    ("3-12", durable!(operations::crash_in_child)),
    ("3-14", durable!(operations::upper_child)),
    ("3-15", durable!(operations::child_without_operations)),
    ("3-17", durable!(operations::child_that_logs)),
    ("3-18", durable!(operations::child_step_and_waits)),
    ("4-1", durable!(waits::callback)),
    ("4-2", durable!(waits::approval)),
    ("4-3", durable!(waits::callback_with_timeout)),
    ("4-4", durable!(waits::callback_with_heartbeat)),
    ("4-5", durable!(waits::callback_with_long_heartbeat)),
    ("4-6", durable!(waits::callback)),
    ("4-7", durable!(waits::callback_and_step)),
    ("4-9", durable!(waits::callback_and_wait)),
    ("4-10", durable!(waits::callback_and_wait)),
    ("4-11", durable!(waits::callback_that_times_out_in_a_wait)),
    ("4-12", durable!(waits::callback_before_wait)),
    ("4-14", durable!(waits::timeout_that_is_caught)),
    ("4-15", durable!(waits::typed_callback)),
    ("4-16", durable!(waits::number_callback)),
    ("4-18", durable!(waits::two_callbacks)),
    ("4-19", durable!(waits::two_callbacks_turned)),
    ("5-1", durable!(waits::invokes)),
    ("5-2", durable!(waits::invokes_named)),
    ("5-4", durable!(waits::invokes_with_null)),
    ("5-5", durable!(waits::invokes_broken)),
    ("5-6", durable!(waits::invokes_and_catches)),
    ("5-7", durable!(waits::invokes_with_much)),
    ("5-9", durable!(waits::invokes_and_waits)),
    ("5-10", durable!(waits::invokes_catches_and_waits)),
    ("5-11", durable!(waits::step_and_invoke)),
    ("5-12", durable!(waits::invoke_and_step)),
    ("5-14", durable!(waits::invokes_twice)),
    ("5-15", durable!(waits::invokes_with_upper)),
    ("5-16", durable!(waits::invokes_for_upper)),
    ("6-1", durable!(waits::polls)),
    ("6-2", durable!(waits::polls_once)),
    ("6-3", durable!(waits::polls)),
    ("6-5", durable!(waits::polls)),
    ("6-6", durable!(waits::polls_three_times)),
    ("6-7", durable!(waits::check_fails)),
    ("6-9", durable!(waits::polls_with_a_struct)),
    ("6-10", durable!(waits::polls_for_null)),
    ("6-12", durable!(waits::poll_and_step)),
    ("6-13", durable!(waits::two_polls)),
    ("7-1", durable!(waits::wait_for_callback)),
    ("7-2", durable!(waits::wait_for_approval)),
    ("7-3", durable!(waits::wait_for_approval)),
    ("7-4", durable!(waits::wait_for_callback)),
    ("7-5", durable!(waits::wait_for_callback_in_time)),
    ("7-6", durable!(waits::wait_for_callback_and_recover)),
    ("7-7", durable!(waits::submitter_fails)),
    ("7-8", durable!(waits::wait_for_callback_in_child)),
    ("7-10", durable!(waits::wait_for_callback_after_others)),
    ("7-11", durable!(waits::wait_for_typed_callback)),
    ("7-12", durable!(waits::wait_for_heartbeat)),
    ("7-13", durable!(waits::wait_with_heartbeat)),
    ("7-15", durable!(waits::wait_for_nothing)),
    ("8-1", durable!(batches::two_tasks)),
    ("8-2", durable!(batches::two_constants)),
    ("8-3", durable!(batches::two_named)),
    ("8-5", durable!(batches::no_branches)),
    ("8-6", durable!(batches::fails_fast)),
    ("8-7", durable!(batches::fails_fast_for_good)),
    ("8-8", durable!(batches::two_suffice)),
    ("8-10", durable!(batches::one_failure_of_three)),
    ("8-11", durable!(batches::two_at_once)),
    ("8-13", durable!(batches::a_quarter_of_failures)),
    ("8-14", durable!(batches::branch_that_waits)),
    ("8-15", durable!(batches::wrapped)),
    ("8-17", durable!(batches::three_of_three)),
    ("8-18", durable!(batches::three_or_two_failures)),
    ("8-20", durable!(batches::counts_of_three)),
    ("8-21", durable!(batches::nested)),
    ("8-22", durable!(batches::a_quarter_is_tolerated)),
    ("9-1", durable!(batches::greets)),
    ("9-3", durable!(batches::with_index)),
    ("9-4", durable!(batches::no_items)),
    ("9-5", durable!(batches::map_fails_fast)),
    ("9-7", durable!(batches::map_two_suffice)),
    ("9-8", durable!(batches::map_one_failure)),
    ("9-9", durable!(batches::map_two_failures)),
    ("9-10", durable!(batches::map_two_failures)),
    ("9-12", durable!(batches::flat_items)),
    ("9-13", durable!(batches::named_items)),
    ("9-15", durable!(batches::item_that_waits)),
    ("9-16", durable!(batches::large_items)),
    ("9-17", durable!(batches::map_and_wait)),
    ("9-18", durable!(batches::map_with_failure_and_wait)),
    ("echo", handler!(echo)),
    ("broken", handler!(broken)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn echo(text: Option<String>, _: &Context) -> std::result::Result<Option<String>, Error> {
    Ok(text)
}

fn broken(_: Option<String>, _: &Context) -> std::result::Result<String, Error> {
    Err(Error::new("Broken", "as asked"))
}

fn no<T>() -> std::result::Result<T, Error> {
    Err(Error::new("CustomError", "as asked"))
}

/// A step that fails at once.
fn failing(durable: &Durable) -> Result<String> {
    durable.retry(&Retry::NEVER).step("bad", |_| no())
}
