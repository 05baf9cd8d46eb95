//! The tool `minilambda-local`: its command line, and what it starts.

use crate::caller_options::{self, CallerOptions};
use crate::durable::time::{self, DurableTime};
use crate::env_file::{self, EnvFile};
use crate::error::{Error, ErrorKind};
use crate::front_end::FrontEnd;
use crate::gateway::UNVERIFIED;
use crate::journal::{Build, Journal};
use crate::lambda::Lambda;
use crate::project::{self, Project, Target};
use crate::server::{Server, Site};
use crate::settings::{self, Notice};
use crate::terminal;
use crate::variables;
use crate::watch::Files;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use std::{env, thread};

const USAGE: &str = "\
usage: minilambda-local [OPTIONS] [BOOTSTRAP]
       minilambda-local [--env-file FILE] --run COMMAND...

Runs the Lambda functions of the project in this folder, or of the program BOOTSTRAP, on this machine.
It builds the project, serves a page, the Invoke API and HTTP on 127.0.0.1, and builds and restarts when
a file changes. Each handler of the program's table is a function.

  --bin NAME           the binary to build, if there are several
  --example NAME       an example to build
  --port PORT          the port, 9000 if it is not given
  --timeout SECONDS    the functions' timeout, 3 if it is not given, at most 1800 (5400 with --workers)
  --memory MB          the functions' memory, 128 if it is not given, at most 32768
  --workers COUNT      events at once in one program, as on managed instances, at most 64
  --env-file FILE      variables of the functions, NAME=value in each line; NAME alone takes the value
                       from the environment. A change of the file restarts the programs.
  --events DIR         the folder for your own events, `events` if it is not given
  --http HANDLER=PORT  HTTP for a handler on a port of its own; can be given several times
  --front-end NAME     what HTTP requests come through: function-url, http-api, http-api-1.0, rest-api,
                       alb, alb-multi-value, lattice-1, lattice-2; if it is not given function-url, or
                       http-api for callers that a function URL does not have
  --time TIME          how time passes for durable executions: real, skip (jumps to the earliest timer
                       while nothing runs), stop (only the page moves it), or a factor such as 3600
  --run COMMAND...     runs a command with the variables of --env-file, and nothing else
";

/// The command line.
#[derive(Debug, Default)]
struct Options {
    bootstrap: Option<PathBuf>,
    target: Target,
    port: Option<u16>,
    timeout: Option<f64>,
    memory: Option<f64>,
    workers: Option<f64>,
    env_file: Option<PathBuf>,
    events: Option<PathBuf>,
    http: Vec<(String, u16)>,
    front_end: Option<FrontEnd>,
    callers: CallerOptions,
    time: DurableTime,
    /// The command to run instead of serving.
    run: Vec<OsString>,
    is_help: bool,
}

/// Runs the tool with the arguments of this process. It returns only if it cannot start.
#[must_use]
pub fn main() -> ExitCode {
    let options = match Options::parse(env::args_os().skip(1)) {
        Ok(options) if options.is_help => {
            terminal::print(format_args!("{USAGE}\n{}", caller_options::USAGE.trim_end()));
            return ExitCode::SUCCESS;
        }
        Ok(options) => options,
        Err(error) => {
            let usage = caller_options::USAGE.trim_end();
            terminal::say(format_args!("error: {error}\n\n{USAGE}\n{usage}"));
            return ExitCode::from(2);
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::say(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, Short, Value, ValueExt};
        let mut options = Self::default();
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("bin") => options.target.bin = Some(parser.value()?.string()?),
                Long("example") => options.target.example = Some(parser.value()?.string()?),
                Long("port") => options.port = Some(parser.value()?.parse()?),
                Long("timeout") => options.timeout = Some(parser.value()?.parse()?),
                Long("memory") => options.memory = Some(parser.value()?.parse()?),
                Long("workers") => options.workers = Some(parser.value()?.parse()?),
                Long("env-file") => options.env_file = Some(parser.value()?.into()),
                Long("events") => options.events = Some(parser.value()?.into()),
                Long("http") => {
                    let value = parser.value()?.string()?;
                    let parts = value.rsplit_once('=');
                    let parts = parts.and_then(|(name, port)| Some((name, port.parse().ok()?)));
                    let Some((name, port)) = parts else {
                        return Err("--http is followed by HANDLER=PORT".into());
                    };
                    options.http.push((name.to_owned(), port));
                }
                Long("front-end") => {
                    let name = parser.value()?.string()?;
                    let front_end = FrontEnd::from_name(&name);
                    let wrong = || format!("there is no front end \"{name}\"");
                    options.front_end = Some(front_end.ok_or_else(wrong)?);
                }
                Long("time") => options.time = time::parse_mode(&parser.value()?.string()?)?,
                Long("run") => {
                    options.run = parser.raw_args()?.collect();
                    if options.run.is_empty() {
                        return Err("--run is followed by a command".into());
                    }
                }
                Long("help") | Short('h') => options.is_help = true,
                Value(path) if options.bootstrap.is_none() => {
                    options.bootstrap = Some(path.into());
                }
                Long(name) => {
                    let name = name.to_owned();
                    if !options.callers.take(&name, &mut parser)? {
                        return Err(Long(&name).unexpected());
                    }
                }
                other => return Err(other.unexpected()),
            }
        }
        if options.bootstrap.is_some()
            && (options.target.bin.is_some() || options.target.example.is_some())
        {
            return Err("BOOTSTRAP is not built, so --bin and --example are not for it".into());
        }
        options.limits()?;
        options.callers.check()?;
        Ok(options)
    }
}

