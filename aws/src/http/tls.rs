//! TLS over a socket, by rustls.

use super::socket::Socket;
use crate::environment::{lock, variable};
use rustls::crypto::ring::kx_group::{SECP256R1, SECP384R1, X25519};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex};
use std::{fmt, fs};

/// The roots that are trusted, by the value of `AWS_CA_BUNDLE` for which they were read.
static CONFIG: Mutex<Option<(Option<String>, Arc<ClientConfig>)>> = Mutex::new(None);

#[derive(Debug)]
pub(super) struct Tls {
    session: ClientConnection,
    pub socket: Socket,
}

/// Why there is no connection over TLS.
pub(super) struct Refused {
    pub reason: String,
    /// Whether another attempt would fail too.
    pub is_final: bool,
}

impl Tls {
    /// Makes the handshake.
    pub fn connect(host: &str, mut socket: Socket) -> Result<Self, Refused> {
        let last = |reason: String| Refused { reason, is_final: true };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| last(format!("{host} is no name that a certificate can have")))?;
        let mut session = ClientConnection::new(config().map_err(last)?, name)
            .map_err(|error| last(error.to_string()))?;
        while session.is_handshaking() {
            session.complete_io(&mut socket).map_err(|error| refused(&error))?;
        }
        Ok(Self { session, socket })
    }

    /// Takes bytes to send. Zero means that they have to be flushed first.
    pub fn buffer(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.session.writer().write(bytes)
    }

    pub fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.socket)?;
        }
        Ok(())
    }

    pub fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
            self.session.read_tls(&mut self.socket)?;
            self.session.process_new_packets().map_err(io::Error::other)?;
            // A service that takes no more may have responded: what cannot be written is no reason
            // not to read.
            let _ = self.flush();
        }
    }

    /// Whether nothing but tickets of the session has come after the last response, with what has
    /// arrived since on the idle connection.
    pub fn is_open_after(&mut self, bytes: &[u8]) -> bool {
        let mut bytes = bytes;
        loop {
            match self.session.process_new_packets() {
                Ok(state) if !state.peer_has_closed() && state.plaintext_bytes_to_read() == 0 => {}
                _ => return false,
            }
            if bytes.is_empty() {
                return true;
            }
            if !matches!(self.session.read_tls(&mut bytes), Ok(1..)) {
                return false;
            }
        }
    }
}

fn refused(error: &io::Error) -> Refused {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let is_final = matches!(cause, Some(rustls::Error::InvalidCertificate(_)));
    let hint = if is_final { "; AWS_CA_BUNDLE names other authorities to trust" } else { "" };
    Refused { reason: format!("the handshake of TLS failed: {error}{hint}"), is_final }
}

fn config() -> Result<Arc<ClientConfig>, String> {
    let path = variable("AWS_CA_BUNDLE");
    let mut kept = lock(&CONFIG);
    if let Some((_, config)) = kept.as_ref().filter(|(of, _)| *of == path) {
        return Ok(Arc::clone(config));
    }
    let roots = match &path {
        Some(path) => roots(path)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let mut provider = rustls::crypto::ring::default_provider();
    provider.kx_groups = vec![SECP256R1, X25519, SECP384R1];
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let config = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
    *kept = Some((path, Arc::clone(&config)));
    Ok(config)
}

fn roots(path: &str) -> Result<RootCertStore, String> {
    let fail = |reason: &dyn fmt::Display| format!("cannot read AWS_CA_BUNDLE {path}: {reason}");
    let pem = fs::read(path).map_err(|error| fail(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| fail(&error))?;
        // Bundles of operating systems have some that webpki does not take.
        roots.add_parsable_certificates([certificate]);
    }
    if roots.is_empty() {
        return Err(fail(&"it has no certificate"));
    }
    Ok(roots)
}
