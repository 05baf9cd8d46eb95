//! Branches that run in parallel, in a few threads.
//!
//! A branch that has to wait returns, and its thread takes the next branch. It is run again, by
//! replay, when what it waits for is over: in the same invocation if other branches are still
//! running, and otherwise in the next one.

use crate::board::{Board, Branch, Next, When};
use crate::context::{Durable, Made, Scope};
use crate::execution::Execution;
use crate::failure::{Failure, Reason, Result, Stop};
use crate::json::{from_json, to_json};
use minilambda::__private::{catch_panic, lock, silence};
use minilambda::{FromJson, ToJson};
use miniserde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;

/// How a branch has ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    /// With this result.
    Done(T),
    /// With this failure.
    Failed(Failure),
    /// It was not over, or not begun, when the batch was.
    Left,
}

/// The outcomes of a batch's branches, in their order.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Batch<T>(pub Vec<Outcome<T>>);

impl<T> Batch<T> {
    /// Returns the results of all branches.
    ///
    /// # Errors
    /// The first failure; `Durable.NotOver` if a branch was left.
    pub fn all(self) -> Result<Vec<T>> {
        let result = |outcome| match outcome {
            Outcome::Done(value) => Ok(value),
            Outcome::Failed(failure) => Err(failure.into()),
            Outcome::Left => {
                let message = "a branch was not over when its batch was".to_owned();
                Err(Failure::cut("Durable.NotOver".to_owned(), message, "").into())
            }
        };
        self.0.into_iter().map(result).collect()
    }

    /// Returns the results of the branches that have succeeded.
    pub fn successes(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(|outcome| match outcome {
            Outcome::Done(value) => Some(value),
            _ => None,
        })
    }

    /// Returns the failures of those that have failed.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.0.iter().filter_map(|outcome| match outcome {
            Outcome::Failed(failure) => Some(failure),
            _ => None,
        })
    }
}

/// What a branch may use of its surroundings.
///
/// It is implemented for everything that several threads can use.
#[diagnostic::on_unimplemented(
    message = "a branch cannot use this: branches run in several threads",
    label = "uses something that only one thread can use",
    note = "a branch uses the context that it gets (`|branch, item| branch.step(…)`), not the `Durable` around it",
    note = "values that branches share are `Sync`: no `Cell`, `RefCell` or `Rc`"
)]
pub trait InBranch: Sync {}

#[diagnostic::do_not_recommend]
impl<F: Sync> InBranch for F {}

/// A branch of [`Durable::parallel`]: its name, and what it does.
///
/// It uses the context that it gets. The compiler says of the `Durable` around it, and of a
/// callback of that, that they `cannot be shared between threads safely`.
pub type Named<'a, T> = (&'a str, &'a (dyn Fn(&Durable) -> Result<T> + Sync));

/// As an outcome is recorded in the result of its batch. The result is JSON in JSON, because
/// `null` is one too.
#[derive(Deserialize, Serialize)]
struct Recorded {
    status: String,
    result: Option<String>,
    kind: Option<String>,
    message: Option<String>,
}

