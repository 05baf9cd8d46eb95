//! The configuration of the functions, and the environment of their programs.

use crate::error::{Error, Kind};
use crate::invocation::Invocation;
use crate::variables::{self, Variable};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A notice for the terminal and the page.
#[derive(Clone, Debug)]
pub(crate) enum Notice<'a> {
    /// A line of the log of a handler's program, or a line that Lambda writes.
    Log { handler: &'a str, line: &'a str },
    /// An invocation is over.
    Done { handler: &'a str, event: &'a [u8], invocation: &'a Invocation },
}

pub(crate) type Observer = Arc<dyn Fn(&Notice) + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub program: PathBuf,
    pub timeout: Duration,
    pub memory_mb: u32,
    /// Of the user, after Lambda's own variables.
    pub environment: BTreeMap<String, String>,
    pub region: String,
    pub freeze: bool,
    /// The number of events that one program processes at once: `AWS_LAMBDA_MAX_CONCURRENCY`.
    pub workers: Option<usize>,
    pub max_concurrency: usize,
    /// The delays before each repetition of an asynchronous invocation that has failed.
    pub retry_delays: Vec<Duration>,
    pub observer: Option<Observer>,
    /// Why nothing can be run with these settings.
    pub wrong: Option<Error>,
}

/// Lambda ends an initialisation that takes longer.
pub(crate) const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest event of a synchronous invocation, in bytes.
pub(crate) const MAX_EVENT_BYTES: usize = 6_291_456;

/// The largest event of an asynchronous invocation, in bytes.
pub(crate) const MAX_ASYNC_EVENT_BYTES: usize = 1_048_576;

/// The largest buffered response, in bytes.
pub(crate) const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// The largest streamed response, in bytes.
pub(crate) const MAX_STREAMED_BYTES: usize = 200 * 1024 * 1024;

pub(crate) const ACCOUNT: &str = "123456789012";

impl Settings {
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            environment: BTreeMap::new(),
            region: "eu-central-1".to_owned(),
            freeze: true,
            workers: None,
            max_concurrency: 100,
            retry_delays: vec![Duration::from_secs(60), Duration::from_secs(120)],
            observer: None,
            wrong: None,
        }
    }

    /// Sets a variable of the functions. The region is no variable of its own: several are made of it.
    pub fn set_variable(&mut self, (name, value): Variable) {
        if let Err(reason) = variables::check(&name, &value) {
            let error = || Error::new(Kind::InvalidSettings, reason);
            self.wrong.get_or_insert_with(error);
        } else if name == "AWS_REGION" || name == "AWS_DEFAULT_REGION" {
            self.region = value;
        } else {
            self.environment.insert(name, value);
        }
    }

    pub fn notice(&self, notice: &Notice) {
        if let Some(observer) = &self.observer {
            observer(notice);
        }
    }

    pub fn arn(&self, handler: &str) -> String {
        format!("arn:aws:lambda:{}:{ACCOUNT}:function:{handler}", self.region)
    }

    /// The environment of a program, made from nothing.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
    pub fn environment_of(&self, handler: &str, runtime_api: &str) -> Vec<(String, String)> {
        let folder = self.program.parent().map(|path| path.display().to_string());
        let day = crate::clock::date(crate::clock::now());
        let mut variables: Vec<(String, String)> = [
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("_HANDLER", handler),
            ("AWS_LAMBDA_FUNCTION_NAME", handler),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &self.memory_mb.to_string()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{handler}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", &format!("{day}/[$LATEST]{}", crate::ids::hex(32))),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", &self.region),
            ("AWS_DEFAULT_REGION", &self.region),
            ("LAMBDA_TASK_ROOT", &folder.unwrap_or_default()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            // The only one that Lambda does not set: minilambda's runtime warns of more. Others ignore it.
            ("MINILAMBDA_LOCAL", "true"),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if let Some(workers) = self.workers {
            variables.retain(|(name, _)| name != "AWS_LAMBDA_INITIALIZATION_TYPE");
            let kind = "lambda-managed-instances".to_owned();
            variables.push(("AWS_LAMBDA_INITIALIZATION_TYPE".to_owned(), kind));
            variables.push(("AWS_LAMBDA_MAX_CONCURRENCY".to_owned(), workers.to_string()));
        }
        variables.extend(self.environment.clone());
        variables
    }
}
