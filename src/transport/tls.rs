//! TLS settings: who may sign the server, who we are.

#![forbid(unsafe_code)]

use super::off_thread::OffThread;
use super::p521::provider;
use super::reason::io_reason;
use super::verify::{Anybody, OrTrustedItself};
use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_IO, ETCD_ERR_NO_MEMORY, ETCD_ERR_NO_RESOURCES, ETCD_ERR_TLS};
use crate::sync::IgnorePoison;
use crate::sys::ForkLocal;
use once_cell::sync::OnceCell;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;
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

/// Files that take longer to read than a connection may wait are none of ours.
const MAX_FILE: u64 = 16 << 20;

/// What may stand in a file that was meant for something else.
const LABELS: [&str; 8] = [
    "CERTIFICATE",
    "CERTIFICATE REQUEST",
    "X509 CRL",
    "PUBLIC KEY",
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
];

/// How PKCS #8 and openssl's older form say that a password is needed.
const ENCRYPTED: [&str; 2] = ["-----BEGIN ENCRYPTED PRIVATE KEY-", "Proc-Type: 4,ENCRYPTED"];

/// PEM text, wiped when dropped as it may be a key, and what to call it in an error.
pub struct Pem {
    text: Zeroizing<Vec<u8>>,
    source: String,
    /// Where it can be read again when somebody has replaced it.
    file: Option<PathBuf>,
}

impl Pem {
    pub fn given(text: &[u8], name: String) -> Pem {
        Pem { text: text.to_vec().into(), source: name, file: None }
    }

    pub fn read(path: &Path) -> Result<Pem> {
        let source = path.display().to_string();
        let read = std::fs::metadata(path).and_then(|found| {
            if found.len() > MAX_FILE {
                return Err(std::io::Error::other("too large"));
            }
            // A pipe can be read once only.
            let file = found.is_file().then(|| path.to_owned());
            Ok((std::fs::read(path)?, file))
        });
        match read {
            Ok((text, file)) => Ok(Pem { text: text.into(), source, file }),
            Err(e) => {
                let status = match e.raw_os_error() {
                    Some(libc::EMFILE | libc::ENFILE) => ETCD_ERR_NO_RESOURCES,
                    Some(libc::ENOMEM) => ETCD_ERR_NO_MEMORY,
                    _ => ETCD_ERR_IO,
                };
                Err(Error::new(status, format!("{source}: {}", io_reason(&e))))
            }
        }
    }

    /// As it is now; whether that is another text. Some kilobytes, read where they
    /// are needed: cheaper than the handshake that follows, and sure to be noticed.
    fn refresh(&mut self) -> Result<bool> {
        let Some(file) = &self.file else { return Ok(false) };
        if file.exists() && !file.is_file() {
            return Err(self.bad("is no file any more"));
        }
        let fresh = Pem::read(file)?;
        if fresh.text == self.text {
            return Ok(false);
        }
        self.text = fresh.text;
        Ok(true)
    }

    fn bad(&self, why: impl std::fmt::Display) -> Error {
        Error::new(ETCD_ERR_TLS, format!("{}: {why}", self.source))
    }

    /// All sections of a kind, of which there must be one.
    fn all<T: PemObject>(&self, kind: &str) -> Result<Vec<T>> {
        let found: Result<Vec<_>, _> = T::pem_slice_iter(&self.text).collect();
        let found = found.map_err(|e| self.bad(words(&e)))?;
        if found.is_empty() {
            return Err(self.bad(format!("no {kind} in PEM form{}", self.instead())));
        }
        Ok(found)
    }

    /// What there is in place of what was looked for.
    fn instead(&self) -> String {
        let labels = LABELS.iter().filter(|label| self.contains(&format!("-----BEGIN {label}-")));
        let found = labels.map(|label| label.to_ascii_lowercase()).collect::<Vec<_>>();
        match found.is_empty() {
            true => String::new(),
            false => format!(", but: {}", found.join(", ")),
        }
    }

    fn contains(&self, text: &str) -> bool {
        self.text.windows(text.len()).any(|part| part == text.as_bytes())
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>> {
        PrivateKeyDer::from_pem_slice(&self.text).map_err(|e| match e {
            _ if ENCRYPTED.iter().any(|mark| self.contains(mark)) => self.bad(
                "the private key is encrypted; only one without a password can be used \
                 (openssl pkey -in KEY -out PLAIN_KEY)",
            ),
            pem::Error::NoItemsFound => {
                self.bad(format!("no private key in PEM form{}", self.instead()))
            }
            e => self.bad(format!("no usable private key: {}", words(&e))),
        })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        self.all("certificate")
    }
}

#[derive(Default)]
pub struct Settings {
    pub ca: Option<Pem>,
    pub crl: Option<Pem>,
    pub certificate: Option<Pem>,
    pub key: Option<Pem>,
    /// Expected of every server's certificate, in place of the endpoint's host.
    pub server_name: Option<String>,
    /// Whoever answers is the server.
    pub believe_all: bool,
}

/// TLS as every connection of a client uses it.
#[derive(Clone)]
pub struct Tls {
    current: Arc<Mutex<Current>>,
    /// Held by the thread that reads the files.
    files: Arc<Mutex<Files>>,
    reading: OffThread<(), ()>,
    has_files: bool,
    server_name: Option<ServerName<'static>>,
}

struct Current {
    config: Arc<ClientConfig>,
    /// Why what the files say now is not what is used.
    trouble: Option<String>,
}

struct Files {
    settings: Settings,
    /// What was last read could not be used.
    unusable: bool,
}

impl Settings {
    pub fn build(self) -> Result<Tls> {
        let server_name =
            match &self.server_name {
                None => None,
                Some(name) => Some(ServerName::try_from(name.clone()).map_err(|_| {
                    Error::invalid(format!("server_name: \"{name}\" is no host name"))
                })?),
            };
        let config = self.config()?;
        let pems = [&self.ca, &self.crl, &self.certificate, &self.key];
        let has_files = pems.into_iter().flatten().any(|pem| pem.file.is_some());
        let current = Arc::new(Mutex::new(Current { config, trouble: None }));
        let files = Arc::new(Mutex::new(Files { settings: self, unusable: false }));
        Ok(Tls { current, files, reading: OffThread::default(), has_files, server_name })
    }

