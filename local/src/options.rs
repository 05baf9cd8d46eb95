//! The command line of the tool.

use crate::caller_options::CallerOptions;
use crate::durable::time::{self, DurableTime};
use crate::front_end::FrontEnd;
use crate::option_value::{handler, handler_and_port, number};
use crate::settings::{self, Limits};
use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: minilambda-local [OPTIONS] [BOOTSTRAP]
       minilambda-local [--env-file FILE] --run COMMAND...

Runs the Lambda functions of the project in this folder, or of the program BOOTSTRAP, on this machine.
It builds the project, serves a page, the Invoke API and HTTP on 127.0.0.1, and builds and restarts when
a file changes. Each handler of the program's table is a function.

  --bin NAME           the binary to build, if there are several
  --example NAME       an example to build
  --package NAME       the package to build it from, in a workspace
  --features LIST      features to build it with, separated by commas
  --release            builds it with optimisations
  --port PORT          the port, 9000 if it is not given
  --timeout SECONDS    the timeout of all functions, at most 1800 (5400 with --workers); if it is not
                       given, that of functions.conf, or 3
  --memory MB          the memory of all functions, at most 32768; if it is not given, that of
                       functions.conf, or 128
  --workers COUNT      events at once in one program, as on managed instances, at most 64
  --env-file FILE      variables of the functions, NAME=value in each line; NAME alone takes the value
                       from the environment. A change of the file restarts the programs. Without this
                       option it is the local.env of the project, also if it is made later.
  --functions FILE     the file with which the project is deployed: the functions have its names and
                       limits. A change restarts the programs. Without this option it is functions.conf.
  --sources FILE       queues, streams, buckets and schedules that send events to the functions, and
                       destinations of asynchronous ones. A change of the file restarts them. Without
                       this option it is sources.conf.
  --events DIR         the folder for your own events, `events` if it is not given
  --http HANDLER=PORT  HTTP for a handler on a port of its own; can be given several times
  --front-end NAME     what HTTP requests come through: function-url, http-api, http-api-1.0, rest-api,
                       alb, alb-multi-value, lattice-1, lattice-2; if it is not given function-url, or
                       http-api for callers that a function URL does not have
  --time TIME          how time passes for durable executions: real, skip (jumps to the earliest timer
                       while nothing runs), stop (only the page moves it), or a factor such as 3600
  --debug HANDLER      starts this handler's program at once, without a time limit, and says how to
                       attach a debugger
  --apis-only HANDLER  starts no program: serves the one that you start, in a debugger, say, with the
                       variables that it prints; can be given several times
  --extension PROGRAM  starts an extension with each program of the functions; can be given several times
  --durable HANDLER    a durable handler of a program that does not say so: one that you start, or one
                       with another runtime; can be given several times
  --run COMMAND...     runs a command with the variables of --env-file, and nothing else
";

/// The command line.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub bootstrap: Option<PathBuf>,
    /// Those of cargo.
    pub build: Vec<String>,
    pub port: Option<u16>,
    pub timeout: Option<f64>,
    pub memory: Option<f64>,
    pub workers: Option<f64>,
    pub env_file: Option<PathBuf>,
    pub functions: Option<PathBuf>,
    pub sources: Option<PathBuf>,
    pub events: Option<PathBuf>,
    pub http: Vec<(String, u16)>,
    pub front_end: Option<FrontEnd>,
    pub callers: CallerOptions,
    pub time: DurableTime,
    /// The handler whose program is debugged.
    pub debug: Option<String>,
    /// The handlers whose programs the user starts.
    pub by_hand: Vec<String>,
    /// The programs of extensions.
    pub extensions: Vec<PathBuf>,
    /// The durable handlers of a program that does not say so.
    pub durable: Vec<String>,
    /// The command to run instead of serving.
    pub run: Vec<OsString>,
    pub is_help: bool,
}