impl Durable<'_> {
    /// Calls a function for each item, in parallel, each in a context of its own.
    ///
    /// The branches run in up to 16 threads. One that waits needs none, so any number of them can
    /// wait at the same time. When the batch is over, steps that still run are waited for, and
    /// nothing else of their branches is begun.
    ///
    /// # Errors
    /// Only waits: the failure of a branch is an [`Outcome`]. See [`Batch::all`].
    pub fn map<I, T, F>(&self, name: &str, items: &[I], when: When, run: F) -> Result<Batch<T>>
    where
        I: Sync,
        T: FromJson + ToJson,
        F: Fn(&Durable, &I) -> Result<T> + InBranch,
    {
        let name_of = |index: usize| format!("{name}-{index}");
        self.map_items(name, items, when, &name_of, run)
    }

    /// Calls a function for each item, as [`map`](Self::map) does, in branches whose names come
    /// from the items. Without it they are the name of the batch and a number from 0.
    ///
    /// # Errors
    /// Those of [`map`](Self::map).
    pub fn map_named<I, T, N, F>(
        &self,
        name: &str,
        items: &[I],
        when: When,
        name_of: N,
        run: F,
    ) -> Result<Batch<T>>
    where
        I: Sync,
        T: FromJson + ToJson,
        N: Fn(&I) -> String + Sync,
        F: Fn(&Durable, &I) -> Result<T> + InBranch,
    {
        let name_of = |index: usize| items.get(index).map_or_else(String::new, &name_of);
        self.map_items(name, items, when, &name_of, run)
    }

    fn map_items<I, T, F>(
        &self,
        name: &str,
        items: &[I],
        when: When,
        name_of: &(dyn Fn(usize) -> String + Sync),
        run: F,
    ) -> Result<Batch<T>>
    where
        I: Sync,
        T: FromJson + ToJson,
        F: Fn(&Durable, &I) -> Result<T> + InBranch,
    {
        let branch = |branch: &Durable, index: usize| match items.get(index) {
            Some(item) => Ok(to_json(&run(branch, item)?)?),
            None => Ok("null".to_owned()),
        };
        self.batch(name, ("Map", "MapIteration"), items.len(), name_of, when, &branch)
    }

    /// Calls functions in parallel, each in a context of its own; see [`map`](Self::map).
    ///
    /// ```
    /// use minilambda_durable::{Durable, Named, Result, When};
    /// # fn fetch(_: &str) -> std::result::Result<u32, minilambda::Error> { Ok(1) }
    ///
    /// fn price(id: String, durable: &Durable) -> Result<u32> {
    ///     let shops: [Named<u32>; 2] = [
    ///         ("north", &|branch| branch.step("ask", |_| fetch("north"))),
    ///         ("south", &|branch| branch.step("ask", |_| fetch("south"))),
    ///     ];
    ///     let prices = durable.parallel("prices", &shops, When::ONE_SUCCEEDS)?;
    ///     Ok(prices.successes().copied().next().unwrap_or_default())
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of [`map`](Self::map).
    pub fn parallel<T>(&self, name: &str, branches: &[Named<T>], when: When) -> Result<Batch<T>>
    where
        T: FromJson + ToJson,
    {
        let branch = |branch: &Durable, index: usize| match branches.get(index) {
            Some((_, run)) => Ok(to_json(&run(branch)?)?),
            None => Ok("null".to_owned()),
        };
        let name_of =
            |index: usize| branches.get(index).map_or_else(String::new, |it| it.0.to_owned());
        self.batch(name, ("Parallel", "ParallelBranch"), branches.len(), &name_of, when, &branch)
    }

    fn batch<T: FromJson>(
        &self,
        name: &str,
        (kind, branch_kind): (&'static str, &'static str),
        count: usize,
        name_of: &(dyn Fn(usize) -> String + Sync),
        when: When,
        run: &(dyn Fn(&Durable, usize) -> Result<String> + Sync),
    ) -> Result<Batch<T>> {
        let json = self.nested(name, kind, |inner| {
            let scope = Scope { outer: Some(inner.scope), ..Scope::default() };
            let board = Board::new(count, when, inner.summary.as_deref());
            let work = Work {
                execution: inner.execution,
                scope: &scope,
                board: Mutex::new(board),
                id: &inner.id,
                is_flat: when.flat,
                is_remade: inner.is_remade,
                branch_kind,
                name_of,
                run,
            };
            work.in_threads();
            let board = work.board.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !board.is_over() {
                return Err(inner.seal(board.awaited()));
            }
            let summary = board.summary();
            let recorded: Vec<_> = board.branches.into_iter().map(Recorded::of).collect();
            Ok(Made { json: to_json(&recorded)?, summary })
        })?;
        let recorded: Vec<Recorded> = from_json(&json)?;
        let outcomes = recorded.into_iter().zip(0..).map(|(it, index)| it.outcome(name_of(index)));
        Ok(Batch(outcomes.collect::<Result<_>>()?))
    }
}

