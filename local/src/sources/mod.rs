//! Sources of events, as a file of the project names them: queues, streams and buckets at a
//! stand-in for AWS, and schedules. The same file says what follows the asynchronous invocations.

mod bucket;
mod cron;
mod failures;
mod messages;
mod notification;
mod queue;
mod records;
mod removal;
mod schedule;
mod stream;

use crate::asynchronous::{self, Functions};
use crate::conf::Conf;
use crate::error::Error;
use crate::invocation::Request;
use crate::lock::lock;
use crate::names::is_name;
use crate::server::Site;
use crate::terminal;
use bucket::Bucket;
use queue::Polled;
use removal::Removal;
pub(crate) use removal::{ARGUMENT as REMOVE_AT_END, remove_at_end};
use schedule::Schedule;
use std::io;
use std::path::Path;
use std::str::SplitWhitespace;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use stream::Stream;

/// The pause after something that does not go on, such as a queue that there is not.
const PAUSE: Duration = Duration::from_secs(2);

/// The source of a handler's events.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub handler: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// It is only invoked by others.
    None,
    Bucket(Bucket),
    Queue(Polled),
    Schedule(Schedule),
    Stream(Stream),
}

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub sources: Vec<Source>,
    pub asynchronous: Functions,
}

/// Reads the file. A line is `queue`, `stream`, `table` or `bucket` with a name and options, or
/// `schedule` with an expression, or a setting of [`asynchronous`].
pub(crate) fn read(path: &Path) -> Result<File, Error> {
    of(&Conf::read(path)?)
}

fn of(conf: &Conf) -> Result<File, Error> {
    let mut file = File::default();
    for setting in &conf.settings {
        let has_comment = setting.value.split_whitespace().any(|word| word.starts_with('#'));
        let hint = if has_comment { "; a comment has a line of its own" } else { "" };
        let wrong = |message: &str| conf.wrong(setting.line, &format!("{message}{hint}"));
        let Some(handler) = &setting.handler else {
            return Err(wrong("a source is for one function: write it below its [handler]"));
        };
        if asynchronous::KEYS.contains(&&*setting.key) {
            let function = file.asynchronous.entry(handler.clone()).or_default();
            function.set(&setting.key, &setting.value).map_err(|message| wrong(&message))?;
            continue;
        }
        let kind = match &*setting.key {
            "bucket" => Bucket::parse(&setting.value).map(Kind::Bucket),
            "queue" => Polled::parse(&setting.value).map(Kind::Queue),
            "schedule" => Schedule::parse(&setting.value).map(Kind::Schedule),
            key @ ("stream" | "table") => Stream::parse(key, &setting.value).map(Kind::Stream),
            other => Err(format!(
                "there is no source {other}; there are: bucket, queue, schedule, stream, table; and {}",
                asynchronous::KEYS.join(", ")
            )),
        };
        let source = Source { handler: handler.clone(), kind: kind.map_err(|it| wrong(&it))? };
        if file.sources.iter().any(|other| other.is_like(&source)) {
            return Err(wrong(&format!("{handler} has this {} already", setting.key)));
        }
        file.sources.push(source);
    }
    Ok(file)
}

impl Source {
    /// Whether both would send the same events to the same function. Lambda refuses that.
    fn is_like(&self, other: &Self) -> bool {
        self.handler == other.handler
            && match (&self.kind, &other.kind) {
                (Kind::Queue(one), Kind::Queue(other)) => one.name == other.name,
                (Kind::Stream(one), Kind::Stream(other)) => one.is_like(other),
                (one, other) => one == other,
            }
    }
}

/// The words of a line after its first one: options with values, each at most once.
struct Words<'a> {
    words: SplitWhitespace<'a>,
    seen: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// Takes the name of what the line is about: of at most `most` letters, digits and `more`.
    fn name(&mut self, what: &str, usage: &str, most: usize, more: &str) -> Result<String, String> {
        let name = self.words.next().ok_or(usage)?;
        if is_name(name, most, more) {
            return Ok(name.to_owned());
        }
        Err(format!(
            "{name:?} is no name of a {what}: it has at most {most} letters, digits and {}; it is neither \
             its ARN nor its URL. {usage}",
            more.chars().map(String::from).collect::<Vec<_>>().join(" ")
        ))
    }

    /// Takes the next option.
    fn option(&mut self) -> Result<Option<&'a str>, String> {
        let Some(option) = self.words.next() else { return Ok(None) };
        if self.seen.contains(&option) {
            return Err(format!("{option} is there twice"));
        }
        self.seen.push(option);
        Ok(Some(option))
    }

    /// Takes the number of an option.
    fn count(&mut self, option: &str, least: usize, most: usize) -> Result<usize, String> {
        let word = self.words.next();
        let count = word.and_then(|word| word.parse().ok());
        count.filter(|count| (least..=most).contains(count)).ok_or_else(|| {
            let found = word.map_or("nothing".to_owned(), |word| format!("{word:?}"));
            format!("{option} is from {least} to {most}, and here {found}")
        })
    }
}

