//! Which authorities may sign the certificate of an object storage.

use aws_smithy_http_client::tls::TrustStore;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The authorities that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Trust(pub(crate) TrustStore);

impl Trust {
    /// Those of the system.
    #[must_use]
    pub fn of_system() -> Self {
        Self::default()
    }

    /// Those of a file with certificates in PEM, and no others, as AWS' tools take `AWS_CA_BUNDLE`.
    ///
    /// # Errors
    /// Why it is no such file, to follow its name.
    pub fn of_pem(text: &[u8]) -> Result<Self, String> {
        let found: Vec<_> = CertificateDer::pem_slice_iter(text)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("is no file of certificates in PEM: {error}"))?;
        if found.is_empty() {
            return Err("holds no certificate in PEM".to_owned());
        }
        let mut roots = RootCertStore::empty();
        for certificate in found {
            roots
                .add(certificate)
                .map_err(|error| format!("holds a certificate that cannot be read: {error}"))?;
        }
        Ok(Self(TrustStore::empty().with_pem_certificate(text)))
    }
}
