//! The credentials of a profile, for a local run.

use super::{container, from_variables, kept, missing, process, sso, sts};
use crate::error::Error;
use crate::limits::Deadline;
use crate::profile::{self, Profiles, Section};
use crate::sign::Credentials;

/// Roles that are taken with roles. No useful chain is longer.
const MAX_SOURCES: usize = 5;

/// Settings that this crate does not support.
const UNSUPPORTED: [(&str, &str); 2] =
    [("mfa_serial", "a code of a device"), ("login_session", "`aws login`")];

/// Returns the credentials of the profile that is used; `None` if there are no files.
pub(super) fn from_current_profile(deadline: Deadline) -> Result<Option<Credentials>, Error> {
    let profiles = Profiles::read()?;
    let name = profile::current_name();
    match profiles.profile(&name) {
        Some(profile) => from_profile(&name, &profile, &profiles, 0, deadline).map(Some),
        None if name == "default" => Ok(None),
        None => Err(missing(format!("the profile {name} is in neither file of ~/.aws"))),
    }
}

fn from_profile(
    name: &str,
    profile: &Section,
    profiles: &Profiles,
    depth: usize,
    deadline: Deadline,
) -> Result<Credentials, Error> {
    let fail = |reason: &str| missing(format!("the profile {name}: {reason}"));
    if let Some((key, what)) = UNSUPPORTED.iter().find(|(key, _)| profile.get(key).is_some()) {
        return Err(fail(&format!(
            "{key} ({what}) is not supported: set AWS_ACCESS_KEY_ID and the others, \
            as `aws configure export-credentials --format env` prints them"
        )));
    }
    if let Some(role) = profile.get("role_arn") {
        return from_role(name, role, profile, profiles, depth, deadline);
    }
    if let Some(credentials) = own(profile) {
        return Ok(credentials);
    }
    if profile.get("sso_session").or(profile.get("sso_start_url")).is_some() {
        return sso::credentials(name, profile, profiles, deadline);
    }
    if let Some(command) = profile.get("credential_process") {
        return kept(&format!("process {name} {command}"), deadline, &|deadline| {
            process::ask(name, command, deadline)
        });
    }
    let half = ["aws_access_key_id", "aws_secret_access_key"];
    match half.iter().find(|key| profile.get(key).is_some()) {
        Some(key) => Err(fail(&format!("it has only {key} of a pair of keys"))),
        None => {
            Err(fail("it has no keys, no role, no IAM Identity Center and no credential_process"))
        }
    }
}

/// The keys that are written in the profile.
fn own(profile: &Section) -> Option<Credentials> {
    Some(Credentials {
        access_key_id: profile.get("aws_access_key_id")?.to_owned(),
        secret_access_key: profile.get("aws_secret_access_key")?.to_owned(),
        session_token: profile.get("aws_session_token").map(str::to_owned),
    })
}

fn from_role(
    name: &str,
    role: &str,
    profile: &Section,
    profiles: &Profiles,
    depth: usize,
    deadline: Deadline,
) -> Result<Credentials, Error> {
    let fail = |reason: &str| missing(format!("the profile {name}: {reason}"));
    let session = profile.get("role_session_name");
    if let Some(file) = profile.get("web_identity_token_file") {
        return sts::web_identity(role, file, session, deadline);
    }
    let source = match (profile.get("source_profile"), profile.get("credential_source")) {
        (Some(source), _) if source == name => {
            own(profile).ok_or_else(|| fail("it is its own source_profile and has no keys"))?
        }
        (Some(_), _) if depth == MAX_SOURCES => {
            return Err(fail("its source_profile leads in a circle, or through too many profiles"));
        }
        (Some(source), _) => {
            let of_source = profiles.profile(source);
            let of_source = of_source
                .ok_or_else(|| fail(&format!("its source_profile {source} is not there")))?;
            from_profile(source, &of_source, profiles, depth + 1, deadline)?
        }
        (None, Some("Environment")) => {
            from_variables().ok_or_else(|| fail("AWS_ACCESS_KEY_ID and its secret are not set"))?
        }
        (None, Some("EcsContainer")) => {
            let uri =
                container::uri().ok_or_else(|| fail("there is no container with credentials"))?;
            container::credentials(&uri, deadline)?
        }
        (None, Some(other)) => {
            return Err(fail(&format!("credential_source = {other} is not supported")));
        }
        (None, None) => {
            return Err(fail("it has role_arn, but neither source_profile nor credential_source"));
        }
    };
    let mut fields = vec![("RoleArn", role.to_owned())];
    for (key, field) in [
        ("role_session_name", "RoleSessionName"),
        ("external_id", "ExternalId"),
        ("duration_seconds", "DurationSeconds"),
    ] {
        fields.extend(profile.get(key).map(|value| (field, value.to_owned())));
    }
    sts::role_of_profile(&format!("profile {name} {role}"), &fields, &source, deadline)
}
