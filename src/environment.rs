//! Reads and changes environment variables. This is the only file with unsafe code.
//!
//! Replaces `std::env::set_var` for the trace id if the C library is glibc, whose `setenv` never
//! frees a value. Cost: the type [`Variable`]. Gain: with `set_var` each invocation takes
//! 156 bytes for good, so a function of 1 ms per event would fill 128 MB within 15 minutes of
//! work. It can go when the glibc targets are no longer supported: musl frees the value.
#![allow(unsafe_code, reason = "a variable can be changed in no other way")]

use std::env;
use std::ffi::{c_char, c_int};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// AWS SDKs and the X-Ray daemon's clients read it.
pub(crate) const TRACE_ID: &str = "_X_AMZN_TRACE_ID";

/// Returns a variable that is set and not empty.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the function's memory in bytes, for limits on data that expands. Without
/// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` it is that of the smallest function.
#[must_use]
pub fn function_memory() -> usize {
    parse_memory(variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").as_deref())
}

/// Returns whether Lambda has started the process ahead of its first event, which is no cold start
/// then: with provisioned concurrency and on Managed Instances.
#[must_use]
pub fn is_started_ahead() -> bool {
    let kind = variable("AWS_LAMBDA_INITIALIZATION_TYPE");
    matches!(kind.as_deref(), Some("provisioned-concurrency" | "lambda-managed-instances"))
}

fn parse_memory(megabytes: Option<&str>) -> usize {
    const SMALLEST_MB: usize = 128;
    let megabytes = megabytes.and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    megabytes.unwrap_or(SMALLEST_MB).saturating_mul(1 << 20)
}

/// Removes a variable.
pub(crate) fn remove(name: &str) {
    set(name, None);
}

/// Sets the variable of the trace id, or removes it.
///
/// The handler, and the threads that it waits for, read the trace id of their invocation. A thread
/// that is still running when the next invocation begins may read the previous id or the next, and
/// if it reads while two more invocations begin, a mixture of two ids. [`Context::trace_id`] is
/// always right.
///
/// With glibc the variable is one of two static texts, which take turns: the text that an
/// invocation has read is written again only by the invocation after the next. Other C libraries
/// free the value that they replace, so with them the variable must not point to static memory.
///
/// [`Context::trace_id`]: crate::Context::trace_id
pub(crate) fn set_trace_id(id: Option<&str>) {
    static TEXTS: [Variable; 2] = [const { Variable::new() }; 2];
    static SECOND: AtomicBool = AtomicBool::new(false);
    let Some(id) = id else { return remove(TRACE_ID) };
    let glibc = cfg!(all(target_env = "gnu", not(miri)));
    if !glibc || !Variable::fits(id) {
        return set(TRACE_ID, Some(id));
    }
    if env::var_os(TRACE_ID).is_none() {
        set(TRACE_ID, Some("")); // the list of variables grows under the lock of std
    }
    let [first, second] = &TEXTS;
    let text = if SECOND.fetch_xor(true, Ordering::Relaxed) { second } else { first };
    text.write(id);
    text.set();
}

/// A static text `NAME=value` with a zero after it. It is written eight bytes at a time.
struct Variable([AtomicU64; Self::BYTES / 8]);

impl Variable {
    /// The longest known id has under 300 bytes.
    const BYTES: usize = 1024;

    const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; Self::BYTES / 8])
    }

    fn fits(id: &str) -> bool {
        TRACE_ID.len() + 1 + id.len() < Self::BYTES
    }

    fn write(&self, id: &str) {
        let mut text = [0; Self::BYTES];
        let bytes = [TRACE_ID.as_bytes(), b"=", id.as_bytes(), &[0]];
        let mut free = text.as_mut_slice();
        let written = bytes.into_iter().try_for_each(|bytes| free.write_all(bytes));
        debug_assert!(written.is_ok(), "it fits");
        let left = free.len();
        let eights = text.chunks_exact(8).take((Self::BYTES - left).div_ceil(8));
        for (place, eight) in self.0.iter().zip(eights) {
            place.store(eight.try_into().map_or(0, u64::from_ne_bytes), Ordering::Relaxed);
        }
    }

    fn set(&'static self) {
        unsafe extern "C" {
            fn putenv(text: *mut c_char) -> c_int;
        }
        let text = self.0.as_ptr().cast::<c_char>().cast_mut();
        // SAFETY: the text is static and its last byte is always 0. The variable exists, so one
        // pointer in the list of variables is replaced by another, and the list does not move.
        // `putenv` fails only if the list has to grow.
        unsafe { putenv(text) };
    }
}

fn set(name: &str, value: Option<&str>) {
    // SAFETY: std locks its own readers and writers of the environment. What is left is C code
    // that reads the environment in a thread of its own. This function is called at start, when
    // no such thread exists, and between two invocations of a process that serves one at a time,
    // so only a thread that a handler left running could read it. AWS's runtimes for other
    // languages have the same requirement.
    match value {
        Some(value) => unsafe { env::set_var(name, value) },
        None => unsafe { env::remove_var(name) },
    }
}

#[cfg(test)]
mod tests {
    use super::{TRACE_ID, parse_memory, set_trace_id};
    use std::process::Command;
    use std::sync::{Barrier, Mutex, RwLock};
    use std::{env, thread};

    #[test]
    fn the_memory_is_that_of_the_smallest_function_unless_the_variable_says_more() {
        for (text, megabytes) in
            [(None, 128), (Some("512"), 512), (Some(""), 128), (Some("0"), 128), (Some("-1"), 128)]
        {
            assert_eq!(parse_memory(text), megabytes << 20, "{text:?}");
        }
        assert_eq!(parse_memory(Some("18446744073709551615")), usize::MAX);
    }

    fn found() -> Option<String> {
        env::var(TRACE_ID).ok()
    }

    /// Miri and the address sanitizer run this test.
    #[test]
    fn a_concurrent_reader_finds_the_previous_or_the_next_trace_id() {
        const ROUNDS: usize = 50;
        let long = "c".repeat(5000);
        let steps = [Some("a"), Some("bb"), None, Some(&*long), Some("bb"), Some("a"), None, None];
        let (barrier, before, after) = (Barrier::new(4), RwLock::new(None), RwLock::new(None));
        let wrong = Mutex::new(Vec::new()); // a panic here would leave the others waiting
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..ROUNDS * steps.len() {
                        barrier.wait();
                        let now = found();
                        // The variable is empty before it gets its first text.
                        let all = [*before.read().unwrap(), *after.read().unwrap(), Some("")];
                        if !all.contains(&now.as_deref()) {
                            wrong.lock().unwrap().push(format!("{now:?} {all:?}"));
                        }
                        barrier.wait();
                    }
                });
            }
            for step in [steps; ROUNDS].into_iter().flatten() {
                *before.write().unwrap() = *after.read().unwrap();
                *after.write().unwrap() = step;
                barrier.wait();
                set_trace_id(step);
                let now = found();
                if now.as_deref() != step {
                    wrong.lock().unwrap().push(format!("{now:?} set to {step:?}"));
                }
                barrier.wait();
            }
        });
        assert_eq!(wrong.into_inner().unwrap(), [""; 0]);
        set_trace_id(Some("for children"));
        if !cfg!(miri) {
            let child = Command::new("sh").args(["-c", "echo $_X_AMZN_TRACE_ID"]).output().unwrap();
            assert_eq!(child.stdout, b"for children\n");
        }
        set_trace_id(None);
    }
}
