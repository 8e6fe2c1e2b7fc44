//! Certificates for tests: good ones by default, bad ones through the `CertificateParams` of rcgen.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::CertificateDer;

use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, CertificateRevocationListParams,
    CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, NameConstraints, RevokedCertParams, SanType, SerialNumber,
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
        let key = KeyPair::generate().unwrap();
        Ca { issuer: CertifiedIssuer::self_signed(ca(name), key).unwrap() }
    }

    /// One that may sign for hosts of this domain only.
    pub fn constrained(name: &str, domain: &str) -> Ca {
        let permitted_subtrees = vec![GeneralSubtree::DnsName(domain.to_owned())];
        let constraints = NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() };
        let (mut params, key) = (ca(name), KeyPair::generate().unwrap());
        params.name_constraints = Some(constraints);
        Ca { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    /// An intermediate one, signed by this.
    pub fn below(&self, name: &str) -> Ca {
        let key = KeyPair::generate().unwrap();
        Ca { issuer: CertifiedIssuer::signed_by(ca(name), key, &self.issuer).unwrap() }
    }

    /// The list of revoked certificates, by their numbers.
    pub fn revocation_list(&self, revoked: &[u64], next_update_in: i32) -> String {
        let revoked = revoked.iter().map(|&number| RevokedCertParams {
            serial_number: SerialNumber::from(number),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(next_update_in, 1, 1),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
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

fn ca(name: &str) -> CertificateParams {
    let mut params = named(CertificateParams::default(), name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Signed by its own key.
pub fn self_signed(params: CertificateParams) -> Pem {
    let key = KeyPair::generate().unwrap();
    Pem { cert: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// Makes a certificate that could sign others.
pub fn as_ca(mut params: CertificateParams) -> CertificateParams {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// With this number, by which a revocation list names it.
pub fn numbered(mut params: CertificateParams, number: u64) -> CertificateParams {
    params.serial_number = Some(SerialNumber::from(number));
    params
}

/// Not for connections from clients to servers.
pub fn for_clients_only(mut params: CertificateParams) -> CertificateParams {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// For an address that stands where names of hosts do.
pub fn address_as_name(address: &str) -> CertificateParams {
    let mut params = server_for(&[]);
    params.subject_alt_names = vec![SanType::DnsName(address.try_into().unwrap())];
    params
}

/// With a common name and nothing else, as was usual before 2017.
pub fn common_name_only(name: &str) -> CertificateParams {
    let mut params = server_for(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Pem {
    /// The same certificate with bytes of its DER form changed.
    pub fn damaged(&self, change: impl FnOnce(&mut Vec<u8>)) -> Pem {
        let mut der = CertificateDer::from_pem_slice(self.cert.as_bytes()).unwrap().to_vec();
        change(&mut der);
        let text = base64(&der);
        let cert = format!("-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n");
        Pem { cert, key: self.key.clone() }
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for line in bytes.chunks(48) {
        for three in line.chunks(3) {
            let bits =
                (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(*three.get(i).unwrap_or(&0)));
            for i in 0..4 {
                let letter = LETTERS[(bits >> (18 - 6 * i)) as usize & 63] as char;
                text.push(if i <= three.len() { letter } else { '=' });
            }
        }
        text.push('\n');
    }
    text
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
