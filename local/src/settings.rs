//! The configuration of the functions, and the environment of their programs.

use crate::asynchronous::{self, Asynchronous};
use crate::error::{Error, ErrorKind};
use crate::invocation::Invocation;
use crate::log::Running;
use crate::names::Names;
use crate::variables::{self, Variable};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A notice for the terminal and the page.
#[derive(Clone, Debug)]
pub(crate) enum Notice<'a> {
    /// A line of the log of a handler's program, or a line that Lambda writes.
    Log { handler: &'a str, line: &'a str },
    /// A file of the user's is not for the program.
    Wrong { line: &'a str },
    /// An invocation is over.
    Done { handler: &'a str, event: &'a [u8], invocation: &'a Invocation },
}

pub(crate) type Observer = Arc<dyn Fn(&Notice) + Send + Sync>;

/// The limits of a function. What is `None` is not set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Limits {
    pub timeout: Option<Duration>,
    pub memory_mb: Option<u32>,
}

impl Limits {
    /// Returns these limits, and others for what is not set.
    pub fn or(self, other: Self) -> Self {
        Self {
            timeout: self.timeout.or(other.timeout),
            memory_mb: self.memory_mb.or(other.memory_mb),
        }
    }
}

/// The limits that a file of the project has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FileLimits {
    pub all: Limits,
    /// By the handler.
    pub each: BTreeMap<String, Limits>,
}

impl FileLimits {
    /// The limits of a function that the file does not name.
    pub fn usual(&self) -> Limits {
        self.all.or(Limits { timeout: Some(TIMEOUT), memory_mb: Some(MEMORY_MB) })
    }

    pub fn of(&self, handler: &str) -> Limits {
        self.each.get(handler).copied().unwrap_or_default().or(self.all)
    }
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub program: PathBuf,
    /// The limits that the user has set for all functions, and those of the file for the others.
    pub limits: Limits,
    pub file_limits: FileLimits,
    /// The variables of the user, after Lambda's own variables.
    pub environment: BTreeMap<String, String>,
    pub region: String,
    /// What the functions send to the metadata endpoint.
    pub metadata_token: String,
    pub freeze: bool,
    /// The number of events that one program processes at once: `AWS_LAMBDA_MAX_CONCURRENCY`.
    pub workers: Option<usize>,
    pub max_programs: usize,
    /// The delays before each repetition of an asynchronous invocation that has failed.
    pub retry_delays: Vec<Duration>,
    /// What follows the asynchronous invocations of functions.
    pub asynchronous: asynchronous::Functions,
    pub observer: Option<Observer>,
    /// The logs of the running invocations.
    pub logs: Arc<Running>,
    /// Why nothing can be run with these settings.
    pub wrong: Option<Error>,
    /// The durable handlers of the program's table, and those that were named.
    pub durable: Vec<String>,
    pub named_durable: Vec<String>,
    /// Those that the file of the functions names.
    pub file_durable: Vec<String>,
    /// The names of the functions.
    pub names: Names,
    /// The handler whose program has no time limit.
    pub debugged: Option<String>,
    /// The handlers whose programs the user starts.
    pub by_hand: Vec<String>,
    /// The programs of the extensions, which are started with each program.
    pub extensions: Vec<PathBuf>,
    /// The URL of the server with the durable service, for the functions.
    pub lambda_url: Option<String>,
}

/// The limits of a function that has none.
const TIMEOUT: Duration = Duration::from_secs(3);
const MEMORY_MB: u32 = 128;

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

/// The longest timeout, and that of managed instances, in seconds.
pub(crate) const MAX_TIMEOUTS: [f64; 2] = [1800.0, 5400.0];

/// The most memory, in MB.
pub(crate) const MAX_MEMORY_MB: f64 = 32_768.0;

/// The most events at once in one program.
const MAX_WORKERS: f64 = 64.0;

pub(crate) const ACCOUNT: &str = "123456789012";

/// Reads a timeout that a user has set.
pub(crate) fn timeout(seconds: f64, workers: Option<usize>) -> Result<Duration, String> {
    let [usual, managed] = MAX_TIMEOUTS;
    let most = if workers.is_some() { managed } else { usual };
    if (0.001..=most).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(format!(
        "the timeout is from 0.001 to {usual} seconds, {managed} with several events at once (managed \
         instances)"
    ))
}

/// Reads a memory size that a user has set.
pub(crate) fn memory_mb(megabytes: f64) -> Result<u32, String> {
    let memory = whole(megabytes, 1.0, MAX_MEMORY_MB);
    memory.ok_or_else(|| format!("the memory is from 1 to {MAX_MEMORY_MB} MB"))
}

/// Reads a number of events at once that a user has set; 0 is Lambda as usual.
pub(crate) fn workers(count: f64) -> Result<Option<usize>, String> {
    let count = whole(count, 0.0, MAX_WORKERS);
    let count = count.ok_or_else(|| format!("the events at once are from 0 to {MAX_WORKERS}"))?;
    Ok((count > 0).then_some(count as usize))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is checked")]
fn whole(number: f64, least: f64, most: f64) -> Option<u32> {
    ((least..=most).contains(&number) && number.fract() == 0.0).then_some(number as u32)
}

/// Without the environment, which may have secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let mut fields = formatter.debug_struct("Settings");
        fields.field("program", &self.program).field("limits", &self.limits);
        fields.finish_non_exhaustive()
    }
}

