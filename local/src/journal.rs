//! The history for the page: the invocations, and the state of the build.

use crate::clock;
use crate::front_end::Head;
use crate::gateway::Gateway;
use crate::http::HttpRequest;
use crate::invocation::Invocation;
use crate::lock::{lock, unpoisoned};
use crate::log::{self, MAX_RUNNING_BYTES, Running};
use crate::settings::Notice;
use crate::terminal;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// The most invocations that are kept.
const MAX_RUNS: usize = 200;

/// The most bytes of events, responses and logs that are kept, with the logs of what still runs.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The most bytes of one invocation. There is room for it whatever runs beside it.
const MAX_RUN_BYTES: usize = MAX_BYTES - MAX_RUNNING_BYTES - 1024 * 1024;

/// The HTTP request of an invocation, and what it came through.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub request: Arc<HttpRequest>,
    pub gateway: Arc<Gateway>,
}

/// An invocation that is over.
#[derive(Debug)]
pub(crate) struct Run {
    /// From 1.
    pub number: u64,
    /// The time of its end, in milliseconds since 1970.
    pub at_ms: u64,
    pub handler: String,
    pub event: Vec<u8>,
    pub invocation: Invocation,
    /// The request that it is for, if it is one for HTTP.
    pub asked: Option<Asked>,
    /// The response to a request that the authorizer has refused. There was no invocation.
    pub refusal: Option<(Head, Vec<u8>)>,
}

impl Run {
    fn bytes(&self) -> usize {
        let log: usize = self.invocation.log.iter().map(|line| log::size_of(line)).sum();
        let asked = self.asked.as_ref().map_or(0, |asked| {
            let headers = asked.request.headers.iter();
            let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
            asked.request.body.len()
                + asked.request.path.len()
                + asked.request.query.len()
                + headers
        });
        self.event.len() + self.invocation.payload.len() + log + asked
    }

    /// Drops the response if it is too large, as a stream can be.
    fn fit(&mut self) {
        if self.bytes() > MAX_RUN_BYTES {
            let length = std::mem::take(&mut self.invocation.payload).len();
            self.invocation.log.push(format!(
                "(cut by minilambda-local: the response of {length} bytes is too large to be kept here)"
            ));
        }
    }
}

/// The state of the project's program.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Build {
    /// There is no project: the program was given.
    #[default]
    None,
    /// With what cargo does.
    Running {
        progress: String,
    },
    Done {
        took: Duration,
        at_ms: u64,
    },
    /// With the compiler's messages.
    Failed {
        messages: String,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    state: Mutex<State>,
    changed: Condvar,
    running: Arc<Running>,
}

#[derive(Debug, Default)]
struct State {
    runs: VecDeque<Arc<Run>>,
    /// The requests of the invocations that are running, by their ids.
    asked: HashMap<String, Asked>,
    bytes: usize,
    /// Whether it was said that there is too much to keep.
    has_said: bool,
    count: u64,
    build: Build,
    build_version: u64,
    /// The changes of durable executions.
    executions: u64,
}

impl State {
    fn bookmark(&self) -> Bookmark {
        Bookmark { run: self.count, build: self.build_version, executions: self.executions }
    }

    /// Drops the oldest invocations, so that `others` bytes have room beside them.
    fn make_room(&mut self, others: usize) {
        let most = MAX_BYTES.saturating_sub(others);
        if self.bytes > most && !self.has_said {
            self.has_said = true;
            terminal::say(
                "minilambda-local: of events, responses and logs 64 MB are kept; the oldest runs are left out",
            );
        }
        while self.runs.len() > MAX_RUNS || self.bytes > most {
            let Some(oldest) = self.runs.pop_front() else { return };
            self.bytes -= oldest.bytes();
        }
    }
}

/// The entries that a page has not seen yet.
#[derive(Debug)]
pub(crate) struct News {
    pub runs: Vec<Arc<Run>>,
    pub build: Option<Build>,
    /// Whether durable executions have changed.
    pub has_executions: bool,
}

/// The last entries that a page has read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bookmark {
    run: u64,
    build: u64,
    executions: u64,
}

impl Journal {
    /// Returns one that has the room that the logs of what runs leave.
    pub fn beside(running: &Arc<Running>) -> Self {
        Self { running: Arc::clone(running), ..Self::default() }
    }

    /// Notes an invocation. A line of a log may need the room of the oldest ones.
    pub fn note(&self, notice: &Notice) {
        let mut state = lock(&self.state);
        let Notice::Done { handler, event, invocation } = notice else {
            return state.make_room(self.running.bytes());
        };
        let asked = state.asked.remove(&invocation.request_id);
        let mut run = Run {
            number: 0,
            at_ms: clock::ms(clock::now()),
            handler: (*handler).to_owned(),
            event: event.to_vec(),
            invocation: Invocation::clone(invocation),
            asked,
            refusal: None,
        };
        run.fit();
        self.add(state, run);
    }

