//! TLS to a mail server: whom it trusts.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;

use crate::config::settings::SmtpSettings;
use crate::mail::PostError;

/// Trusts the configured authority alone; without one, whom the system trusts.
pub(super) fn connector(settings: &SmtpSettings) -> Result<TlsConnector, PostError> {
    let failed =
        |error: rustls::Error| PostError::Tls { host: settings.host.clone(), reason: error.to_string() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let trusting = match &settings.ca_file {
        Some(path) => builder.with_root_certificates(roots(path)?),
        None => builder.with_platform_verifier().map_err(failed)?,
    };
    Ok(TlsConnector::from(Arc::new(trusting.with_no_client_auth())))
}

fn roots(path: &PathBuf) -> Result<RootCertStore, PostError> {
    let authority = |reason: String| PostError::Authority { path: path.clone(), reason };
    let pem = std::fs::read(path).map_err(|error| authority(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| authority(error.to_string()))?;
        roots.add(certificate).map_err(|error| authority(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(authority("there is no PEM certificate in it".to_owned()));
    }
    Ok(roots)
}