/// A batch that is being worked on.
struct Work<'a> {
    execution: &'a Execution<'a>,
    scope: &'a Scope<'a>,
    board: Mutex<Board>,
    /// The id of the batch.
    id: &'a str,
    is_flat: bool,
    is_remade: bool,
    branch_kind: &'static str,
    name_of: &'a (dyn Fn(usize) -> String + Sync),
    run: &'a (dyn Fn(&Durable, usize) -> Result<String> + Sync),
}

impl Work<'_> {
    /// Runs the branches until the batch is over or all of them wait.
    fn in_threads(&self) {
        let count = lock(&self.board).threads();
        thread::scope(|threads| {
            for _ in 1..count {
                if !self.execution.take_thread() {
                    break;
                }
                let work = || {
                    self.execution.context.attach_to_thread();
                    self.branches();
                    self.execution.give_thread_back();
                };
                // Without a thread there are fewer.
                if thread::Builder::new().spawn_scoped(threads, work).is_err() {
                    self.execution.give_thread_back();
                    break;
                }
            }
            self.branches();
        });
    }

    fn branches(&self) {
        while let Some(index) = self.next() {
            // The function that names a branch may panic: other threads wait for its end.
            let result = catch_panic(|| Ok(self.branch(index)));
            let branch = match result.unwrap_or_else(|panic| Err(panic.into())) {
                Ok(json) => Branch::Done(json),
                Err(Stop(Reason::Failed(failure))) => Branch::Failed(failure),
                Err(Stop(Reason::Suspended(on))) => Branch::Waiting(on),
            };
            let mut board = lock(&self.board);
            board.set(index, branch);
            self.scope.has_ended.store(board.is_over(), Ordering::Relaxed);
            drop(board);
            self.execution.notify();
        }
        silence(false);
    }

    /// Runs a branch until it waits or is over.
    fn branch(&self, index: usize) -> Result<String> {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        // A context of its own whose next operation is the branch.
        let mut here = Durable::new(self.execution, self.scope, self.id, number);
        here.is_remade = self.is_remade;
        let run = |branch: &Durable| {
            let json = (self.run)(branch, index)?;
            Ok(Made { json, summary: String::new() })
        };
        if self.is_flat {
            return here.flat(run);
        }
        here.nested(&(self.name_of)(index), self.branch_kind, run)
    }

    /// Takes a branch that can go on. While others run it is cheaper to wait for one than to be
    /// invoked again.
    fn next(&self) -> Option<usize> {
        loop {
            let state = self.execution.lock();
            let mut board = lock(&self.board);
            // This batch may be in a branch of one that is over.
            if state.check().is_err() || self.scope.has_ended() {
                return None;
            }
            match board.next(&state) {
                Next::Branch(index) => return Some(index),
                Next::None => return None,
                Next::Wait(time) => {
                    drop(board);
                    let seen = state.version;
                    if self.execution.wait_at_most(state, time) {
                        self.execution.refresh(seen);
                    }
                }
            }
        }
    }
}

impl Recorded {
    fn of(branch: Branch) -> Self {
        let (status, result, failure) = match branch {
            Branch::Done(json) => ("SUCCEEDED", Some(json), None),
            Branch::Failed(failure) => ("FAILED", None, Some(failure)),
            _ => ("STARTED", None, None),
        };
        let (kind, message) = failure.map(|it| (it.kind, it.message)).unzip();
        Self { status: status.to_owned(), result, kind, message }
    }

    fn outcome<T: FromJson>(self, name: String) -> Result<Outcome<T>> {
        Ok(match (self.result, self.kind) {
            (Some(json), _) => Outcome::Done(from_json(&json)?),
            (None, Some(kind)) => {
                Outcome::Failed(Failure::cut(kind, self.message.unwrap_or_default(), &name))
            }
            (None, None) => Outcome::Left,
        })
    }
}
