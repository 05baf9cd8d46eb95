//! The one place that changes the environment, and the one with unsafe code.

use std::env;

/// Sets a variable, or removes it.
#[allow(unsafe_code, reason = "the only way to change a variable; why it is sound stands below")]
pub(crate) fn set(name: &str, value: Option<&str>) {
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
    use super::set;
    use std::{env, thread};

    /// What `set` relies on; Miri and the thread sanitizer look at it here.
    #[test]
    fn threads_that_read_with_rust_may_read_meanwhile() {
        const NAME: &str = "MINILAMBDA_TEST_VARIABLE";
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let value = env::var(NAME).ok();
                        assert!(value.is_none_or(|value| ["a", "b"].contains(&&*value)));
                    }
                });
            }
            for _ in 0..50 {
                set(NAME, Some("a"));
                set(NAME, Some("b"));
                set(NAME, None);
            }
        });
        assert_eq!(env::var(NAME).ok(), None);
    }
}
