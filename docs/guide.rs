//! The code of the guide in `docs/guide/` and of the READMEs, as documentation tests, and the
//! checks of what the pages say.

/// One documentation test for each page, with the code that `build.rs` takes from its comments.
macro_rules! pages {
    ($($name:ident $path:literal)*) => {
        /// The pages that are compiled.
        #[cfg(test)]
        pub(crate) const COMPILED: &[&str] = &[$($path),*];
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!(env!("OUT_DIR"), "/", $path))]
            pub struct $name;
        )*
    };
}

pages! {
    Readme "README.md"
    FirstFunction "guide/first-function.md"
    Events "guide/events.md"
    Local "guide/local.md"
    Testing "guide/testing.md"
    Deploying "guide/deploying.md"
    Triggers "guide/triggers.md"
    Troubleshooting "guide/troubleshooting.md"
    Http "guide/http.md"
    Authorisation "guide/authorisation.md"
    Errors "guide/errors.md"
    Batches "guide/batches.md"
    Asynchronous "guide/asynchronous.md"
    Idempotency "guide/idempotency.md"
    Durable "guide/durable.md"
    State "guide/state.md"
    Around "guide/around.md"
    Streaming "guide/streaming.md"
    Serde "guide/serde.md"
    CallingAws "guide/calling-aws.md"
    Tables "guide/tables.md"
    CallingHttp "guide/calling-http.md"
    Postgres "guide/postgres.md"
    Flags "guide/flags.md"
    Logging "guide/logging.md"
    Metrics "guide/metrics.md"
    OpenTelemetry "guide/opentelemetry.md"
    Variables "guide/variables.md"
    Performance "guide/performance.md"
    Sizes "guide/sizes.md"
    ManagedInstances "guide/managed-instances.md"
    Platforms "guide/platforms.md"
    Migrating "guide/migrating.md"
    Limits "guide/limits.md"
}

#[cfg(test)]
mod checks;