impl<'a> From<&'a str> for Words<'a> {
    fn from(text: &'a str) -> Self {
        Self { words: text.split_whitespace(), seen: Vec::new() }
    }
}

/// The sources that go on.
#[derive(Default)]
pub(crate) struct Sources {
    current: Mutex<Vec<Going>>,
    removal: Arc<Removal>,
}

/// A source that goes on until it is told that it is over.
struct Going {
    source: Source,
    is_over: Arc<AtomicBool>,
}

/// What a source needs while it goes on.
#[derive(Clone)]
struct Running {
    site: Arc<Site>,
    handler: String,
    is_over: Arc<AtomicBool>,
    removal: Arc<Removal>,
}

impl Sources {
    /// Starts the sources of a file in place of those before. Those that are in both go on: they
    /// know where they are in a stream, and when they are due.
    pub fn start(&self, file: File, site: &Arc<Site>) -> Result<(), Error> {
        let File { mut sources, asynchronous } = file;
        // A function that there is not is said for them, too.
        for handler in asynchronous.into_keys() {
            if !sources.iter().any(|source| source.handler == handler) {
                sources.push(Source { handler, kind: Kind::None });
            }
        }
        let mut current = lock(&self.current);
        let mut before = std::mem::take(&mut *current);
        let mut begun = Ok(());
        for source in sources {
            if let Some(place) = before.iter().position(|going| going.source == source) {
                current.push(before.swap_remove(place));
            } else if begun.is_ok() {
                match self.begin(source, site) {
                    Ok(going) => current.push(going),
                    Err(error) => begun = Err(Error::no_thread(error)),
                }
            }
        }
        for going in before {
            going.is_over.store(true, Ordering::SeqCst);
        }
        begun
    }

    fn begin(&self, source: Source, site: &Arc<Site>) -> io::Result<Going> {
        let is_over = Arc::new(AtomicBool::new(false));
        let running = Running {
            site: Arc::clone(site),
            handler: source.handler.clone(),
            is_over: Arc::clone(&is_over),
            removal: Arc::clone(&self.removal),
        };
        // If it comes back to the file before its end, what is made for it stays.
        let name = match &source.kind {
            Kind::Bucket(bucket) => self.removal.claim((&source.handler, bucket)),
            _ => String::new(),
        };
        let kind = source.kind.clone();
        let run = move || match kind {
            Kind::None => drop(running.wait_for_handler(&mut String::new())),
            Kind::Bucket(bucket) => bucket.follow(&running, &name),
            Kind::Queue(queue) => queue.follow(&running),
            Kind::Schedule(schedule) => schedule.follow(&running),
            Kind::Stream(stream) => stream.follow(&running),
        };
        thread::Builder::new().spawn(run)?;
        Ok(Going { source, is_over })
    }
}

