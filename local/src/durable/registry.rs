//! The executions that are kept, and the clock.

use super::chained::{Outcome, headers};
use super::execution::{Execution, New};
use super::time::{Clock, DurableTime};
use crate::error::{Error, ErrorKind};
use crate::ids;
use crate::invocation::Request;
use crate::pool::Pool;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The most executions that are kept. The oldest that have ended are dropped first.
const MAX_EXECUTIONS: usize = 1000;

/// The most bytes of all executions.
pub(super) const MAX_BYTES: usize = 256 * 1024 * 1024;

pub(super) struct State {
    pub executions: BTreeMap<u64, Execution>,
    pub by_arn: HashMap<String, u64>,
    pub last_number: u64,
    pub clock: Clock,
    /// The invocations that are running.
    pub running: usize,
    pub has_thread: bool,
    pub is_closed: bool,
    /// In seconds.
    pub timeout: u64,
}

/// An invocation that is to run.
pub(super) struct Task {
    pub number: u64,
    pub request: Request,
}

impl State {
    pub fn new(time: DurableTime, timeout: u64) -> Self {
        Self {
            executions: BTreeMap::new(),
            by_arn: HashMap::new(),
            last_number: 0,
            clock: Clock::new(time),
            running: 0,
            has_thread: false,
            is_closed: false,
            timeout,
        }
    }

    pub fn bytes(&self) -> usize {
        self.executions.values().map(|execution| execution.bytes).sum()
    }

    /// Drops the oldest executions that have ended.
    pub fn make_room(&mut self) {
        let mut bytes = self.bytes();
        while self.executions.len() >= MAX_EXECUTIONS || bytes > MAX_BYTES {
            let mut executions = self.executions.iter();
            let oldest = executions.find(|(_, execution)| execution.is_over());
            let Some((number, execution)) = oldest else { return };
            bytes -= execution.bytes;
            let number = *number;
            self.remove(number);
        }
    }

    pub fn remove(&mut self, number: u64) {
        if let Some(execution) = self.executions.remove(&number) {
            self.by_arn.remove(&execution.new.arn);
        }
    }

    pub fn add(&mut self, mut new: New, lambda: &Pool) -> Result<u64, Error> {
        self.make_room();
        if self.executions.len() >= MAX_EXECUTIONS {
            let message = "Rate Exceeded. Too many durable executions are open here.";
            return Err(Error::new(ErrorKind::Throttled, message));
        }
        self.last_number += 1;
        let id = ids::uuid();
        let function = lambda.settings().arn(&new.handler);
        new.arn = format!("{function}:$LATEST/durable-execution/{}/{id}", new.name);
        new.timeout = self.timeout;
        self.by_arn.insert(new.arn.clone(), self.last_number);
        let execution = Execution::new(new, id, self.clock.now());
        self.executions.insert(self.last_number, execution);
        Ok(self.last_number)
    }

    /// Notes which execution a chained invocation has started.
    pub fn link(&mut self, number: u64, operation: &str, child: u64) {
        let arn = self.executions.get(&child).map(|child| child.new.arn.clone());
        if let (Some(execution), Some(arn)) = (self.executions.get_mut(&number), arn) {
            execution.link(operation, child, arn);
        }
    }

    pub fn end_chain(&mut self, number: u64, operation: &str, outcome: Outcome, now: Duration) {
        if let Some(execution) = self.executions.get_mut(&number) {
            execution.end_chain(operation, outcome, now);
        }
    }

    /// Lets happen what is due. Returns whether there was something.
    pub fn fire(&mut self, now: Duration) -> bool {
        let mut has_fired = false;
        for execution in self.executions.values_mut() {
            if execution.next_timer().is_some_and(|time| time <= now) {
                execution.fire(now);
                has_fired = true;
            }
        }
        self.report_children(now);
        has_fired
    }

    /// Gives the executions that have ended to those that have started them.
    pub fn report_children(&mut self, now: Duration) {
        loop {
            let ended = self.executions.values_mut().find_map(|execution| {
                let outcome = execution.is_over().then(|| execution.new.parent.take())??;
                Some((outcome, execution.outcome()))
            });
            let Some(((parent, operation), outcome)) = ended else { return };
            self.end_chain(parent, &operation, outcome, now);
        }
    }