    fn add(&self, mut state: MutexGuard<State>, mut run: Run) {
        state.count += 1;
        run.number = state.count;
        state.bytes += run.bytes();
        state.runs.push_back(Arc::new(run));
        state.make_room(self.running.bytes());
        drop(state);
        self.changed.notify_all();
    }

    /// Notes the request that the invocation of this id is for, before it runs.
    pub fn expect(&self, id: &str, asked: Asked) {
        lock(&self.state).asked.insert(id.to_owned(), asked);
    }

    /// Forgets the request of an invocation that has not run.
    pub fn forget(&self, id: &str) {
        lock(&self.state).asked.remove(id);
    }

    /// Notes a request that was refused, with a line for its log.
    pub fn refuse(
        &self,
        id: &str,
        handler: &str,
        asked: Asked,
        refusal: (Head, Vec<u8>),
        line: String,
    ) {
        let mut invocation = Invocation::of_response("");
        id.clone_into(&mut invocation.request_id);
        invocation.log.push(line);
        let run = Run {
            number: 0,
            at_ms: clock::ms(clock::now()),
            handler: handler.to_owned(),
            event: Vec::new(),
            invocation,
            asked: Some(asked),
            refusal: Some(refusal),
        };
        self.add(lock(&self.state), run);
    }

    pub fn set_build(&self, build: Build) {
        let mut state = lock(&self.state);
        state.build = build;
        state.build_version += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Notes that durable executions have changed.
    pub fn note_executions(&self) {
        lock(&self.state).executions += 1;
        self.changed.notify_all();
    }

    pub fn build(&self) -> Build {
        lock(&self.state).build.clone()
    }

    pub fn runs(&self) -> Vec<Arc<Run>> {
        lock(&self.state).runs.iter().cloned().collect()
    }

    /// The run with this request id.
    pub fn run(&self, id: &str) -> Option<Arc<Run>> {
        let state = lock(&self.state);
        state.runs.iter().rev().find(|run| run.invocation.request_id == id).cloned()
    }

    pub fn clear(&self) {
        let mut state = lock(&self.state);
        state.runs.clear();
        state.bytes = 0;
    }

    pub fn bookmark(&self) -> Bookmark {
        let state = lock(&self.state);
        state.bookmark()
    }

    /// Waits for what comes after a bookmark. There may be nothing after this time.
    pub fn wait(&self, bookmark: &mut Bookmark, limit: Duration) -> News {
        let state = lock(&self.state);
        let is_old = |state: &mut State| state.bookmark() == *bookmark;
        let (state, _) = unpoisoned(self.changed.wait_timeout_while(state, limit, is_old));
        let news = News {
            runs: state.runs.iter().filter(|run| run.number > bookmark.run).cloned().collect(),
            has_executions: state.executions != bookmark.executions,
            build: (state.build_version != bookmark.build).then(|| state.build.clone()),
        };
        *bookmark = state.bookmark();
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_a_bounded_number_of_runs_and_bytes() {
        let journal = Journal::default();
        let mut bookmark = journal.bookmark();
        let invocation = Invocation::of_response("");
        let note = |bytes: usize| {
            let event = vec![0; bytes];
            let notice = Notice::Done { handler: "a", event: &event, invocation: &invocation };
            journal.note(&notice);
        };
        (0..1000).for_each(|_| note(10));
        assert_eq!(journal.runs().len(), MAX_RUNS);
        (0..20).for_each(|_| note(10 * 1024 * 1024));
        assert_eq!(journal.runs().len(), 6);
        let news = journal.wait(&mut bookmark, Duration::ZERO);
        assert_eq!((news.runs.len(), news.build), (6, None));
        assert!(journal.wait(&mut bookmark, Duration::ZERO).runs.is_empty());
    }

    #[test]
    fn what_runs_has_its_room_beside_what_is_kept() {
        let running = Arc::new(Running::default());
        let journal = Journal::beside(&running);
        let event = vec![0; 6 * 1024 * 1024];
        let mut invocation = Invocation::of_response("");
        let note = |invocation: &Invocation| {
            journal.note(&Notice::Done { handler: "a", event: &event, invocation });
        };
        (0..20).for_each(|_| note(&invocation));
        assert_eq!(journal.runs().len(), 10);
        let mut logs: Vec<_> = (0..100).map(|_| log::Log::new(&running)).collect();
        for _ in 0..100 {
            for log in &mut logs {
                log.push("x".repeat(9_999));
                journal.note(&Notice::Log { handler: "a", line: "" });
            }
            let kept: usize = journal.runs().iter().map(|run| run.bytes()).sum();
            assert!(kept + running.bytes() <= MAX_BYTES, "{kept} beside {}", running.bytes());
        }
        // A stream can be larger than all of it; its event and its log are kept.
        invocation.payload = vec![b'x'; 100 * 1024 * 1024];
        note(&invocation);
        let run = journal.runs().pop().unwrap();
        assert!(run.invocation.payload.is_empty() && run.event.len() == event.len());
        assert!(run.invocation.has_logged("the response of 104857600 bytes is too large"));
    }
}
