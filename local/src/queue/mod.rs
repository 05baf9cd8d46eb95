//! Asynchronous invocations: they wait in a queue, and are tried again if they fail. What is sent
//! after them waits in the same queue.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>.

mod attempts;
mod delivery;

use crate::asynchronous::Target;
use crate::error::{Error, ErrorKind};
use crate::invocation::{Invocation, Request};
use crate::lock::{lock, unpoisoned};
use crate::pool::Pool;
use crate::settings::MAX_ASYNC_EVENT_BYTES;
use attempts::{Attempts, Next, Outcome};
use delivery::{Delivery, End, MAX_HOPS};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread;
use std::time::Instant;

/// The most bytes of events that wait. More are refused.
const MAX_QUEUED_BYTES: usize = 256 * 1024 * 1024;

/// The most events that wait.
const MAX_QUEUED: usize = 10_000;

/// The most records and dead letters that are sent at once.
const MAX_SENDING: usize = 8;

/// The events that are waiting or processed.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By the time of the next attempt, and a number that no other has.
    waiting: BTreeMap<(Instant, u64), Task>,
    /// What is to be sent when something else has been.
    unsent: VecDeque<Delivery>,
    last_number: u64,
    /// The bytes of all tasks, including those that are processed.
    bytes: usize,
    count: usize,
    /// The number of events that are processed, and of deliveries that are sent.
    running: usize,
    sending: usize,
    has_thread: bool,
    is_closed: bool,
}

enum Task {
    Invoke(Event),
    Send(Delivery),
}

/// An event that is to be processed.
struct Event {
    request: Request,
    accepted: Instant,
    attempts: Attempts,
}

impl Task {
    fn bytes(&self) -> usize {
        match self {
            Self::Invoke(event) => event.request.event.len(),
            Self::Send(delivery) => delivery.body.len(),
        }
    }
}

impl State {
    /// Puts back what was taken.
    fn put(&mut self, due: Instant, task: Task) {
        self.last_number += 1;
        self.waiting.insert((due, self.last_number), task);
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.count < MAX_QUEUED && self.bytes + bytes <= MAX_QUEUED_BYTES
    }

    fn add(&mut self, task: Task) {
        self.bytes += task.bytes();
        self.count += 1;
        self.put(Instant::now(), task);
    }

    fn forget(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.count -= 1;
    }
}

