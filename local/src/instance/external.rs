//! The programs of external extensions, which are started with each program of a function.

use crate::error::{Error, ErrorKind};
use crate::guardian::Guardian;
use crate::process::Process;
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The program of an external extension.
pub(super) struct External {
    pub name: String,
    pub process: Process,
}

impl External {
    /// Starts the programs of all extensions, or none.
    pub fn start_all(
        settings: &Settings,
        handler: &str,
        guardian: &Arc<Guardian>,
        address: SocketAddr,
    ) -> Result<Vec<Self>, Error> {
        let mut started: Vec<Self> = Vec::new();
        check_names(&settings.extensions)?;
        for path in &settings.extensions {
            let environment = settings.environment_of_extension(handler, &address.to_string());
            match Process::start(path, environment, guardian) {
                Ok(process) => started.push(Self { name: name_of(path), process }),
                Err(error) => {
                    end_all(&started);
                    return Err(error);
                }
            }
        }
        Ok(started)
    }
}

/// The name under which the program of an extension registers.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns an error if two extensions have the same name: they would be one.
pub(crate) fn check_names(paths: &[PathBuf]) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    let twice = paths.iter().map(|path| name_of(path)).find(|name| !names.insert(name.clone()));
    twice.map_or(Ok(()), |name| {
        let message = format!(
            "two extensions have the file name {name}, under which they register: give one of them \
             another name"
        );
        Err(Error::new(ErrorKind::InvalidSettings, message))
    })
}

pub(super) fn end_all(externals: &[External]) {
    for external in externals {
        external.process.kill();
        external.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Init;
    use crate::runtime_api;
    use std::time::Duration;

    #[test]
    fn what_is_not_ready_is_said() {
        let mut settings = Settings::new("/usr/bin/yes".into());
        settings.extensions = vec!["/usr/bin/yes".into()];
        let guardian = Arc::new(Guardian::start());
        let instance = runtime_api::start_program("a", &Arc::new(settings), &guardian, None);
        let instance = instance.unwrap();
        instance.register_extension("thread", &[]).unwrap();
        let said = instance.not_ready().join("\n");
        for part in [
            "the extension yes has not registered: its Lambda-Extension-Name is that of its file",
            "the extension thread has not asked for its first event (GET /2020-01-01/extension/",
            "the program has not asked for its first event (GET /2018-06-01/runtime/",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        let id = instance.register_extension("yes", &[]).unwrap();
        assert!(!instance.not_ready().join("\n").contains("not registered"));
        // The first reason counts, and the program ends.
        for (kind, said) in [("Extension.InitError", "Shop.\u{1b}NoKey"), ("Later", "")] {
            instance.fail_extension(&id, kind, said).unwrap();
        }
        let (init, _) = instance.wait_for_init(Duration::from_secs(60));
        let document = if let Init::Failed(document) = init { document } else { Vec::new() };
        let document = String::from_utf8(document).unwrap();
        assert!(document.contains("the extension yes: Shop.NoKey"), "{document}");
        assert!(document.contains("Extension.InitError"), "{document}");
        instance.stop();
    }

    #[test]
    fn two_extensions_have_two_names() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(check_names(&paths(&["a/one", "b/two"])), Ok(()));
        let error = check_names(&paths(&["a/one", "b/two", "b/one"])).unwrap_err().to_string();
        assert!(error.contains("two extensions have the file name one, under which"), "{error}");
    }
}
