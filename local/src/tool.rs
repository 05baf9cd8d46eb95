//! The tool `minilambda-local`: its command line, and what it starts.

use crate::builder::Builder;
use crate::caller_options;
use crate::debug;
use crate::error::{Error, ErrorKind};
use crate::functions_file::{self, Functions};
use crate::gateway::UNVERIFIED;
use crate::instance::check_names;
use crate::journal::{Build, Journal};
use crate::lambda::Lambda;
use crate::options::{Options, USAGE};
use crate::pool::Pool;
use crate::project::{self, Project};
use crate::server::{Server, Site};
use crate::settings::Notice;
use crate::sources::{self, File, Sources};
use crate::terminal;
use crate::variables::{self, Variable};
use crate::watch::Files;
use crate::watched::Watched;
use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use std::{env, io, thread};

/// Runs the tool with the arguments of this process. It returns only if it cannot start.
#[must_use]
pub fn main() -> ExitCode {
    if env::args_os().nth(1).is_some_and(|argument| argument == sources::REMOVE_AT_END) {
        return sources::remove_at_end(io::stdin().lock());
    }
    let options = match Options::parse(env::args_os().skip(1)) {
        Ok(options) if options.is_help => {
            terminal::print(format_args!("{USAGE}\n{}", caller_options::USAGE.trim_end()));
            return ExitCode::SUCCESS;
        }
        Ok(options) => options,
        Err(error) => {
            // The usage would hide it.
            terminal::say(format_args!(
                "error: {error}\nminilambda-local --help lists the options"
            ));
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

/// Becomes another program, with the variables of the file.
fn execute(command: &[OsString], env_file: Option<&Path>) -> Result<(), Error> {
    let variables = env_file.map(variables::read).transpose()?.unwrap_or_default();
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    project::remove_package(&mut command);
    let error = command.args(arguments).envs(variables).exec();
    Err(Error::start(&format!("cannot start {}", program.to_string_lossy()), error))
}

fn run(mut options: Options) -> Result<(), Error> {
    if !options.run.is_empty() {
        return execute(&options.run, options.env_file.as_deref());
    }
    let folder =
        env::current_dir().map_err(|error| Error::start("there is no current folder", error))?;
    let has_project = options.bootstrap.is_none() && options.by_hand.is_empty();
    let is_in_project = options.bootstrap.is_none() && folder.join("Cargo.toml").exists();
    if has_project && !is_in_project {
        let message = "there is no Cargo.toml in this folder: go to a project, or give a BOOTSTRAP";
        return Err(Error::new(ErrorKind::Start, message));
    }
    check_files(&options)?;
    check_names(&options.extensions)?;
    let lambda = builder(&options)?.build();
    let gateway = std::mem::take(&mut options.callers).gateway(options.front_end)?;
    let usual = |name| is_in_project.then_some(name);
    let env_file = open(&mut options.env_file, usual("local.env"), variables::read)?;
    let functions = open(&mut options.functions, usual("functions.conf"), functions_file::read)?;
    let sources = open(&mut options.sources, usual("sources.conf"), sources::read)?;
    let region = lambda.pool().settings().region.clone();
    let journal = Arc::new(Journal::beside(&lambda.pool().settings().logs));
    let (env_file, variables) = env_file.unzip();
    let (functions_file, functions) = functions.unzip();
    let functions = functions.unwrap_or_default();
    configure(&lambda, &options, variables.unwrap_or_default(), functions, &journal);

    let project = has_project.then(|| Project::new(options.build.clone(), folder.clone()));
    let named = options.bootstrap.as_deref().unwrap_or(&folder).file_name().unwrap_or_default();
    let site = Arc::new(Site {
        lambda: Arc::clone(lambda.pool()),
        queue: Arc::clone(lambda.queue()),
        durable: Arc::clone(lambda.durable()),
        gateway: Mutex::new(Arc::new(gateway)),
        journal: Arc::clone(&journal),
        project: project.clone(),
        events: Some(options.events.clone().unwrap_or_else(|| "events".into())),
        env_file: options.env_file.clone(),
        functions: options.functions.clone(),
        title: named.to_string_lossy().into_owned(),
    });
    say_callers(&site);
    let _servers = serve(&options, &site)?;
    match (project, &options.bootstrap) {
        (Some(project), _) => project.follow(lambda.pool(), &journal),
        (None, Some(bootstrap)) => follow(bootstrap, &lambda, &journal),
        (None, None) => {}
    }
    if let Some(handler) = options.debug {
        debug::keep_ready(handler, Arc::clone(&site))?;
    }
    if let Some((file, found)) = sources {
        follow_sources(file, found, site)?;
    }
    if let Some(env_file) = env_file {
        let pool = Arc::clone(lambda.pool());
        env_file.follow(move |path| read_variables(&pool, path, &region))?;
    }
    if let Some(file) = functions_file {
        follow_functions(file, &lambda)?;
    }
    // Until the process is ended. The guardian ends the programs then.
    loop {
        thread::park();
    }
}

/// Sets what the options and the files say of the functions, and who notes what they do.
fn configure(
    lambda: &Lambda,
    options: &Options,
    variables: Vec<Variable>,
    functions: Functions,
    journal: &Arc<Journal>,
) {
    let keeper = Arc::clone(journal);
    lambda.pool().configure(|settings| {
        settings.set_variables(variables);
        settings.by_hand.clone_from(&options.by_hand);
        // Before the first event. It may be another name of the handler.
        settings.debugged.clone_from(&options.debug);
        settings.extensions.clone_from(&options.extensions);
        settings.named_durable.clone_from(&options.durable);
        functions.apply(settings);
        settings.observer = Some(Arc::new(move |notice| {
            keeper.note(notice);
            match notice {
                Notice::Log { handler, line } => terminal::print(format_args!("{handler}: {line}")),
                Notice::Wrong { line } => terminal::say(line),
                Notice::Done { .. } => {}
            }
        }));
    });
    let observer = Arc::clone(journal);
    lambda.durable().set_observer(move || observer.note_executions());
}

/// Starts the server of the page and the Invoke API, those of the programs that the user starts,
/// and those for HTTP to one handler.
fn serve(options: &Options, site: &Arc<Site>) -> Result<Vec<Server>, Error> {
    let server = Server::start(options.port(), None, site)?;
    terminal::print(server.url());
    for (handler, port) in options.by_hand.iter().zip(options.ports_by_hand()) {
        debug::serve_by_hand(&site.lambda, handler, port)?;
    }
    let mut servers = vec![server];
    for (handler, port) in &options.http {
        let server = Server::start(*port, Some(handler), site)?;
        terminal::print(format_args!("{}: {handler}", server.url()));
        servers.push(server);
    }
    Ok(servers)
}

/// Checks what would be seen with the first event otherwise.
fn check_files(options: &Options) -> Result<(), Error> {
    let wrong = |message| Err(Error::new(ErrorKind::Start, message));
    for path in options.bootstrap.iter().chain(&options.extensions) {
        let name = path.display();
        match path.metadata().ok().filter(Metadata::is_file) {
            None => return wrong(format!("there is no file {name}")),
            Some(data) if data.permissions().mode() & 0o111 == 0 => {
                return wrong(format!("{name} is no program: it is not executable (chmod +x)"));
            }
            Some(_) => {}
        }
    }
    match &options.events {
        Some(path) if path.exists() && !path.is_dir() => {
            wrong(format!("{} is no folder, which --events is followed by", path.display()))
        }
        _ => Ok(()),
    }
}

/// Reads a file that was given, or else the one with the usual name in a project, which may be made
/// while the tool runs.
fn open<T: Default>(
    path: &mut Option<PathBuf>,
    usual: Option<&str>,
    read: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<Option<(Watched, T)>, Error> {
    match (path.clone(), usual) {
        (Some(path), _) => Watched::open(path, read).map(Some),
        (None, Some(name)) => {
            Watched::open_or_expect(path.insert(name.into()).clone(), read).map(Some)
        }
        (None, None) => Ok(None),
    }
}

/// The functions with the limits that were given.
fn builder(options: &Options) -> Result<Builder, Error> {
    let mut builder = Lambda::builder(options.bootstrap.clone().unwrap_or_default());
    builder = builder.durable_time(options.time);
    let (limits, workers) =
        options.limits().map_err(|message| Error::new(ErrorKind::Start, message))?;
    if let Some(timeout) = limits.timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(memory_mb) = limits.memory_mb {
        builder = builder.memory_mb(memory_mb);
    }
    if let Some(workers) = workers {
        builder = builder.events_per_program(workers);
    }
    if let Some(region) = env::var("AWS_REGION").ok().filter(|region| !region.is_empty()) {
        builder = builder.region(region);
    }
    Ok(builder)
}

/// Sets the variables of a file that has changed. `region` is that of functions without one in it.
fn read_variables(lambda: &Pool, path: &Path, region: &str) -> Result<&'static str, Error> {
    let variables = variables::read(path)?;
    lambda.configure(|settings| {
        settings.environment.clear();
        region.clone_into(&mut settings.region);
        settings.set_variables(variables);
    });
    Ok("the programs start again with its variables")
}

/// Starts the sources of a file, and others when it changes.
fn follow_sources(file: Watched, found: File, site: Arc<Site>) -> Result<(), Error> {
    let sources = Sources::default();
    let start = move |found: File| {
        if found.asynchronous != site.lambda.settings().asynchronous {
            site.lambda.configure(|settings| settings.asynchronous = found.asynchronous.clone());
        }
        sources.start(found, &site)
    };
    start(found)?;
    file.follow(move |path| {
        start(sources::read(path)?)?;
        Ok::<_, Error>("what is new in it is started, and the rest goes on")
    })
}

/// Gives the functions other names when the file changes.
fn follow_functions(file: Watched, lambda: &Lambda) -> Result<(), Error> {
    let pool = Arc::clone(lambda.pool());
    file.follow(move |path| {
        let functions = functions_file::read(path)?;
        pool.configure(|settings| functions.apply(settings));
        // Until the program is built there is none.
        let _ = pool.handlers();
        Ok::<_, Error>("the programs start again with its names and limits")
    })
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

/// Asks a program that is not built here for its handlers before the first event comes, and
/// restarts it when its file changes.
fn follow(bootstrap: &Path, lambda: &Lambda, journal: &Arc<Journal>) {
    let (path, shared) = (bootstrap.to_owned(), Arc::clone(lambda.pool()));
    let journal = Arc::clone(journal);
    thread::spawn(move || {
        let (mut files, mut time) = (Files::only(&path), SystemTime::now());
        // If it cannot be asked, the first event says why.
        let _ = shared.handlers();
        loop {
            thread::sleep(Duration::from_millis(200));
            if files.have_changed_since(time) {
                time = SystemTime::now();
                shared.configure(|_| {});
                let _ = shared.handlers();
                journal.set_build(Build::None);
            }
        }
    });
}
