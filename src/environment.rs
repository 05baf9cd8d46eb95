//! The one place that changes the environment, and the one with unsafe code.
#![allow(unsafe_code, reason = "the only way to change a variable; why it is sound stands below")]

use std::env;
use std::ffi::{c_char, c_int};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Where AWS's SDKs and X-Ray look for it.
const TRACE_ID: &str = "_X_AMZN_TRACE_ID";

/// Removes a variable.
pub(crate) fn remove(name: &str) {
    set(name, None);
}

/// Sets the trace id's variable, or removes it.
///
/// glibc's `setenv` never frees a value, since somebody may have a pointer to it: that is 140 bytes
/// for each invocation. So with glibc the variable is a text of ours, which is written anew. Two take
/// turns: what was read from an invocation's environment is not written before the next but one.
/// Other C libraries free what they replace, so that there a text of theirs must not be replaced
/// behind the back of Rust's readers; nor need it be.
pub(crate) fn set_trace_id(id: Option<&str>) {
    static TEXTS: [Text; 2] = [const { Text::new() }; 2];
    static SECOND: AtomicBool = AtomicBool::new(false);
    let Some(id) = id else { return remove(TRACE_ID) };
    let glibc = cfg!(all(target_env = "gnu", not(miri)));
    if !glibc || !Text::fits(id) {
        return set(TRACE_ID, Some(id));
    }
    if env::var_os(TRACE_ID).is_none() {
        set(TRACE_ID, Some("")); // the list grows while nobody reads it
    }
    let [first, second] = &TEXTS;
    let text = if SECOND.fetch_xor(true, Ordering::Relaxed) { second } else { first };
    text.write(id);
    text.put();
}

/// `NAME=value` with a zero behind it, for good; eight bytes are written at once.
struct Text([AtomicU64; Self::BYTES / 8]);

impl Text {
    /// Any id fits: the longest that is known of is under 300 bytes.
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

    fn put(&'static self) {
        unsafe extern "C" {
            fn putenv(text: *mut c_char) -> c_int;
        }
        let text = self.0.as_ptr().cast::<c_char>().cast_mut();
        // SAFETY: the text is there for good, and its last byte is always 0. The variable is there,
        // so that one pointer in the list is replaced by another. Who reads meanwhile, be it from
        // C, finds either; both texts are whole, since glibc keeps the one that is replaced. It
        // fails only where it has to make room.
        unsafe { putenv(text) };
    }
}

fn set(name: &str, value: Option<&str>) {
    // SAFETY: Rust's own readers and writers of the environment take turns. What is left is C
    // code that reads it in a thread of its own. This is called at start, when there is no such
    // thread, and between two invocations where a process serves one at a time, so that only what
    // a handler left running could be reading; AWS's runtimes for other languages ask the same of it.
    match value {
        Some(value) => unsafe { env::set_var(name, value) },
        None => unsafe { env::remove_var(name) },
    }
}

#[cfg(test)]
mod tests {
    use super::{TRACE_ID, set_trace_id};
    use std::process::Command;
    use std::sync::{Barrier, Mutex, RwLock};
    use std::{env, thread};

    fn found() -> Option<String> {
        env::var(TRACE_ID).ok()
    }

    /// What this relies on; Miri and the address sanitizer look at it here.
    #[test]
    fn who_reads_meanwhile_finds_the_trace_id_of_before_or_of_after() {
        const ROUNDS: usize = 50;
        let long = "c".repeat(5000);
        let steps = [Some("a"), Some("bb"), None, Some(&*long), Some("bb"), Some("a"), None, None];
        let (barrier, before, after) = (Barrier::new(4), RwLock::new(None), RwLock::new(None));
        let wrong = Mutex::new(Vec::new()); // who panicked here would leave the others waiting
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..ROUNDS * steps.len() {
                        barrier.wait();
                        let now = found();
                        // The variable is made empty before it has its text.
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