    /// Begins the invocations that are wanted.
    pub fn begin(&mut self, now: Duration, most: usize) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (number, execution) in &mut self.executions {
            if self.running >= most {
                break;
            }
            if execution.wants_invocation() {
                let id = ids::uuid();
                let event = execution.begin(&id, now);
                let new = &execution.new;
                let request = Request {
                    id: Some(id),
                    headers: headers(new.trace.as_deref(), new.tenant.as_deref()),
                    is_once: true,
                    ..Request::new(&new.handler, event.as_bytes())
                };
                tasks.push(Task { number: *number, request });
                self.running += 1;
            }
        }
        tasks
    }

    pub fn next_timer(&self) -> Option<Duration> {
        self.executions.values().filter_map(Execution::next_timer).min()
    }

    pub fn is_idle(&self) -> bool {
        !self.executions.values().any(Execution::is_active)
    }

    pub fn is_at_rest(&self, number: u64) -> bool {
        let Some(execution) = self.executions.get(&number) else { return true };
        let now = self.clock.now();
        let is_due = execution.next_timer().is_some_and(|time| time <= now);
        // The clock is about to jump to its timer.
        let jumps = self.clock.mode() == DurableTime::Skip && execution.has_wait();
        let mut open = execution.operations.iter().filter(|operation| !operation.status.is_over());
        // A child is newer than its parent, so this ends.
        !execution.is_active()
            && !is_due
            && !jumps
            && open.all(|operation| {
                operation.child.is_none_or(|child| child <= number || self.is_at_rest(child))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::execution::{ExecutionStatus, blank};
    use crate::durable::invocation::End;
    use crate::durable::operation::{Kind, Operation, Problem, Status};
    use crate::settings::Settings;

    fn state() -> (State, std::sync::Arc<Pool>) {
        let pool = Pool::new(Settings::new("none".into()), Vec::new());
        (State::new(DurableTime::Manual, 60), pool)
    }

    fn end_all(state: &mut State) {
        let now = state.clock.now();
        for execution in state.executions.values_mut() {
            execution.stop(None, now);
        }
    }

    #[test]
    fn a_bounded_number_of_executions_is_kept_and_those_that_are_open_are_not_dropped() {
        let (mut state, pool) = state();
        for _ in 0..MAX_EXECUTIONS {
            state.add(New::default(), &pool).unwrap();
        }
        let error = state.add(New::default(), &pool).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        end_all(&mut state);
        let last = state.add(New::default(), &pool).unwrap();
        assert_eq!(state.executions.len(), MAX_EXECUTIONS);
        assert!(!state.executions.contains_key(&1) && state.executions.contains_key(&last));
        assert_eq!(state.by_arn.len(), MAX_EXECUTIONS);
        let is_over = |execution: &Execution| execution.status() == ExecutionStatus::Stopped;
        assert!(state.executions.values().filter(|it| is_over(it)).count() == MAX_EXECUTIONS - 1);
    }

    #[test]
    fn a_bounded_number_of_bytes_is_kept() {
        let (mut state, pool) = state();
        let input: std::sync::Arc<str> = "x".repeat(6 * 1024 * 1024).into();
        for _ in 0..60 {
            let input = std::sync::Arc::clone(&input);
            state.add(New { input, ..New::default() }, &pool).unwrap();
            end_all(&mut state);
            state.make_room();
            assert!(state.bytes() <= MAX_BYTES);
        }
        assert!((10..60).contains(&state.executions.len()), "{}", state.executions.len());
    }

    #[test]
    fn an_execution_that_was_begun_by_another_times_out_or_is_stopped() {
        let (mut state, pool) = state();
        let now = state.clock.now();
        let mut ended = |end: fn(&mut Execution, Duration)| {
            let parent = state.add(New::default(), &pool).unwrap();
            let chain = blank("1", Kind::ChainedInvoke, now);
            state.executions.get_mut(&parent).unwrap().insert(chain);
            let by = Some((parent, "1".to_owned()));
            let child = state.add(New { parent: by, ..New::default() }, &pool).unwrap();
            end(state.executions.get_mut(&child).unwrap(), now);
            state.report_children(now);
            let operation = state.executions.get(&parent).unwrap().find("1").unwrap();
            (operation.status, operation.error.clone().unwrap())
        };
        let (status, error) = ended(|child, now| child.fire(now + Duration::from_secs(61)));
        assert_eq!(status, Status::TimedOut);
        let message = "CHAINED_INVOKE timed out after 60 seconds.";
        assert_eq!(error, Problem::new("ChainedInvoke.Timeout", message));
        let (status, error) = ended(|child, now| child.stop(None, now));
        assert_eq!((status, error.kind), (Status::Stopped, None));
        let (_, error) =
            ended(|child, now| child.stop(Some(Problem::new("Enough", "for today")), now));
        assert_eq!(error, Problem::new("Enough", "for today"));
    }

    #[test]
    fn an_execution_whose_timer_is_skipped_is_not_at_rest() {
        for (time, kind, is_at_rest) in [
            (DurableTime::Manual, Kind::Wait, true),
            (DurableTime::Skip, Kind::Wait, false),
            // It can be answered.
            (DurableTime::Skip, Kind::Callback, true),
        ] {
            let (_, pool) = state();
            let mut state = State::new(time, 60);
            let now = state.clock.now();
            let number = state.add(New::default(), &pool).unwrap();
            let execution = state.executions.get_mut(&number).unwrap();
            let due = Some(now + Duration::from_secs(3600));
            execution.insert(Operation { due, ..blank("1", kind, now) });
            execution.begin("request", now);
            execution.end(End::Responded(b"{\"Status\":\"PENDING\"}"), now);
            assert_eq!(state.is_at_rest(number), is_at_rest, "{time:?} {kind:?}");
        }
    }

    /// Each operation of the API is for one execution. See
    /// <https://docs.aws.amazon.com/lambda/latest/dg/durable-managing-executions.html>.
    #[test]
    fn an_execution_that_is_stopped_leaves_those_it_has_begun() {
        let (mut state, pool) = state();
        let now = state.clock.now();
        let parent = state.add(New::default(), &pool).unwrap();
        let by = Some((parent, "1".to_owned()));
        let child = state.add(New { parent: by, ..New::default() }, &pool).unwrap();
        let mut stop = |number| {
            state.executions.get_mut(&number).unwrap().stop(None, now);
            state.report_children(now);
            let parent = state.executions.get(&parent).unwrap();
            (parent.history.len(), state.executions.get(&child).unwrap().status())
        };
        let (events, status) = stop(parent);
        assert_eq!(status, ExecutionStatus::Running);
        assert_eq!(stop(child), (events, ExecutionStatus::Stopped));
    }
}