impl Running {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst)
    }

    /// Waits for a program with the handler. `None` if the source has ended.
    fn wait_for_handler(&self, said: &mut String) -> Option<()> {
        loop {
            if !self.goes_on() {
                return None;
            }
            // A broken build is said where it is built.
            let is_built = self.site.wait_for_program().is_ok() && self.knows_what_is_debugged();
            match self.site.lambda.find(&self.handler) {
                Ok(_) if is_built => return Some(()),
                Err(error) if is_built => self.say_once(said, &error.to_string()),
                _ => {}
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Whether the handler with a debugger is known: it may have been given by another name.
    fn knows_what_is_debugged(&self) -> bool {
        let settings = self.site.lambda.settings();
        let Some(name) = &settings.debugged else { return true };
        self.site.lambda.find(name).map_or(true, |handler| handler == *name)
    }

    fn request(&self, event: &str) -> Request {
        Request::of_service(&self.handler, event)
    }

    /// The most events at once: a program under a debugger has one, and others would fail.
    fn most(&self, usual: usize) -> usize {
        let settings = self.site.lambda.settings();
        let handler = self.site.lambda.find(&self.handler).unwrap_or_default();
        let mut debugged = settings.debugged.iter().chain(&settings.by_hand);
        if debugged.any(|other| *other == handler) { 1 } else { usual }
    }

    fn say(&self, line: &str) {
        terminal::say(format_args!("{}: {line}", self.handler));
    }

    /// Says what may stay for long, once.
    fn say_once(&self, said: &mut String, line: &str) {
        if said != line {
            self.say(line);
            line.clone_into(said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_the_sources_of_each_handler() {
        let text = "[shop.work]\nqueue orders batch 100 window 5 partial concurrency 2\n\
                    schedule rate(5 minutes)\n[b]\nqueue b.fifo\nschedule cron(0 8 ? * MON-FRI *)\n\
                    retries 1\non_failure queue failed";
        let File { sources, asynchronous } = of(&Conf::parse("s", text).unwrap()).unwrap();
        let handlers: Vec<_> = sources.iter().map(|source| &*source.handler).collect();
        assert_eq!(handlers, ["shop.work", "shop.work", "b", "b"]);
        assert_eq!(asynchronous.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(asynchronous["b"].retries, Some(1));
        for (text, said) in [
            ("queue a", "line 1: a source is for one function"),
            (
                "[a]\ntopic b",
                "line 2: there is no source topic; there are: bucket, queue, schedule, stream, table; and on_success",
            ),
            ("[a]\nretries 3", "line 2: retries is from 0 to 2"),
            ("[a]\nqueue", "queue NAME"),
            ("[a]\nqueue b batch", "batch is from 1 to 10000"),
            ("[a]\nqueue b batch 10001", "batch is from 1 to 10000"),
            ("[a]\nqueue b batch 11", "a batch of more than 10 messages needs a window"),
            ("[a]\nqueue b.fifo batch 11 window 1", "of a FIFO queue"),
            ("[a]\nqueue b window 301", "window is from 0 to 300"),
            ("[a]\nqueue b concurrency 0", "concurrency is from 1 to 1000"),
            (
                "[a]\nqueue b total",
                "there is no option total of a queue: a line is queue NAME, with",
            ),
            ("[a]\nqueue b # of orders", "there is no option # of a queue"),
            ("[a]\nschedule rate(1 day) # daily", "; a comment has a line of its own"),
            ("[a]\nqueue b batch ten", "batch is from 1 to 10000, and here \"ten\""),
            ("[a]\nqueue b window", "window is from 0 to 300, and here nothing"),
            ("[a]\nqueue b batch 1 batch 2", "batch is there twice"),
            ("[a]\nqueue b partial partial", "partial is there twice"),
            ("[a]\nqueue = b", "\"=\" is no name of a queue"),
            ("[a]\nqueue \"b\"", "is no name of a queue"),
            ("[a]\nqueue arn:aws:sqs:eu-central-1:1:b", "neither its ARN nor its URL. a line is"),
            ("[a]\nqueue http://127.0.0.1:5000/1/b", "neither its ARN nor its URL"),
            ("[a]\nqueue: b", "there is no source queue:; there are: bucket, queue"),
            ("[a]\nQueue b", "there is no source Queue"),
            (
                "[a]\nqueue b\n[c]\nqueue b\n[d]\n\nqueue e\nqueue e batch 1",
                "line 8: d has this queue already",
            ),
            (
                "[a]\nschedule rate(1 day)\nschedule rate(1 day)",
                "line 3: a has this schedule already",
            ),
            ("[a]\nbucket abc\nbucket abc", "line 3: a has this bucket already"),
            ("[a]\nstream b\ntable b\nstream b bisect", "line 4: a has this stream already"),
            ("[a]\nstream arn:aws:kinesis:eu-central-1:1:stream/b", "is no name of a stream"),
            ("[a]\ntable b from", "from is start or latest"),
            ("[a]\ntable b batch 0", "batch is from 1 to 10000, and here \"0\""),
            ("[a]\ntable", "table NAME"),
            ("[a]\nstream a from 7", "from is start or latest"),
            ("[a]\nstream a retries x", "retries is from 0 to 10000"),
            ("[a]\ntable a concurrency 2", "no option concurrency of a table"),
            ("[a]\nschedule", "rate(5 minutes)"),
            ("[a]\nschedule rate(0 minutes)", "rate(5 minutes)"),
            ("[a]\nschedule cron(0 8 * * * *)", "`?`"),
            ("[a]\nschedule rate(5 minute)", "rate(1 hour), with minute, hour or day"),
            ("[a]\nschedule cron(0 8 * * *)", "six fields: minutes, hours, day of the month"),
            ("[a]\nschedule cron(0 8 * * *)", "here are 5"),
            (
                "[a]\nschedule cron(60 8 * * ? *)",
                "minutes of a cron expression are not \"60\", but from 0 to 59",
            ),
            ("[a]\nschedule cron(0 8 ? * MONDAY *)", "1-7 or 1/5, or names such as SUN"),
        ] {
            let error = of(&Conf::parse("s", text).unwrap()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
