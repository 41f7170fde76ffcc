//! Which certificates are trusted.

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};

use crate::error::RpcError;

/// Trusts the authorities of the system, or those of Mozilla where the system has none, and those in `ca_file`.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, RpcError> {
    let mut roots = system_roots();
    if let Some(path) = ca_file {
        add_file(&mut roots, path)?;
    }
    config(roots)
}

/// Trusts no authority, for nodes whose addresses start with `http://`. Reading the system's certificates takes a while.
pub(crate) fn without_roots() -> Result<ClientConfig, RpcError> {
    config(RootCertStore::empty())
}

fn config(roots: RootCertStore) -> Result<ClientConfig, RpcError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| RpcError::Client { reason: error.to_string() })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Some systems have certificates that cannot be parsed: the others still count.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::debug!("the system has no certificates; Mozilla's are used");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), RpcError> {
    let pem = std::fs::read(path).map_err(|source| RpcError::File { path: path.into(), source })?;
    let unusable = |reason: String| RpcError::Certificates { path: path.into(), reason };
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        found += 1;
    }
    match found {
        0 => Err(unusable("it has no certificate in PEM form".into())),
        _ => Ok(()),
    }
}