impl Options {
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, Short, Value, ValueExt};
        let mut options = Self::default();
        let mut parser = lexopt::Parser::from_args(arguments);
        // What --run has no use for.
        let mut other = None;
        while let Some(argument) = parser.next()? {
            if !matches!(argument, Long("run" | "env-file" | "help") | Short(_)) {
                other.get_or_insert_with(|| name_of(&argument));
            }
            match argument {
                Long(name @ ("bin" | "example" | "package" | "features")) => {
                    let name = format!("--{name}");
                    options.build.extend([name, parser.value()?.string()?]);
                }
                Long("release") => options.build.push("--release".to_owned()),
                Long("port") => {
                    options.port = Some(number(&mut parser, "port", "a number up to 65535")?);
                }
                Long("timeout") => {
                    options.timeout = Some(number(&mut parser, "timeout", "a number of seconds")?);
                }
                Long("memory") => {
                    options.memory = Some(number(&mut parser, "memory", "a number of MB")?);
                }
                Long("workers") => {
                    options.workers = Some(number(&mut parser, "workers", "a number of events")?);
                }
                Long("env-file") => options.env_file = Some(parser.value()?.into()),
                Long("functions") => options.functions = Some(parser.value()?.into()),
                Long("sources") => options.sources = Some(parser.value()?.into()),
                Long("events") => options.events = Some(parser.value()?.into()),
                Long("http") => options.http.push(handler_and_port(&mut parser)?),
                Long("front-end") => {
                    let name = parser.value()?.string()?;
                    let front_end = FrontEnd::from_name(&name);
                    let names = FrontEnd::ALL.map(FrontEnd::name).join(", ");
                    let wrong = || format!("there is no front end \"{name}\", but {names}");
                    options.front_end = Some(front_end.ok_or_else(wrong)?);
                }
                Long("time") => options.time = time::parse_mode(&parser.value()?.string()?)?,
                Long("debug") => {
                    if options.debug.replace(handler(&mut parser, "debug")?).is_some() {
                        return Err(
                            "--debug is there twice: one handler is debugged at a time".into()
                        );
                    }
                }
                Long("apis-only") => {
                    let handler = handler(&mut parser, "apis-only")?;
                    if options.by_hand.contains(&handler) {
                        return Err(format!("--apis-only {handler} is there twice").into());
                    }
                    options.by_hand.push(handler);
                }
                Long("extension") => options.extensions.push(parser.value()?.into()),
                Long("durable") => options.durable.push(handler(&mut parser, "durable")?),
                Long("run") => {
                    options.run = parser.raw_args()?.collect();
                    if options.run.is_empty() {
                        return Err("--run is followed by a command".into());
                    }
                    if let Some(other) = other.take() {
                        let message = format!("--run takes --env-file before it, and not {other}");
                        return Err(message.into());
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
        if let (Some(_), Some(option)) = (&options.bootstrap, options.build.first()) {
            return Err(format!("BOOTSTRAP is not built, so {option} is not for it").into());
        }
        let has_program = options.bootstrap.is_some() || !options.build.is_empty();
        let has_program = has_program || options.debug.is_some() || !options.extensions.is_empty();
        if !options.by_hand.is_empty() && has_program {
            let message = "with --apis-only no program is built or started here: leave out BOOTSTRAP, \
                           the options for building, --debug and --extension";
            return Err(message.into());
        }
        options.limits()?;
        options.check_ports()?;
        options.callers.check()?;
        Ok(options)
    }

    /// The port of the page and the Invoke API.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(9000)
    }

    /// The ports of the Runtime APIs for programs that the user starts, as far as there are some:
    /// the same ones each time, so that the variables can be kept.
    pub fn ports_by_hand(&self) -> Vec<u16> {
        let port =
            |place: u16| if self.port() == 0 { Some(0) } else { self.port().checked_add(place) };
        (1..).map_while(port).take(self.by_hand.len()).collect()
    }

    /// Checks that each server has a port of its own.
    fn check_ports(&self) -> Result<(), String> {
        let mut taken = vec![(self.port(), "the page (--port)".to_owned())];
        let ports = self.ports_by_hand();
        if let Some(handler) = self.by_hand.get(ports.len()) {
            return Err(format!(
                "there is no port for --apis-only {handler}: it is after that of --port"
            ));
        }
        let by_hand = ports.into_iter().zip(&self.by_hand);
        let by_hand =
            by_hand.map(|(port, handler)| (port, format!("--apis-only {handler} (after --port)")));
        let http = self.http.iter().map(|(name, port)| (*port, format!("--http {name}={port}")));
        for (port, who) in by_hand.chain(http) {
            if let Some((_, other)) = taken.iter().find(|(other, _)| *other == port && port > 0) {
                return Err(format!(
                    "the port {port} is that of {other} and of {who}: give each its own"
                ));
            }
            taken.push((port, who));
        }
        Ok(())
    }
}

/// An argument as it was written.
fn name_of(argument: &lexopt::Arg) -> String {
    match argument {
        lexopt::Arg::Long(name) => format!("--{name}"),
        lexopt::Arg::Short(name) => format!("-{name}"),
        lexopt::Arg::Value(text) => text.to_string_lossy().into_owned(),
    }
}

impl Options {
    /// The timeout, the memory and the workers that were given, within Lambda's limits.
    pub fn limits(&self) -> Result<(Limits, Option<usize>), String> {
        let workers = self.workers.map(settings::workers).transpose()?.flatten();
        let timeout =
            self.timeout.map(|seconds| settings::timeout(seconds, workers)).transpose()?;
        let memory_mb = self.memory.map(settings::memory_mb).transpose()?;
        Ok((Limits { timeout, memory_mb }, workers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorizer::Authorizer;
    use crate::caller::Caller;

    fn parse(line: &str) -> Result<Options, String> {
        let arguments = line.split_whitespace().map(OsString::from);
        Options::parse(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_is_as_the_usage_says() {
        let options = parse(
            "--example todo --package a --features b,c --release --port 9001 --timeout 0.5 --memory 256 --env-file .env --events e \
             --http todo.http=9002 --http a=b=9003 --front-end alb",
        )
        .unwrap();
        let build = ["--example", "todo", "--package", "a", "--features", "b,c", "--release"];
        assert_eq!(options.build, build);
        assert_eq!(
            (options.port, options.timeout, options.memory),
            (Some(9001), Some(0.5), Some(256.0))
        );
        assert_eq!(options.http, [("todo.http".to_owned(), 9002), ("a=b".to_owned(), 9003)]);
        assert_eq!(options.front_end, Some(FrontEnd::LoadBalancer));
        for (line, told) in [
            ("--port x", "--port is followed by a number up to 65535, and not by \"x\""),
            ("--port 70000", "65535, and not by \"70000\""),
            ("--port=", "--port is followed by"),
            ("--timeout 3s", "--timeout is followed by a number of seconds, and not by \"3s\""),
            ("--memory 1GB", "--memory is followed by a number of MB"),
            ("--workers two", "--workers is followed by a number of events"),
            ("--authorizer=", "--authorizer is followed by the name of a handler"),
            ("--authorizer a --authorizer-ttl x", "--authorizer-ttl is followed by a number"),
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
            ("--front-end url", "no front end \"url\", but function-url, http-api, "),
            ("a b", "unexpected argument"),
            ("--what", "--what"),
            ("--bin a bootstrap", "BOOTSTRAP is not built, so --bin is not for it"),
            ("bootstrap --release", "--release is not for it"),
            ("--apis-only a bootstrap", "no program is built or started"),
            ("--apis-only a --release", "no program is built or started"),
            ("--apis-only a --debug b", "no program is built or started"),
            ("--apis-only a --extension e", "no program is built or started"),
            ("--apis-only a --apis-only a", "--apis-only a is there twice"),
            ("--debug a --debug b", "one handler is debugged at a time"),
            ("--debug=", "--debug is followed by the name of a handler"),
            ("--http =9001", "HANDLER=PORT"),
            ("--http a=70000", "at most 65535"),
            ("--http a=9000", "the port 9000 is that of the page (--port) and of --http a=9000"),
            ("--port 80 --http a=81 --http b=81", "of --http a=81 and of --http b=81"),
            ("--apis-only a --http b=9001", "of --apis-only a (after --port) and of --http b=9001"),
            ("--port 65535 --apis-only a", "there is no port for --apis-only a"),
            ("--port 1 --run a", "--run takes --env-file before it, and not --port"),
            ("a --run b", "and not a"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(told), "{line}: {error}");
        }
        for line in [
            "--timeout 1800 --memory 32768",
            "--workers 2 --timeout 5400",
            "--memory 10240",
            "--time 60",
            "--port 0 --http a=0 --http b=0 --apis-only c --apis-only d",
            "--env-file e --run a --port 1",
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
        let usual = settings::FileLimits::default().usual();
        let [longest, managed] = settings::MAX_TIMEOUTS;
        for limit in [
            format!("at most {longest} ({managed} with --workers)"),
            format!("functions.conf, or {}\n", usual.timeout.unwrap().as_secs()),
            format!("at most {}; if", settings::MAX_MEMORY_MB),
            format!("functions.conf, or {}\n", usual.memory_mb.unwrap()),
        ] {
            assert!(USAGE.contains(&limit), "{limit}");
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

    #[test]
    fn an_authorizer_is_as_its_options_say() {
        let gate = || Authorizer::new("gate");
        for (line, expected) in [
            ("--authorizer gate", gate()),
            ("--authorizer gate --authorizer-request", gate().of_request()),
            (
                "--authorizer gate --identity-source x-key --authorizer-ttl 0",
                gate().identity_sources(["x-key"]).ttl(std::time::Duration::ZERO),
            ),
        ] {
            let gateway = parse(line).unwrap().callers.gateway(Some(FrontEnd::RestApi)).unwrap();
            let expected = Caller::Lambda(expected);
            assert_eq!(format!("{:?}", gateway.caller), format!("{expected:?}"), "{line}");
        }
    }
}
