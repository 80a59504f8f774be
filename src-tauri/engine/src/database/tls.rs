//! Encrypted connections of the drivers that leave the certificates to us.
//!
//! Owns which servers are elsewhere, which certificates are trusted, and the bundle that a tool is given for the same decision.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::config::{ConnectionSettings, TlsMode};

/// Whether a server is on another computer: a socket and a container are on this one, of a `host` its name tells.
pub(super) fn is_remote(settings: &ConnectionSettings, host: &str) -> bool {
    let host = if host.is_empty() { "localhost" } else { host };
    settings.server.container.is_none() && TlsMode::default_for(host) == TlsMode::Verify
}

/// A client that wants proof from the server: certificates of `ca_file`, else of the system.
///
/// # Errors
/// A sentence about the file that cannot be used.
pub(super) fn verifying(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let shown = path.display();
            let unusable =
                |error: &dyn std::fmt::Display| format!("`{shown}` cannot be used: {error}");
            let certificates = CertificateDer::pem_file_iter(path).map_err(|e| unusable(&e))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|e| unusable(&e))?;
                roots.add(certificate).map_err(|e| unusable(&e))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        let place = ca_file.map_or("the system".to_owned(), |path| format!("`{}`", path.display()));
        return Err(format!("{place} holds no certificate that could be trusted"));
    }
    let builder = builder()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// A client that encrypts and does not ask who the server is.
pub(super) fn trusting() -> Result<ClientConfig, String> {
    let verifier = Arc::new(AnyServer(provider()));
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(builder.with_no_client_auth())
}

/// The file with the certificates to trust, for a tool that has to be told: `ca_file`, else the system's.
pub(super) fn bundle(ca_file: Option<&Path>) -> Option<PathBuf> {
    ca_file.map(Path::to_owned).or_else(|| openssl_probe::probe().cert_file)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}

/// Takes any certificate, but insists that the server owns its key.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_this_computer_is_remote() {
        let cases = [
            ("", false),
            ("localhost", false),
            ("127.0.0.1", false),
            ("::1", false),
            ("/run/postgresql", false),
            ("db.example.org", true),
            ("192.168.1.7", true),
            ("localhost.example.org", true),
        ];
        for (host, expected) in cases {
            assert_eq!(is_remote(&ConnectionSettings::default(), host), expected, "{host}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = verifying(Some(file.path())).unwrap_err();
        assert!(error.contains("no certificate that could be trusted"), "{error}");
        let error = verifying(Some(Path::new("/no/such/ca.pem"))).unwrap_err();
        assert!(error.contains("`/no/such/ca.pem` cannot be used"), "{error}");
    }

    #[test]
    fn a_chosen_file_is_what_tools_are_given() {
        let chosen = Path::new("/etc/my-ca.pem");
        assert_eq!(bundle(Some(chosen)).unwrap(), chosen);
        assert!(trusting().is_ok());
    }
}
