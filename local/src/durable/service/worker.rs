//! The thread of the service, and those of the invocations.

use super::Service;
use crate::durable::chained::{call, problem, problem_of};
use crate::durable::execution::{Chain, Execution, New};
use crate::durable::invocation::End;
use crate::durable::operation::{Problem, Status};
use crate::durable::registry::{State, Task};
use crate::durable::time::DurableTime;
use crate::error::{Error, ErrorKind};
use crate::ids;
use crate::invocation::{Invocation, Request};
use crate::lock::{lock, unpoisoned};
use crate::names::{UNQUALIFIED, is_qualified};
use crate::pool::Pool;
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::Duration;

/// The longest time that the thread waits without looking at the clock.
const TICK: Duration = Duration::from_secs(3600);

/// The first and the longest pause before an invocation that was throttled is tried again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Service {
    /// Begins invocations and follows the timers, until the service is closed.
    pub(super) fn follow(self: Arc<Self>) {
        loop {
            let mut state = lock(&self.state);
            if state.is_closed {
                return;
            }
            let Some(lambda) = self.lambda.upgrade() else { return };
            let now = state.clock.now();
            if state.fire(now) {
                self.touched(state);
                continue;
            }
            let tasks = state.begin(now, lambda.settings().max_programs);
            if tasks.is_empty() {
                drop(lambda);
                self.rest(state, now);
                continue;
            }
            drop(state);
            for task in tasks {
                let number = task.number;
                let (service, shared) = (Arc::clone(&self), Arc::clone(&lambda));
                let work = move || service.invoke(&shared, task);
                if let Err(error) = thread::Builder::new().spawn(work) {
                    let error = Error::no_thread(error);
                    self.end(number, End::Failed(problem_of(&error)));
                }
            }
        }
    }

    /// Waits for the next timer or the next change.
    fn rest(&self, mut state: MutexGuard<State>, now: Duration) {
        let next = state.next_timer();
        let has_wait = state.executions.values().any(Execution::has_wait);
        if let (DurableTime::Skip, true, Some(next)) = (state.clock.mode(), has_wait, next) {
            if state.is_idle() && next > now {
                state.clock.advance_to(next);
                return;
            }
        }
        let left = next.and_then(|next| state.clock.until(next)).unwrap_or(TICK);
        drop(unpoisoned(self.changed.wait_timeout(state, left.min(TICK))));
    }

    /// Runs an invocation of an execution, or for it, as soon as there is a program. Lambda repeats
    /// one that is throttled: neither the function nor the execution has failed.
    fn run_once_free(
        &self,
        lambda: &Pool,
        number: u64,
        mut request: Request,
    ) -> Result<Invocation, Error> {
        let id = request.id.get_or_insert_with(ids::uuid).clone();
        let mut pause = FIRST_PAUSE;
        loop {
            let result = lambda.run(request.clone(), &mut |_| {});
            let error = match &result {
                Err(error) if error.kind() == ErrorKind::Throttled => error,
                _ => return result,
            };
            if pause == FIRST_PAUSE {
                let line = format!("RequestId: {id} waits for a program: {error}");
                lambda.settings().note_line(&request.handler, &line);
            }
            // It waits until the execution has ended, or the service is closed.
            if self.wait(number, pause, Execution::is_over).is_ok() {
                return result;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn invoke(&self, lambda: &Pool, task: Task) {
        match self.run_once_free(lambda, task.number, task.request) {
            Ok(invocation) => match &invocation.failure {
                None => self.end(task.number, End::Responded(&invocation.payload)),
                Some(failure) => self.end(task.number, End::Failed(problem(failure))),
            },
            Err(error) => self.end(task.number, End::Failed(problem_of(&error))),
        }
    }

    fn end(&self, number: u64, end: End) {
        let mut state = lock(&self.state);
        state.running = state.running.saturating_sub(1);
        let now = state.clock.now();
        if let Some(execution) = state.executions.get_mut(&number) {
            execution.fire(now);
            execution.end(end, now);
        }
        state.report_children(now);
        self.touched(state);
    }

    /// Starts the function of a chained invocation.
    pub(super) fn start_chain(
        self: &Arc<Self>,
        state: &mut State,
        lambda: &Arc<Pool>,
        handlers: &[String],
        number: u64,
        chain: Chain,
        now: Duration,
    ) {
        let settings = lambda.settings();
        let handler = settings.names.handler_of(&chain.function, handlers).to_owned();
        if lambda.is_durable(&handler) {
            if !is_qualified(&chain.function) {
                let error = Problem::new("InvalidParameterValueException", UNQUALIFIED);
                let failure = Err((Status::Failed, error));
                return state.end_chain(number, &chain.operation, failure, now);
            }
            let new = New {
                name: ids::uuid(),
                handler,
                input: chain.input,
                trace: chain.trace,
                tenant: chain.tenant,
                parent: Some((number, chain.operation.clone())),
                ..New::default()
            };
            match state.add(new, lambda) {
                Ok(child) => state.link(number, &chain.operation, child),
                Err(error) => {
                    let failure = Err((Status::Failed, problem_of(&error)));
                    state.end_chain(number, &chain.operation, failure, now);
                }
            }
            return;
        }
        let (service, shared) = (Arc::clone(self), Arc::clone(lambda));
        let operation = chain.operation.clone();
        let work = move || {
            let run = |request| service.run_once_free(&shared, number, request);
            let outcome = call(&run, &handler, &chain);
            let mut state = lock(&service.state);
            let now = state.clock.now();
            if let Some(execution) = state.executions.get_mut(&number) {
                execution.chained = execution.chained.saturating_sub(1);
            }
            state.end_chain(number, &chain.operation, outcome, now);
            service.touched(state);
        };
        if let Some(execution) = state.executions.get_mut(&number) {
            execution.chained += 1;
        }
        if let Err(error) = thread::Builder::new().spawn(work) {
            if let Some(execution) = state.executions.get_mut(&number) {
                execution.chained = execution.chained.saturating_sub(1);
            }
            let failure = Err((Status::Failed, problem_of(&Error::no_thread(error))));
            state.end_chain(number, &operation, failure, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::execution::ExecutionStatus;
    use crate::queue::Queue;
    use crate::settings::{Notice, Settings};
    use std::sync::mpsc;

    #[test]
    fn an_invocation_that_is_throttled_has_not_failed() {
        let (says, said) = mpsc::channel();
        let mut settings = Settings::new("none".into());
        settings.by_hand.push("a".to_owned());
        settings.max_programs = 0;
        settings.observer = Some(Arc::new(move |notice: &Notice| {
            if let Notice::Log { line, .. } = notice {
                let _ = says.send((*line).to_owned());
            }
        }));
        let pool = Pool::new(settings, Vec::new());
        let service = Service::new(&pool, DurableTime::Manual, 60);
        let mut state = lock(&service.state);
        let now = state.clock.now();
        let new = New { handler: "a".to_owned(), input: "1".into(), ..New::default() };
        let number = state.add(new, &pool).unwrap();
        let task = state.begin(now, 1).remove(0);
        drop(state);
        thread::scope(|threads| {
            threads.spawn(|| service.invoke(&pool, task));
            let line = said.recv_timeout(Duration::from_secs(30)).unwrap();
            assert!(line.ends_with("waits for a program: Rate Exceeded."), "{line}");
            let stop = |execution: &mut Execution, now| {
                let events = execution.history.len();
                execution.stop(None, now);
                Ok(events)
            };
            assert_eq!(service.change(number, stop), Ok(1), "it has only started");
        });
        let status = service.read(number, Execution::status);
        assert_eq!(status, Ok(ExecutionStatus::Stopped));
    }

    #[test]
    fn the_execution_of_an_asynchronous_event_is_only_begun() {
        let mut settings = Settings::new("none".into());
        settings.by_hand.push("a".to_owned());
        settings.named_durable.push("a".to_owned());
        settings.lambda_url = Some(String::new());
        let pool = Pool::new(settings, Vec::new());
        let service = Service::new(&pool, DurableTime::Manual, 60);
        let (same, (says, said)) = (Arc::clone(&service), mpsc::channel());
        pool.set_executor(move |request| {
            let result = same.run(request);
            let _ = says.send(result.is_ok());
            result
        });
        let queue = Arc::new(Queue::default());
        queue.accept(&pool, Request::of_service("a", "{}")).unwrap();
        assert_eq!(said.recv_timeout(Duration::from_secs(30)), Ok(true));
        let mut open = Vec::new();
        service.each(|_, execution| open.push((execution.is_over(), execution.new.is_sync)));
        assert_eq!(open, [(false, false)]);
        service.close();
        queue.close();
    }
}