    fn config(&self) -> Result<Arc<ClientConfig>> {
        let provider = Arc::new(provider());
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::new(ETCD_ERR_TLS, e.to_string()))?;
        let config = match self.believe_all {
            true => {
                let anybody = Arc::new(Anybody(provider));
                config.dangerous().with_custom_certificate_verifier(anybody)
            }
            false => {
                let verifier = Arc::new(self.verifier(provider)?);
                config.dangerous().with_custom_certificate_verifier(verifier)
            }
        };
        let mut config = match (&self.certificate, &self.key) {
            (None, None) => config.with_no_client_auth(),
            (Some(certificate), Some(key)) => {
                let chain = certificate.certificates()?;
                let secret = key.private_key()?;
                config
                    .with_client_auth_cert(chain, secret)
                    .map_err(|e| key.bad(format!("does not fit {}: {e}", certificate.source)))?
            }
            _ => return Err(Error::invalid("a client certificate and its key go together")),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<OrTrustedItself> {
        let roots = match &self.ca {
            Some(ca) => roots(ca)?.into(),
            None => system_roots()?,
        };
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider);
        // Every certificate of the chain must be on record as not revoked, by a list
        // that is not out of date: whoever gives a list wants to be sure.
        let verifier = match &self.crl {
            Some(crl) => {
                verifier.with_crls(crl.all("revocation list")?).enforce_revocation_expiration()
            }
            None => verifier,
        };
        let verifier = verifier.build().map_err(|e| match &self.crl {
            Some(crl) => crl.bad(format!("no usable revocation list: {e}")),
            None => Error::new(ETCD_ERR_TLS, e.to_string()),
        })?;
        let trusted = self.ca.as_ref().map_or(Ok(Vec::new()), Pem::certificates)?;
        Ok(OrTrustedItself { verifier, trusted })
    }
}

/// The parser's own would show parts of the text, which may be a key.
fn words(e: &pem::Error) -> &'static str {
    match e {
        pem::Error::MissingSectionEnd { .. } => "the text ends in the middle of it",
        _ => "damaged PEM text",
    }
}

fn roots(ca: &Pem) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in ca.certificates()? {
        roots.add(certificate).map_err(|e| ca.bad(e))?;
    }
    Ok(roots)
}

/// Parsed once in a process: they are some hundred and forty.
fn system_roots() -> Result<Arc<RootCertStore>> {
    static ROOTS: ForkLocal<OnceCell<Arc<RootCertStore>>> = ForkLocal::new();
    ROOTS.get().get_or_try_init(read_system_roots).cloned()
}

fn read_system_roots() -> Result<Arc<RootCertStore>> {
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
            return Ok(roots.into());
        }
    }
    Err(Error::invalid("no ca_file or ca_pem given, and the system has no certificate bundle"))
}

impl Files {
    /// What they say now, if that is new; an error if it cannot be used.
    fn read_again(&mut self) -> Result<Option<Arc<ClientConfig>>> {
        let Settings { ca, crl, certificate, key, .. } = &mut self.settings;
        let mut changed = false;
        for pem in [ca, crl, certificate, key].into_iter().flatten() {
            changed |= pem.refresh()?;
        }
        // A change that was of no use may have been the first half of one.
        (changed || self.unusable).then(|| self.settings.config()).transpose()
    }
}

impl Tls {
    /// For one connection: with the files as they are now, or as they last could be used
    /// if they cannot now, or take longer than `limit` to read.
    pub async fn connector(&self, limit: Duration) -> tokio_rustls::TlsConnector {
        if !self.has_files {
            return self.current.lock().ignore_poison().config.clone().into();
        }
        let Tls { current, files, reading, .. } = self.clone();
        let read_again = move || {
            let mut files = files.lock().ignore_poison();
            let read = files.read_again();
            files.unusable = read.is_err();
            let mut current = current.lock().ignore_poison();
            match read {
                Ok(fresh) => {
                    current.config = fresh.unwrap_or_else(|| current.config.clone());
                    current.trouble = None;
                }
                Err(e) => current.trouble = Some(e.message),
            }
        };
        let late = match timeout(limit, reading.run((), "etcd-files", read_again)).await {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why),
            // No number: the log repeats a reason only when it changes.
            Err(_) => Some("reading them takes too long".to_owned()),
        };
        let mut current = self.current.lock().ignore_poison();
        current.trouble = late.or(current.trouble.take());
        current.config.clone().into()
    }

    /// Why the files as they are now are not used, if so.
    pub fn trouble(&self) -> Option<String> {
        self.current.lock().ignore_poison().trouble.clone()
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
