//! The history for the page: the invocations, and the state of the build.

use crate::clock;
use crate::invocation::Invocation;
use crate::process::lock;
use crate::settings::Notice;
use crate::terminal;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The most invocations that are kept.
const MAX_RUNS: usize = 200;

/// The most bytes of events, responses and logs that are kept.
const MAX_BYTES: usize = 64 * 1024 * 1024;

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
}

impl Run {
    fn bytes(&self) -> usize {
        // With what a short text takes in memory.
        let log: usize = self.invocation.log.iter().map(|line| line.len() + 40).sum();
        self.event.len() + self.invocation.payload.len() + log
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
}

#[derive(Debug, Default)]
struct State {
    runs: VecDeque<Arc<Run>>,
    bytes: usize,
    /// Whether it was said that there is too much to keep.
    has_said: bool,
    count: u64,
    build: Build,
    build_version: u64,
}

/// The entries that a page has not seen yet.
#[derive(Debug)]
pub(crate) struct News {
    pub runs: Vec<Arc<Run>>,
    pub build: Option<Build>,
}

/// The last entries that a page has read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bookmark {
    run: u64,
    build: u64,
}

impl Journal {
    /// Notes an invocation.
    pub fn note(&self, notice: &Notice) {
        let Notice::Done { handler, event, invocation } = notice else { return };
        let mut state = lock(&self.state);
        state.count += 1;
        let run = Run {
            number: state.count,
            at_ms: clock::ms(clock::now()),
            handler: (*handler).to_owned(),
            event: event.to_vec(),
            invocation: Invocation::clone(invocation),
        };
        state.bytes += run.bytes();
        state.runs.push_back(Arc::new(run));
        if state.bytes > MAX_BYTES && state.runs.len() > 1 && !state.has_said {
            state.has_said = true;
            terminal::say(
                "minilambda-local: of events, responses and logs 64 MB are kept; the oldest runs are left out",
            );
        }
        while state.runs.len() > MAX_RUNS || (state.bytes > MAX_BYTES && state.runs.len() > 1) {
            let oldest = state.runs.pop_front();
            state.bytes -= oldest.map_or(0, |run| run.bytes());
        }
        drop(state);
        self.changed.notify_all();
    }

    pub fn set_build(&self, build: Build) {
        let mut state = lock(&self.state);
        state.build = build;
        state.build_version += 1;
        drop(state);
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
        Bookmark { run: state.count, build: state.build_version }
    }

    /// Waits for what comes after a bookmark. There may be nothing after this time.
    pub fn wait(&self, bookmark: &mut Bookmark, limit: Duration) -> News {
        let state = lock(&self.state);
        let is_old = |state: &mut State| {
            state.count == bookmark.run && state.build_version == bookmark.build
        };
        let (state, _) = self
            .changed
            .wait_timeout_while(state, limit, is_old)
            .unwrap_or_else(PoisonError::into_inner);
        let news = News {
            runs: state.runs.iter().filter(|run| run.number > bookmark.run).cloned().collect(),
            build: (state.build_version != bookmark.build).then(|| state.build.clone()),
        };
        *bookmark = Bookmark { run: state.count, build: state.build_version };
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
}