impl Settings {
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            limits: Limits::default(),
            file_limits: FileLimits::default(),
            environment: BTreeMap::new(),
            region: "eu-central-1".to_owned(),
            metadata_token: crate::ids::hex(32),
            freeze: true,
            workers: None,
            max_programs: 100,
            retry_delays: vec![Duration::from_secs(60), Duration::from_secs(120)],
            asynchronous: asynchronous::Functions::new(),
            observer: None,
            logs: Arc::default(),
            wrong: None,
            durable: Vec::new(),
            named_durable: Vec::new(),
            file_durable: Vec::new(),
            names: Names::default(),
            debugged: None,
            by_hand: Vec::new(),
            extensions: Vec::new(),
            lambda_url: None,
        }
    }

    /// Sets a variable of the functions. The region is no variable of its own: several are made of
    /// it.
    pub fn set_variable(&mut self, (name, value): Variable) {
        if let Err(reason) = variables::check(&name, &value) {
            let error = || Error::new(ErrorKind::InvalidSettings, reason);
            self.wrong.get_or_insert_with(error);
        } else if variables::is_region(&name) {
            self.region = value;
        } else {
            self.environment.insert(name, value);
        }
    }

    pub fn set_variables(&mut self, variables: Vec<Variable>) {
        for variable in variables {
            self.set_variable(variable);
        }
    }

    pub fn notice(&self, notice: &Notice) {
        if let Some(observer) = &self.observer {
            observer(notice);
        }
    }

    /// Notes a line of a handler's log.
    pub fn note_line(&self, handler: &str, line: &str) {
        self.notice(&Notice::Log { handler, line });
    }

    fn limits_of(&self, handler: &str) -> Limits {
        self.limits.or(self.file_limits.of(handler))
    }

    pub fn timeout_of(&self, handler: &str) -> Duration {
        self.limits_of(handler).timeout.unwrap_or(TIMEOUT)
    }

    pub fn memory_mb_of(&self, handler: &str) -> u32 {
        self.limits_of(handler).memory_mb.unwrap_or(MEMORY_MB)
    }

    pub fn is_durable(&self, handler: &str) -> bool {
        self.all_durable().any(|name| name == handler)
    }

    fn all_durable(&self) -> impl Iterator<Item = &String> {
        self.durable.iter().chain(&self.named_durable).chain(&self.file_durable)
    }

    /// What follows the asynchronous invocations of a handler, by any name of it.
    pub fn asynchronous_of(&self, handler: &str) -> Asynchronous {
        let named = self.asynchronous.get(handler);
        let named = named.or_else(|| self.asynchronous.get(&self.names.function_of(handler)));
        named.cloned().unwrap_or_default()
    }

    pub fn arn(&self, handler: &str) -> String {
        let name = self.names.function_of(handler);
        format!("arn:aws:lambda:{}:{ACCOUNT}:function:{name}", self.region)
    }

    /// The id of the region's first availability zone, in AWS's form: `use1-az1`, `apse2-az1`.
    pub fn zone_id(&self) -> String {
        let mut parts = self.region.split('-');
        let mut id = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            // `southeast` is two words.
            let (first, second) = match part.strip_prefix("north").or(part.strip_prefix("south")) {
                Some(second) => (part, second),
                None => (part, ""),
            };
            id.extend(first.chars().next());
            id.extend(second.chars().next());
        }
        id + "-az1"
    }

    /// The environment of a program, made from nothing.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
    pub fn environment_of(&self, handler: &str, runtime_api: &str) -> Vec<(String, String)> {
        let folder = self.program.parent().map(|path| path.display().to_string());
        let name = self.names.function_of(handler);
        let day = crate::clock::date(crate::clock::now());
        let mut variables: Vec<(String, String)> = [
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_METADATA_API", runtime_api),
            ("AWS_LAMBDA_METADATA_TOKEN", &self.metadata_token),
            ("_HANDLER", handler),
            ("AWS_LAMBDA_FUNCTION_NAME", &name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &self.memory_mb_of(handler).to_string()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", &format!("{day}/[$LATEST]{}", crate::ids::hex(32))),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", &self.region),
            ("AWS_DEFAULT_REGION", &self.region),
            ("LAMBDA_TASK_ROOT", &folder.unwrap_or_default()),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            // The only one that Lambda does not set: minilambda's runtime warns of more. Others
            // ignore it.
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
        variables.extend(self.of_lambda());
        variables.extend(self.environment.clone());
        variables
    }

    /// The environment of an extension: that of its program without what is the runtime's.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.
    pub fn environment_of_extension(
        &self,
        handler: &str,
        runtime_api: &str,
    ) -> Vec<(String, String)> {
        let mut variables = self.environment_of(handler, runtime_api);
        variables.retain(|(name, _)| {
            let is_of_log =
                matches!(&**name, "AWS_LAMBDA_LOG_GROUP_NAME" | "AWS_LAMBDA_LOG_STREAM_NAME");
            let is_of_folder = matches!(&**name, "LAMBDA_TASK_ROOT" | "LAMBDA_RUNTIME_DIR");
            !is_of_log && !is_of_folder && name != "_HANDLER"
        });
        variables
    }

    /// The variables with which functions invoke each other and find the durable service: those of
    /// a program with durable functions, of one that has a stand-in for AWS, which runs no
    /// functions, and of one that names a stand-in for Lambda, such as this service. The keys are
    /// not checked.
    fn of_lambda(&self) -> Vec<(String, String)> {
        let has_durable = self.all_durable().next().is_some();
        let named = self.environment.get("AWS_ENDPOINT_URL_LAMBDA");
        let is_named = named.is_some_and(|url| url.starts_with("http://")); // AWS has no such URL
        let is_meant = has_durable || is_named || self.environment.contains_key("AWS_ENDPOINT_URL");
        let Some(url) = self.lambda_url.as_ref().filter(|_| is_meant) else { return Vec::new() };
        [
            ("AWS_ENDPOINT_URL_LAMBDA", &**url),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}
