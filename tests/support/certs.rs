//! Certificates for tests: good ones by default, bad ones through the `CertificateParams` of rcgen.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};

/// A certificate and its private key, in PEM.
#[derive(Clone)]
pub struct Pem {
    pub cert: String,
    pub key: String,
}

/// A certificate authority.
pub struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Ca {
    pub fn new(name: &str) -> Ca {
        let mut params = named(CertificateParams::default(), name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ca { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub fn cert(&self) -> String {
        self.issuer.pem()
    }

    pub fn issue(&self, params: CertificateParams) -> Pem {
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        Pem { cert: cert.pem(), key: key.serialize_pem() }
    }
}

fn named(mut params: CertificateParams, name: &str) -> CertificateParams {
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A server certificate for exactly these names (and addresses).
pub fn server_for(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    let mut params = named(CertificateParams::new(names).unwrap(), "server");
    // etcd's own HTTP gateway shows the server certificate as a client, hence both usages.
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// A server certificate for loopback and these further names.
pub fn server(more_names: &[&str]) -> CertificateParams {
    server_for(&[&["127.0.0.1", "::1", "localhost"], more_names].concat())
}

/// A client certificate; etcd takes the name as the user name when there is no token.
pub fn client(name: &str) -> CertificateParams {
    let mut params = named(CertificateParams::default(), name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

pub fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2001, 1, 1);
    params
}

pub fn not_yet_valid(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2998, 1, 1);
    params.not_after = date_time_ymd(2999, 1, 1);
    params
}

/// What a server and its clients need: who is trusted, the server's and the client's certificate. The fields are
/// open: a test replaces the one it wants wrong, e.g. `certs.server = certs::Ca::new("other").issue(server(&[]))`.
#[derive(Clone)]
pub struct Certs {
    pub ca: String,
    pub server: Pem,
    pub client: Pem,
}

impl Certs {
    pub fn new() -> Certs {
        Certs::from(&Ca::new("test ca"), server(&[]), client("client"))
    }

    pub fn from(ca: &Ca, server: CertificateParams, client: CertificateParams) -> Certs {
        Certs { ca: ca.cert(), server: ca.issue(server), client: ca.issue(client) }
    }

    /// Writes all five as files into `dir`; call it again to replace them (rotation).
    pub fn write(&self, dir: &Path) -> Files {
        fs::create_dir_all(dir).unwrap();
        let file = |name: &str, text: &str| {
            // Rename, so that a server that reads just now sees the old or the new one, never a half.
            let (path, fresh) = (dir.join(name), dir.join(format!("{name}.new")));
            fs::write(&fresh, text).unwrap();
            fs::rename(&fresh, &path).unwrap();
            path
        };
        Files {
            ca: file("ca.pem", &self.ca),
            server_cert: file("server.pem", &self.server.cert),
            server_key: file("server.key", &self.server.key),
            client_cert: file("client.pem", &self.client.cert),
            client_key: file("client.key", &self.client.key),
        }
    }
}

/// Paths of the PEM files.
#[derive(Clone, Debug)]
pub struct Files {
    pub ca: PathBuf,
    pub server_cert: PathBuf,
    pub server_key: PathBuf,
    pub client_cert: PathBuf,
    pub client_key: PathBuf,
}
