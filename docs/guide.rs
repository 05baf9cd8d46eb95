//! The code of the guide in `docs/guide/` and of the READMEs, as documentation tests, and the
//! checks of what the pages say.

/// One documentation test for each page.
macro_rules! pages {
    ($($name:ident $path:literal)*) => {
        /// The pages that are compiled.
        #[cfg(test)]
        pub(crate) const COMPILED: &[&str] = &[$($path),*];
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            pub struct $name;
        )*
    };
}

pages! {
    Readme "../README.md"
    FirstFunction "guide/first-function.md"
    Events "guide/events.md"
    Serde "guide/serde.md"
    Http "guide/http.md"
    CallingAws "guide/calling-aws.md"
    Tables "guide/tables.md"
    Postgres "guide/postgres.md"
    Idempotency "guide/idempotency.md"
    Durable "guide/durable.md"
    Errors "guide/errors.md"
    Batches "guide/batches.md"
    State "guide/state.md"
    Around "guide/around.md"
    Flags "guide/flags.md"
    Variables "guide/variables.md"
    Logging "guide/logging.md"
    Metrics "guide/metrics.md"
    OpenTelemetry "guide/opentelemetry.md"
    Testing "guide/testing.md"
    Local "guide/local.md"
    Deploying "guide/deploying.md"
    Streaming "guide/streaming.md"
    ManagedInstances "guide/managed-instances.md"
    Performance "guide/performance.md"
    Troubleshooting "guide/troubleshooting.md"
    Migrating "guide/migrating.md"
    Limits "guide/limits.md"
}

#[cfg(test)]
mod checks;
