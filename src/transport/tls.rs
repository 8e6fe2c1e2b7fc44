//! TLS settings: who may sign the server, who we are.

#![forbid(unsafe_code)]

use super::connect::plain;
use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_IO, ETCD_ERR_NO_MEMORY, ETCD_ERR_NO_RESOURCES, ETCD_ERR_TLS};
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where Linux distributions keep the certificates they trust. Named here, not
/// taken from the environment, which must not steer whom a host program trusts.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// PEM text, wiped when dropped as it may be a key, and what to call it in an error.
pub struct Pem {
    pub text: Zeroizing<Vec<u8>>,
    pub source: String,
}

impl Pem {
    pub fn read(path: &Path) -> Result<Pem> {
        let source = path.display().to_string();
        match std::fs::read(path) {
            Ok(text) => Ok(Pem { text: text.into(), source }),
            Err(e) => {
                let status = match e.raw_os_error() {
                    Some(libc::EMFILE | libc::ENFILE) => ETCD_ERR_NO_RESOURCES,
                    Some(libc::ENOMEM) => ETCD_ERR_NO_MEMORY,
                    _ => ETCD_ERR_IO,
                };
                Err(Error::new(status, format!("{source}: {}", plain(&e))))
            }
        }
    }

    fn bad(&self, why: impl std::fmt::Display) -> Error {
        Error::new(ETCD_ERR_TLS, format!("{}: {why}", self.source))
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.text).collect();
        let found = found.map_err(|e| self.bad(e))?;
        if found.is_empty() {
            return Err(self.bad("no certificate in PEM form"));
        }
        Ok(found)
    }
}

#[derive(Default)]
pub struct Settings {
    pub ca: Option<Pem>,
    pub certificate: Option<Pem>,
    pub key: Option<Pem>,
    /// Expected of every server's certificate, in place of the endpoint's host.
    pub server_name: Option<String>,
}

/// TLS as every connection of a client uses it.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

impl Settings {
    pub fn build(self) -> Result<Tls> {
        let roots = match &self.ca {
            Some(ca) => roots(ca)?,
            None => system_roots()?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .map_err(|e| Error::new(ETCD_ERR_TLS, e.to_string()))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::new(ETCD_ERR_TLS, e.to_string()))?
            .with_webpki_verifier(verifier);
        let mut config = match (&self.certificate, &self.key) {
            (None, None) => config.with_no_client_auth(),
            (Some(certificate), Some(key)) => {
                let chain = certificate.certificates()?;
                let secret = PrivateKeyDer::from_pem_slice(&key.text)
                    .map_err(|e| key.bad(format!("no usable private key: {e}")))?;
                config
                    .with_client_auth_cert(chain, secret)
                    .map_err(|e| key.bad(format!("does not fit {}: {e}", certificate.source)))?
            }
            _ => return Err(Error::invalid("a client certificate and its key go together")),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let server_name =
            match self.server_name {
                None => None,
                Some(name) => Some(ServerName::try_from(name.clone()).map_err(|_| {
                    Error::invalid(format!("server_name: \"{name}\" is no host name"))
                })?),
            };
        Ok(Tls { config: Arc::new(config), server_name })
    }
}

fn roots(ca: &Pem) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in ca.certificates()? {
        roots.add(certificate).map_err(|e| ca.bad(e))?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore> {
    for path in SYSTEM_BUNDLES {
        let bundle = match Pem::read(path.as_ref()) {
            Ok(bundle) => bundle,
            Err(e) if e.status == ETCD_ERR_IO => continue,
            Err(shortage) => return Err(shortage),
        };
        let mut roots = RootCertStore::empty();
        // A bundle may hold certificates too old for us; the others count.
        roots.add_parsable_certificates(bundle.certificates()?);
        if !roots.is_empty() {
            return Ok(roots);
        }
    }
    Err(Error::invalid("no ca_file or ca_pem given, and the system has no certificate bundle"))
}

impl Tls {
    pub fn connector(&self) -> tokio_rustls::TlsConnector {
        self.config.clone().into()
    }

    /// The name that an endpoint's certificate must carry.
    pub fn server_name(&self, host: &str) -> Result<ServerName<'static>, String> {
        match &self.server_name {
            Some(name) => Ok(name.clone()),
            None => ServerName::try_from(host.to_owned())
                .map_err(|_| format!("\"{host}\" is no name a certificate can carry")),
        }
    }
}
