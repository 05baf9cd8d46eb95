//! The states of the branches of a batch, and which one is next.

use crate::execution::{MAX_THREADS, State};
use crate::failure::Failure;
use minilambda::__private::now;
use std::time::Duration;

/// When a batch of branches is over, and how many of them are begun at once: data, for a `static`.
///
/// ```
/// use minilambda_durable::When;
///
/// static TWO_OF_THEM: When = When { successes: 2, ..When::ALL_ARE_OVER };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// How many branches are begun and not over at once, those that wait included.
    pub at_once: usize,
    /// The batch is over when this many branches have succeeded.
    pub successes: usize,
    /// The batch is over when more branches than this have failed.
    pub failures: usize,
    /// Whether the branches have no context of their own, which is two events less for each: their
    /// operations are those of the batch. Until the batch is over, a replay runs them again.
    pub flat: bool,
}

impl When {
    /// The batch is over when all its branches are, however they end.
    pub const ALL_ARE_OVER: Self =
        Self { at_once: usize::MAX, successes: usize::MAX, failures: usize::MAX, flat: false };
    /// The batch is over with the first failure.
    pub const ONE_FAILS: Self = Self { failures: 0, ..Self::ALL_ARE_OVER };
    /// The batch is over with the first success.
    pub const ONE_SUCCEEDS: Self = Self { successes: 1, ..Self::ALL_ARE_OVER };
}

/// How long is waited before the service is asked for an operation whose time is not known or over.
/// If it is not known, it doubles three times while nothing has come.
const POLL: Duration = Duration::from_secs(1);
const MAX_DOUBLED: u32 = 3;

/// How long after its time an operation is asked for.
const MARGIN: Duration = Duration::from_millis(20);

/// The state of a branch.
pub(crate) enum Branch {
    Todo,
    Running,
    /// For operations with these ids.
    Waiting(Vec<String>),
    /// With this result, as JSON.
    Done(String),
    Failed(Failure),
    /// It was not over when the batch was, in an earlier invocation.
    Left,
}

/// What a thread does next.
pub(crate) enum Next {
    Branch(usize),
    /// Wait for others, for a time at most.
    Wait(Option<Duration>),
    None,
}

pub(crate) struct Board {
    pub branches: Vec<Branch>,
    when: When,
    /// The first branch that may be to do.
    first: usize,
    running: usize,
    waiting: usize,
    done: usize,
    failed: usize,
    left: usize,
    /// The version of the state in which no branch that waits could go on.
    seen: u64,
    /// How many such versions there were since a branch has gone on.
    misses: u32,
}

impl Board {
    /// A batch. `summary` is that of a batch that was over in an earlier invocation: what was not
    /// over then stays so, whatever has happened to it since.
    pub fn new(count: usize, when: When, summary: Option<&str>) -> Self {
        let was = summary.unwrap_or_default().as_bytes();
        let is_left = |index: usize| was.get(index).is_some_and(|mark| *mark == LEFT);
        let branch = |index| if is_left(index) { Branch::Left } else { Branch::Todo };
        let branches: Vec<_> = (0..count).map(branch).collect();
        let left = branches.iter().filter(|branch| matches!(branch, Branch::Left)).count();
        // All that were over are run again: their results are recorded.
        let when = if was.is_empty() {
            When { successes: when.successes.max(1), at_once: when.at_once.max(1), ..when }
        } else {
            When::ALL_ARE_OVER
        };
        let (first, running, waiting, done, failed, seen, misses) = (0, 0, 0, 0, 0, 0, 0);
        Self { branches, when, first, running, waiting, done, failed, left, seen, misses }
    }

    /// How many threads are of use, with that of the function.
    pub fn threads(&self) -> usize {
        (self.branches.len() - self.left).min(self.when.at_once).min(MAX_THREADS + 1)
    }

    pub fn is_over(&self) -> bool {
        self.done + self.failed + self.left == self.branches.len()
            || self.done >= self.when.successes
            || self.failed > self.when.failures
    }

    /// The operations that are awaited.
    pub fn awaited(self) -> Vec<String> {
        let on = |branch| if let Branch::Waiting(on) = branch { on } else { Vec::new() };
        self.branches.into_iter().flat_map(on).collect()
    }

    /// What is recorded of a batch whose result is large: a letter for each branch.
    pub fn summary(&self) -> String {
        let mark = |branch: &Branch| match branch {
            Branch::Done(_) => DONE,
            Branch::Failed(_) => FAILED,
            _ => LEFT,
        };
        self.branches.iter().map(|branch| char::from(mark(branch))).collect()
    }

    /// Sets the state of a branch that was running.
    pub fn set(&mut self, index: usize, branch: Branch) {
        self.running -= 1;
        match &branch {
            Branch::Done(_) => self.done += 1,
            Branch::Failed(_) => self.failed += 1,
            _ => {
                self.waiting += 1;
                (self.seen, self.misses) = (0, 0);
            }
        }
        if let Some(at) = self.branches.get_mut(index) {
            *at = branch;
        }
    }

    pub fn next(&mut self, state: &State) -> Next {
        if self.is_over() {
            return Next::None;
        }
        if let Some(index) = self.take_waiting(state).or_else(|| self.take_todo()) {
            return Next::Branch(index);
        }
        if self.running == 0 { Next::None } else { Next::Wait(self.due(state)) }
    }

    /// Takes a branch that waits for an operation which is over.
    fn take_waiting(&mut self, state: &State) -> Option<usize> {
        if self.waiting == 0 || self.seen == state.version {
            return None;
        }
        let can_go_on =
            |id: &String| state.operations.get(id).is_some_and(|operation| operation.can_go_on());
        let index = self
            .branches
            .iter()
            .position(|branch| matches!(branch, Branch::Waiting(on) if on.iter().any(can_go_on)));
        let Some(index) = index else {
            self.seen = state.version;
            self.misses = self.misses.saturating_add(1);
            return None;
        };
        self.waiting -= 1;
        self.run(index)
    }

    fn take_todo(&mut self) -> Option<usize> {
        if self.running + self.waiting >= self.when.at_once {
            return None;
        }
        let todo = |branch: &Branch| matches!(branch, Branch::Todo);
        let after = self.branches.get(self.first..)?.iter().position(todo)?;
        self.first += after;
        self.run(self.first)
    }

    fn run(&mut self, index: usize) -> Option<usize> {
        *self.branches.get_mut(index)? = Branch::Running;
        self.running += 1;
        self.misses = 0;
        Some(index)
    }

    /// How long until the first operation that is awaited is due. What others do, such as the
    /// result of a callback, has no time, so the service is asked once in a while.
    fn due(&self, state: &State) -> Option<Duration> {
        let now = now();
        let poll = POLL * 2_u32.pow(self.misses.saturating_sub(1).min(MAX_DOUBLED));
        let due = |id: &String| {
            let due = state.operations.get(id).and_then(|operation| operation.due());
            // One that is due may be late.
            let left = |due: Duration| due.checked_sub(now).map_or(POLL, |left| left + MARGIN);
            due.map_or(poll, left)
        };
        let waiting = self.branches.iter().filter_map(|branch| match branch {
            Branch::Waiting(on) => on.iter().map(due).min(),
            _ => None,
        });
        waiting.min()
    }
}

const DONE: u8 = b'd';
const FAILED: u8 = b'f';
const LEFT: u8 = b'l';
