//! The order of updates: which action is for an operation in which state. The rules are those of
//! AWS's own local runner.

use super::operation::{Kind, Operation, Status};
use super::refusal::Refusal;
use super::update::{Action, Update};
use std::collections::BTreeMap;

/// What a rule needs to know of an operation.
struct View<'a> {
    kind: Kind,
    status: Status,
    parent: Option<&'a str>,
    name: Option<&'a str>,
    sub_kind: Option<&'a str>,
    /// The actions on it in this batch.
    actions: Vec<Action>,
}

/// Checks the order of a batch: nothing of it is recorded if one update is refused.
pub(crate) fn check_batch<'a>(
    updates: &'a [Update],
    execution_id: &str,
    find: &dyn Fn(&str) -> Option<&'a Operation>,
) -> Result<(), Refusal> {
    let mut views: BTreeMap<&str, View> = BTreeMap::new();
    for (number, update) in updates.iter().enumerate() {
        let refuse = |message: &str| {
            Err(Refusal::invalid(format!(
                "{message} (Updates[{number}], operation {}, {} {})",
                update.id,
                update.kind.name(),
                update.action.name()
            )))
        };
        if update.kind == Kind::Execution {
            if number + 1 != updates.len() {
                return refuse("EXECUTION checkpoint must be the last update.");
            }
            if update.id != execution_id {
                return refuse("The EXECUTION has another operation id.");
            }
        }
        if let Some(parent) = update.parent.as_deref() {
            let in_batch = views.get(parent).map(|view| view.kind);
            let kind = in_batch.or_else(|| find(parent).map(|operation| operation.kind));
            if kind != Some(Kind::Context) {
                return refuse("Invalid parent operation id.");
            }
        }
        let known = find(&update.id).map(|operation| View {
            kind: operation.kind,
            status: operation.status,
            parent: operation.parent.as_deref(),
            name: operation.name.as_deref(),
            sub_kind: operation.sub_kind.as_deref(),
            actions: Vec::new(),
        });
        let known = views.remove(&*update.id).or(known);
        if let Some(known) = &known {
            if !known.actions.is_empty() && !may_follow(update, &known.actions) {
                return refuse("Cannot checkpoint multiple operations with the same ID.");
            }
            if update.kind != known.kind {
                return refuse("Inconsistent operation type.");
            }
            let differs = |new: &Option<String>, old| new.is_some() && new.as_deref() != old;
            if differs(&update.sub_kind, known.sub_kind) {
                return refuse("Inconsistent operation subtype.");
            }
            if differs(&update.name, known.name) {
                return refuse("Inconsistent operation name.");
            }
            if differs(&update.parent, known.parent) {
                return refuse("Inconsistent parent operation id.");
            }
        }
        if let Some(message) = wrong_action(update, known.as_ref().map(|view| view.status)) {
            return refuse(message);
        }
        let mut actions = known.as_ref().map_or_else(Vec::new, |view| view.actions.clone());
        actions.push(update.action);
        let status = match update.action {
            Action::Start => Status::Started,
            Action::Succeed => Status::Succeeded,
            Action::Fail => Status::Failed,
            Action::Retry => Status::Pending,
            Action::Cancel => Status::Cancelled,
        };
        let view = View {
            kind: update.kind,
            status,
            parent: update.parent.as_deref().or(known.as_ref().and_then(|view| view.parent)),
            name: update.name.as_deref().or(known.as_ref().and_then(|view| view.name)),
            sub_kind: update.sub_kind.as_deref().or(known.as_ref().and_then(|view| view.sub_kind)),
            actions,
        };
        views.insert(&update.id, view);
    }
    Ok(())
}

/// One update for each operation, but a step or a context may start and go on in a batch.
fn may_follow(update: &Update, before: &[Action]) -> bool {
    matches!(update.kind, Kind::Step | Kind::Context)
        && before == [Action::Start]
        && update.action != Action::Start
}

/// Why an action is not for an operation in this state.
fn wrong_action(update: &Update, status: Option<Status>) -> Option<&'static str> {
    let (payload, error) = (update.payload.is_some(), update.error.is_some());
    let is_started = status.is_some();
    let message = match (update.kind, update.action) {
        (_, Action::Fail) if payload => "Cannot provide a Payload for FAIL action.",
        (_, Action::Succeed) if error => "Cannot provide an Error for SUCCEED action.",
        (_, Action::Retry) if payload && error => {
            "Cannot provide both error and payload to RETRY a STEP."
        }
        (Kind::Step, Action::Start) if status.is_some_and(|it| it != Status::Ready) => {
            "Invalid current STEP state to start."
        }
        (Kind::Step, Action::Succeed | Action::Fail | Action::Retry) => match status {
            None | Some(Status::Started | Status::Ready) => return None,
            _ if update.action == Action::Retry => "Invalid current STEP state to re-attempt.",
            _ => "Invalid current STEP state to close.",
        },
        (Kind::Context, Action::Start) if is_started => {
            "Cannot start a CONTEXT that already exist."
        }
        (Kind::Context, Action::Succeed | Action::Fail)
            if status.is_some_and(|it| it != Status::Started) =>
        {
            "Invalid current CONTEXT state to close."
        }
        (Kind::Wait, Action::Start) if is_started => "Cannot start a WAIT that already exist.",
        (Kind::Wait, Action::Cancel) if status != Some(Status::Started) => {
            "Cannot cancel a WAIT that does not exist or has already completed."
        }
        (Kind::Callback, Action::Start) if is_started => {
            "Cannot start a CALLBACK that already exist."
        }
        (Kind::ChainedInvoke, Action::Start) if is_started => {
            "Cannot start a CHAINED_INVOKE operation that already exists."
        }
        (Kind::Wait, Action::Start | Action::Cancel)
        | (Kind::Step | Kind::Context | Kind::Callback | Kind::ChainedInvoke, Action::Start)
        | (Kind::Context | Kind::Execution, Action::Succeed | Action::Fail) => return None,
        _ => "Invalid action for the given operation type.",
    };
    Some(message)
}