impl Options {
    /// The timeout, the memory and the workers that were given, within Lambda's limits.
    fn limits(&self) -> Result<Limits, String> {
        let workers = self.workers.map(settings::workers).transpose()?.flatten();
        let timeout =
            self.timeout.map(|seconds| settings::timeout(seconds, workers)).transpose()?;
        Ok(Limits {
            timeout,
            memory_mb: self.memory.map(settings::memory_mb).transpose()?,
            workers,
        })
    }
}

struct Limits {
    timeout: Option<Duration>,
    memory_mb: Option<u32>,
    workers: Option<usize>,
}

/// Becomes another program, with the variables of the file.
fn execute(command: &[OsString], env_file: Option<&Path>) -> Result<(), Error> {
    let variables = env_file.map(variables::read).transpose()?.unwrap_or_default();
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    project::remove_package(&mut command);
    let error = command.args(arguments).envs(variables).exec();
    Err(Error::start(&format!("cannot start {}", program.to_string_lossy()), error))
}

fn run(options: Options) -> Result<(), Error> {
    if !options.run.is_empty() {
        return execute(&options.run, options.env_file.as_deref());
    }
    let start = |what: &str, error: std::io::Error| Error::start(what, error);
    let folder = env::current_dir().map_err(|error| start("there is no current folder", error))?;
    if options.bootstrap.is_none() && !folder.join("Cargo.toml").exists() {
        let message = "there is no Cargo.toml in this folder: go to a project, or give a BOOTSTRAP";
        return Err(Error::new(ErrorKind::Start, message));
    }
    let bootstrap = options.bootstrap.clone();
    if let Some(path) = bootstrap.as_ref().filter(|path| !path.is_file()) {
        return Err(Error::new(ErrorKind::Start, format!("there is no file {}", path.display())));
    }
    let mut builder = Lambda::builder(bootstrap.clone().unwrap_or_default());
    builder = builder.durable_time(options.time);
    let limits = options.limits().map_err(|message| Error::new(ErrorKind::Start, message))?;
    if let Some(timeout) = limits.timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(memory_mb) = limits.memory_mb {
        builder = builder.memory_mb(memory_mb);
    }
    if let Some(workers) = limits.workers {
        builder = builder.events_per_program(workers);
    }
    if let Some(region) = env::var("AWS_REGION").ok().filter(|region| !region.is_empty()) {
        builder = builder.region(region);
    }
    let gateway = options.callers.gateway(options.front_end)?;
    let env_file = options.env_file.map(EnvFile::open).transpose()?;
    let lambda = builder.build();
    let region = lambda.pool().settings().region.clone();
    let journal = Arc::new(Journal::beside(&lambda.pool().settings().logs));
    let keeper = Arc::clone(&journal);
    let (env_file, variables) = env_file.unzip();
    lambda.pool().configure(|settings| {
        env_file::set(settings, variables.unwrap_or_default());
        settings.observer = Some(Arc::new(move |notice| {
            keeper.note(notice);
            if let Notice::Log { handler, line } = notice {
                terminal::print(format_args!("{handler}: {line}"));
            }
        }));
    });
    let observer = Arc::clone(&journal);
    lambda.durable().set_observer(move || observer.note_executions());
    let project = bootstrap.is_none().then(|| Project::new(options.target.clone(), folder.clone()));
    let named = bootstrap.as_deref().unwrap_or(&folder).file_name().unwrap_or_default();
    let site = Arc::new(Site {
        lambda: Arc::clone(lambda.pool()),
        queue: Arc::clone(lambda.queue()),
        durable: Arc::clone(lambda.durable()),
        gateway: Mutex::new(Arc::new(gateway)),
        journal: Arc::clone(&journal),
        project: project.clone(),
        events: Some(options.events.unwrap_or_else(|| "events".into())),
        title: named.to_string_lossy().into_owned(),
    });
    say_callers(&site);
    let server = Server::start(options.port.unwrap_or(9000), None, &site)?;
    terminal::print(server.url());
    let mut others = Vec::new();
    for (handler, port) in &options.http {
        let other = Server::start(*port, Some(handler), &site)?;
        terminal::print(format_args!("{}: {handler}", other.url()));
        others.push(other);
    }
    match (project, bootstrap) {
        (Some(project), _) => project.follow(lambda.pool(), &journal),
        (None, Some(bootstrap)) => follow(&bootstrap, &lambda, &journal),
        (None, None) => {}
    }
    if let Some(env_file) = env_file {
        env_file.follow(lambda.pool(), region)?;
    }
    // Until the process is ended. The guardian ends the programs then.
    loop {
        thread::park();
    }
}