impl Queue {
    /// Accepts an event. It is processed later, as often as it needs.
    pub fn accept(self: &Arc<Self>, lambda: &Arc<Pool>, mut request: Request) -> Result<(), Error> {
        if request.event.len() > MAX_ASYNC_EVENT_BYTES {
            let message = format!(
                "Request must be smaller than {MAX_ASYNC_EVENT_BYTES} bytes for the InvokeFunction operation"
            );
            return Err(Error::new(ErrorKind::EventTooLarge, message));
        }
        lambda.check(&mut request)?;
        request.is_event = true;
        let mut state = lock(&self.state);
        if state.is_closed {
            return Err(Error::new(ErrorKind::Start, "the functions have ended"));
        }
        if !state.has_room(request.event.len()) {
            let message = "Rate Exceeded. Too many asynchronous events are waiting here.";
            return Err(Error::new(ErrorKind::Throttled, message));
        }
        if !state.has_thread {
            let weak = Arc::downgrade(lambda);
            let queue = Arc::clone(self);
            let started = thread::Builder::new().spawn(move || queue.follow(&weak));
            started.map_err(|error| Error::start("there is no thread for the event", error))?;
            state.has_thread = true;
        }
        let (accepted, attempts) = (Instant::now(), Attempts::default());
        state.add(Task::Invoke(Event { request, accepted, attempts }));
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// Forgets what waits.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        state.waiting.clear();
        state.unsent.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// Starts what is due, until the queue is closed.
    fn follow(self: &Arc<Self>, lambda: &Weak<Pool>) {
        while let Some(task) = self.take_due() {
            let Some(lambda) = lambda.upgrade() else { return };
            match task {
                Task::Invoke(event) => self.start_event(&lambda, event),
                Task::Send(delivery) => self.start_sending(&lambda, delivery),
            }
        }
    }

    fn start_event(self: &Arc<Self>, lambda: &Arc<Pool>, event: Event) {
        // More would only be throttled, each in a thread of its own.
        let most = lambda.settings().max_programs;
        let is_free = {
            let mut state = lock(&self.state);
            let is_free = state.running < most;
            state.running += usize::from(is_free);
            is_free
        };
        if !is_free {
            let busy = Error::new(ErrorKind::Throttled, "Rate Exceeded.");
            return self.settle(lambda, event, &Err(busy));
        }
        let (queue, shared) = (Arc::clone(self), Arc::clone(lambda));
        let event = Arc::new(Mutex::new(Some(event)));
        let same = Arc::clone(&event);
        let run = move || {
            if let Some(event) = lock(&event).take() {
                let result = shared.run(event.request.clone(), &mut |_| {});
                lock(&queue.state).running -= 1;
                queue.settle(&shared, event, &result);
            }
        };
        if let Err(error) = thread::Builder::new().spawn(run) {
            lock(&self.state).running -= 1;
            if let Some(event) = lock(&same).take() {
                self.settle(lambda, event, &Err(Error::no_thread(error)));
            }
        }
    }

    fn start_sending(self: &Arc<Self>, lambda: &Arc<Pool>, delivery: Delivery) {
        {
            let mut state = lock(&self.state);
            if state.sending >= MAX_SENDING {
                return state.unsent.push_back(delivery);
            }
            state.sending += 1;
        }
        let (queue, shared) = (Arc::clone(self), Arc::clone(lambda));
        let delivery = Arc::new(Mutex::new(Some(delivery)));
        let same = Arc::clone(&delivery);
        let run = move || {
            if let Some(delivery) = lock(&delivery).take() {
                let sent = queue.send(&shared, &delivery);
                queue.settle_sending(&shared, delivery, sent);
            }
        };
        if let Err(error) = thread::Builder::new().spawn(run) {
            if let Some(delivery) = lock(&same).take() {
                self.settle_sending(lambda, delivery, Err(error.to_string()));
            }
        }
    }

    fn send(self: &Arc<Self>, lambda: &Arc<Pool>, delivery: &Delivery) -> Result<(), String> {
        let Target::Function(name) = &delivery.target else {
            return delivery.send(&lambda.settings());
        };
        let mut request = Request::of_service(name, &delivery.body);
        request.hops = delivery.hops + 1;
        self.accept(lambda, request).map_err(|error| error.to_string())
    }

    /// Waits for the first task that is due. `None` if the queue is closed.
    fn take_due(&self) -> Option<Task> {
        let mut state = lock(&self.state);
        loop {
            if state.is_closed {
                return None;
            }
            let now = Instant::now();
            match state.waiting.first_key_value().map(|((due, _), _)| *due) {
                Some(due) if due <= now => {
                    return state.waiting.pop_first().map(|(_, task)| task);
                }
                Some(due) => {
                    state = unpoisoned(self.changed.wait_timeout(state, due - now)).0;
                }
                None => state = unpoisoned(self.changed.wait(state)),
            }
        }
    }

    /// Puts an event back, or forgets it; then what its function wants is sent.
    fn settle(&self, lambda: &Pool, mut event: Event, result: &Result<Invocation, Error>) {
        let settings = lambda.settings();
        let handler = &event.request.handler;
        let id = event.request.id.as_deref().unwrap_or_default();
        let wanted = settings.asynchronous_of(handler);
        let (age, outcome) = (event.accepted.elapsed(), Outcome::of(result));
        let next = event.attempts.next(outcome, age, &settings.retry_delays, &wanted);
        let say = |line: &str| {
            let line = format!("RequestId: {id} {line}");
            settings.note_line(handler, &line);
        };
        match &next {
            // A throttled event is tried many times.
            Next::Again { .. } if outcome != Outcome::Failed && event.attempts.throttled > 1 => {}
            Next::Again { after, why } => {
                say(&format!("{why}; tried again in {} s", after.as_secs_f64()));
            }
            Next::Discard(cause) => say(&format!("the event is discarded: {}", cause.text())),
            Next::Done => {}
        }
        let end = match next {
            Next::Again { .. } => None,
            Next::Done => Some(End::Success),
            Next::Discard(cause) => Some(End::Discarded(cause)),
        };
        let end = end.filter(|_| !lambda.is_durable(handler)); // its execution has only begun
        let of_event = (&event.request, &event.attempts);
        let mut deliveries = end.map_or_else(Vec::new, |end| {
            delivery::after(&wanted, end, of_event, result, &settings)
        });
        if event.request.hops + 1 >= MAX_HOPS && !deliveries.is_empty() {
            say(&format!(
                "nothing is sent: {MAX_HOPS} functions in a row were called by destinations"
            ));
            deliveries.clear();
        }
        let mut refused = Vec::new();
        let mut state = lock(&self.state);
        match next {
            Next::Again { after, .. } if !state.is_closed => {
                state.put(Instant::now() + after, Task::Invoke(event));
            }
            _ => {
                state.forget(event.request.event.len());
                if state.is_closed {
                    deliveries.clear();
                }
                for delivery in deliveries {
                    if state.has_room(delivery.body.len()) {
                        state.add(Task::Send(delivery));
                    } else {
                        refused.push(delivery);
                    }
                }
            }
        }
        drop(state);
        self.changed.notify_all();
        for delivery in refused {
            delivery.note(&settings, "is not sent: too much is waiting here");
        }
    }

    /// Sends it again later if that has failed, as often as there are delays.
    fn settle_sending(&self, lambda: &Pool, mut delivery: Delivery, sent: Result<(), String>) {
        let (bytes, settings) = (delivery.body.len(), lambda.settings());
        let after = match &sent {
            Ok(()) => {
                delivery.note(&settings, "is sent");
                None
            }
            Err(why) => {
                let after = delivery.delay();
                let what_next = after.map_or("it is lost".to_owned(), |after| {
                    format!("tried again in {} s", after.as_secs())
                });
                delivery.note(&settings, &format!("is not sent: {why}; {what_next}"));
                after
            }
        };
        let mut state = lock(&self.state);
        state.sending -= 1;
        if let Some(next) = state.unsent.pop_front() {
            state.put(Instant::now(), Task::Send(next));
        }
        match after {
            Some(after) if !state.is_closed => {
                state.put(Instant::now() + after, Task::Send(delivery));
            }
            _ => state.forget(bytes),
        }
        drop(state);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asynchronous::Asynchronous;
    use crate::settings::Settings;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    /// Accepts a request, and reads it.
    fn accept(listener: &TcpListener) -> (TcpStream, String) {
        let mut stream = listener.accept().unwrap().0;
        let (mut said, mut bytes) = (String::new(), [0; 4096]);
        while !said.ends_with("}]}") {
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "{said}");
            said += std::str::from_utf8(&bytes[..read]).unwrap();
        }
        (stream, said)
    }

    #[test]
    fn while_eight_are_sent_the_others_wait_in_their_order() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = Settings::new("program".into());
        settings.environment.insert("AWS_ENDPOINT_URL".to_owned(), url);
        let pool = Pool::new(settings, Vec::new());
        let queue = Arc::new(Queue::default());
        let on_success = Some(Target::Bus("default".to_owned()));
        let wanted = Asynchronous { on_success, ..Asynchronous::default() };
        for number in 0..12 {
            let request = Request { id: Some(format!("id-{number}.")), ..Request::new("a", b"1") };
            let of_event = (&request, &Attempts::default());
            let result = Ok(Invocation::of_response("1"));
            let all = delivery::after(&wanted, End::Success, of_event, &result, &pool.settings());
            for delivery in all {
                lock(&queue.state).add(Task::Send(delivery));
            }
        }
        let (same, weak) = (Arc::clone(&queue), Arc::downgrade(&pool));
        let thread = thread::spawn(move || same.follow(&weak));
        let respond = |stream: &mut TcpStream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        };
        let mut sent: VecDeque<_> = (0..MAX_SENDING).map(|_| accept(&listener).0).collect();
        let wait_until = |is_so: &dyn Fn(&State) -> bool| {
            let is_over = (0..6000).any(|_| {
                thread::sleep(Duration::from_millis(10));
                is_so(&lock(&queue.state))
            });
            assert!(is_over);
        };
        // None of them is looked at again and again.
        wait_until(&|state| state.unsent.len() == 4 && state.waiting.is_empty());
        for number in MAX_SENDING..12 {
            respond(&mut sent.pop_front().unwrap());
            let (next, said) = accept(&listener);
            assert!(said.contains(&format!("id-{number}.")), "{said}");
            sent.push_back(next);
        }
        sent.iter_mut().for_each(respond);
        wait_until(&|state| (state.count, state.bytes, state.sending) == (0, 0, 0));
        queue.close();
        thread.join().unwrap();
    }
}
