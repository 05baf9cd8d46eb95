//! What the connections of all servers share, and one request.

use crate::durable::service::Service;
use crate::gateway::Gateway;
use crate::http::HttpRequest;
use crate::journal::Journal;
use crate::lock::lock;
use crate::pool::Pool;
use crate::project::Project;
use crate::queue::Queue;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The state that the connections share.
pub(crate) struct Site {
    pub lambda: Arc<Pool>,
    pub queue: Arc<Queue>,
    pub durable: Arc<Service>,
    /// What HTTP requests come through.
    pub gateway: Mutex<Arc<Gateway>>,
    pub journal: Arc<Journal>,
    /// The project that is built, if there is one.
    pub project: Option<Arc<Project>>,
    /// The folder with events of the user.
    pub events: Option<PathBuf>,
    /// The file with variables of the functions.
    pub env_file: Option<PathBuf>,
    /// The file with names of the functions.
    pub functions: Option<PathBuf>,
    /// The title of the page.
    pub title: String,
}

/// A request with its body.
pub(crate) struct Incoming {
    pub request: Arc<HttpRequest>,
    /// The function that the host name or the port stands for.
    pub function: Option<String>,
}

impl Site {
    /// Waits for a build. Returns what is wrong with it.
    pub fn wait_for_program(&self) -> Result<(), String> {
        self.project.as_ref().map_or(Ok(()), |project| project.wait())
    }

    pub fn gateway(&self) -> Arc<Gateway> {
        Arc::clone(&lock(&self.gateway))
    }
}