/// Says who the callers are, if it is not nobody.
fn say_callers(site: &Site) {
    let gateway = site.gateway();
    let name = gateway.front_end.name();
    let who = match gateway.caller.describe() {
        ("nobody", _) => return,
        ("token", _) => format!("; {UNVERIFIED}"),
        ("authorizer", handler) => format!(", authorized by {handler}"),
        (kind, _) => format!(", always with the {kind} that were given"),
    };
    terminal::say(format_args!("HTTP comes through {name}{who}"));
}

/// Restarts a program that is not built here when its file changes.
fn follow(bootstrap: &Path, lambda: &Lambda, journal: &Arc<Journal>) {
    let (path, shared) = (bootstrap.to_owned(), Arc::clone(lambda.pool()));
    let journal = Arc::clone(journal);
    thread::spawn(move || {
        let mut time = SystemTime::now();
        loop {
            thread::sleep(Duration::from_millis(200));
            if Files::only(&path).have_changed_since(time) {
                time = SystemTime::now();
                shared.configure(|_| {});
                journal.set_build(Build::None);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let arguments = line.split_whitespace().map(OsString::from);
        Options::parse(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_is_as_the_usage_says() {
        let options = parse(
            "--example todo --port 9001 --timeout 0.5 --memory 256 --env-file .env --events e \
             --http todo.http=9002 --http a=b=9003 --front-end alb",
        )
        .unwrap();
        assert_eq!(options.target.example.as_deref(), Some("todo"));
        assert_eq!(
            (options.port, options.timeout, options.memory),
            (Some(9001), Some(0.5), Some(256.0))
        );
        assert_eq!(options.http, [("todo.http".to_owned(), 9002), ("a=b".to_owned(), 9003)]);
        assert_eq!(options.front_end, Some(FrontEnd::LoadBalancer));
        for (line, told) in [
            ("--port x", "x"),
            ("--port 70000", "70000"),
            ("--timeout 0", "0.001"),
            ("--timeout NaN", "0.001"),
            ("--timeout 1800.5", "1800 seconds, 5400 with several events at once"),
            ("--timeout 5401 --workers 2", "5400"),
            ("--timeout 1801 --workers 0", "1800"),
            ("--memory 0", "from 1 to 32768 MB"),
            ("--memory 32769", "from 1 to 32768 MB"),
            ("--memory 128.5", "from 1 to 32768 MB"),
            ("--workers 65", "from 0 to 64"),
            ("--workers 1.5", "from 0 to 64"),
            ("--time fast", "real, skip, stop or a factor"),
            ("--time 0", "from 0.001 to 1000000"),
            ("--http todo", "HANDLER=PORT"),
            ("--front-end url", "no front end"),
            ("a b", "unexpected argument"),
            ("--what", "--what"),
            ("--bin a bootstrap", "not built"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(told), "{line}: {error}");
        }
        for line in [
            "--timeout 1800 --memory 32768",
            "--workers 2 --timeout 5400",
            "--memory 10240",
            "--time 60",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
        for (line, told) in [
            ("--run", "followed by a command"),
            ("--claims {} --iam {}", "only one of"),
            ("--token-claims --authorizer gate", "only one of"),
            ("--authorizer-ttl 1", "belong to --authorizer"),
            ("--authorizer gate --authorizer-ttl 3601", "3600"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(told), "{line}: {error}");
        }
        for front_end in FrontEnd::ALL {
            assert!(USAGE.contains(front_end.name()), "{front_end:?}");
        }
    }

    #[test]
    fn a_command_to_run_has_its_own_options() {
        let options = parse("--env-file local.env --run cargo run -- shop.order --port").unwrap();
        assert_eq!(options.run, ["cargo", "run", "--", "shop.order", "--port"]);
        assert_eq!(options.port, None);
    }

    #[test]
    fn callers_choose_a_front_end_that_has_them() {
        let front_end = |line| {
            let options = parse(line).unwrap();
            let gateway = options.callers.gateway(options.front_end);
            gateway.map(|gateway| gateway.front_end).map_err(|error| error.to_string())
        };
        assert_eq!(front_end(""), Ok(FrontEnd::FunctionUrl));
        assert_eq!(front_end("--token-claims"), Ok(FrontEnd::HttpApi));
        assert_eq!(front_end("--claims {}"), Ok(FrontEnd::HttpApi));
        assert_eq!(front_end("--iam {}"), Ok(FrontEnd::FunctionUrl));
        assert_eq!(
            front_end("--authorizer gate --identity-source x-key --front-end rest-api"),
            Ok(FrontEnd::RestApi)
        );
        assert!(
            front_end("--claims {} --front-end function-url").unwrap_err().contains("rest-api")
        );
        assert!(
            front_end("--claims nowhere.json").unwrap_err().contains("cannot read nowhere.json")
        );
        assert!(front_end("--iam {\"arn\":1}").unwrap_err().contains("has no \"arn\""));
    }
}
