//! Encrypted connections, and whom we trust.

use super::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use std::path::PathBuf;

/// An authority that the system does not know.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        let path = self.folder.path().join("ca.pem");
        std::fs::write(&path, self.issuer.pem()).unwrap();
        path
    }

    /// A node with a certificate for this name.
    fn node(&self, name: &str) -> Node {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_string()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Node::start_tls(config, |request, _| request.result(&json!("0x1")))
    }
}

#[tokio::test]
async fn a_named_authority_is_trusted() {
    let authority = Authority::new();
    let node = authority.node("127.0.0.1");
    let mut options = options(&[node.url()]);
    options.ca_file = Some(authority.file());
    assert_eq!(ask(&role(&options)).await.as_deref(), Ok("\"0x1\""));
}

#[tokio::test]
async fn other_certificates_are_refused_at_once() {
    let authority = Authority::new();
    for (node, trusted) in [(authority.node("127.0.0.1"), false), (authority.node("other.example"), true)] {
        let mut options = options(&[node.url()]);
        options.ca_file = trusted.then(|| authority.file());
        let error = ask(&role(&options)).await.unwrap_err();
        let (attempt, times) = error.attempts().next().unwrap();
        assert!(attempt.reason.contains("certificate"), "{error}");
        assert_eq!((times, node.count()), (1, 0), "{error}");
    }
}

#[tokio::test]
async fn a_node_may_be_encrypted_and_another_not() {
    let authority = Authority::new();
    let (encrypted, plain) = (authority.node("127.0.0.1"), good_node());
    let mut options = options(&[encrypted.url(), plain.url()]);
    assert_eq!(ask(&role(&options)).await.as_deref(), Ok("\"0x1\""), "the plain one helps");
    options.ca_file = Some(authority.file());
    assert_eq!(ask(&role(&options)).await.as_deref(), Ok("\"0x1\""));
    assert_eq!((encrypted.count(), plain.count()), (1, 1));
}

#[test]
fn files_without_certificates_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let mut options = options(&["https://node.example".into()]);
    options.ca_file = Some(path.clone());
    let error = || Roles::new(&options, &Metrics::default()).unwrap_err();
    assert!(matches!(error(), crate::RpcError::File { .. }));
    for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(error(), crate::RpcError::Certificates { .. }), "{text:?}");
    }
}
