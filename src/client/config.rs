//! The options of a client as the program gives them, and their checks.

#![forbid(unsafe_code)]

use super::options::{EndpointPolicy, Login, Options, Servers};
use super::token::secret_header;
use crate::error::{Error, Result};
use crate::observe::log::Log;
use crate::transport::endpoint::Endpoints;
use crate::transport::tls::{Pem, Settings, Tls};
use crate::transport::Timing;
use bytes::Bytes;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// For everything that is repeated.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// PEM text, given in memory or by file.
#[derive(Clone, Copy, Default)]
pub struct PemSource<'a> {
    pub text: &'a [u8],
    pub file: Option<&'a Path>,
}

/// A client's settings as they are given, with their defaults.
pub struct Config<'a> {
    /// In the form of `etcd_client_options_t.endpoints`.
    pub endpoints: &'a str,
    pub user: Option<&'a str>,
    pub password: Option<&'a str>,
    pub token: Option<&'a str>,
    pub ca: PemSource<'a>,
    pub crl: PemSource<'a>,
    pub certificate: PemSource<'a>,
    pub key: PemSource<'a>,
    pub server_name: Option<&'a str>,
    /// Secrets go to any endpoint.
    pub plaintext_password: bool,
    pub insecure_skip_verify: bool,
    /// Of calls that name none; None is for ever.
    pub timeout: Option<Duration>,
    pub connect_timeout: Duration,
    /// None is never.
    pub ping_interval: Option<Duration>,
    pub ping_timeout: Duration,
    /// None is never.
    pub auto_sync_interval: Option<Duration>,
    pub max_send: usize,
    pub max_receive: usize,
    pub key_prefix: &'a [u8],
    pub log: Log,
}

impl Default for Config<'_> {
    fn default() -> Self {
        Config {
            endpoints: "",
            user: None,
            password: None,
            token: None,
            ca: PemSource::default(),
            crl: PemSource::default(),
            certificate: PemSource::default(),
            key: PemSource::default(),
            server_name: None,
            plaintext_password: false,
            insecure_skip_verify: false,
            timeout: Some(Duration::from_secs(5)),
            connect_timeout: Duration::from_secs(3),
            ping_interval: Some(Duration::from_secs(10)),
            ping_timeout: Duration::from_secs(5),
            auto_sync_interval: None,
            max_send: 2 << 20,
            max_receive: 64 << 20,
            key_prefix: b"",
            log: Log::default(),
        }
    }
}

impl PemSource<'_> {
    fn pem(self, name: &str) -> Result<Option<Pem>> {
        match (self.text, self.file) {
            ([], None) => Ok(None),
            ([], Some(path)) => Pem::read(path).map(Some),
            (text, None) => Ok(Some(Pem::given(text, format!("{name}_pem")))),
            _ => Err(Error::invalid(format!("{name}_file and {name}_pem exclude each other"))),
        }
    }
}

impl Config<'_> {
    /// Reads the files, and refuses what does not go together.
    pub fn check(self) -> Result<Options> {
        Ok(Options {
            servers: self.servers()?,
            timeout: self.timeout,
            auto_sync: self.auto_sync_interval.map(|interval| interval.max(MIN_INTERVAL)),
            max_send: self.max_send,
            max_receive: self.max_receive,
            key_prefix: self.key_prefix.to_vec(),
            log: self.log,
        })
    }

    fn servers(&self) -> Result<Servers> {
        let settings = self.tls_settings()?;
        let login = self.login()?;
        let secret = match &login {
            _ if self.plaintext_password => None,
            None => None,
            Some(Login::Password { .. }) => Some("password"),
            Some(Login::Token(_)) => Some("token"),
        };
        let configured =
            settings.ca.is_some() || settings.certificate.is_some() || settings.believe_all;
        let policy = EndpointPolicy { configured, secret };
        let parsed = policy.parse(self.endpoints)?;
        let tls = tls(settings, configured, &parsed)?;
        let timing = Timing {
            connect: self.connect_timeout,
            ping_interval: self.ping_interval.map_or(Duration::MAX, |it| it.max(MIN_INTERVAL)),
            ping_timeout: self.ping_timeout,
        };
        Ok(match parsed {
            Endpoints::Members(endpoints) => {
                Servers::Cluster { endpoints, policy, tls, login, timing }
            }
            // It has no users: like an etcd without authentication, it lets everybody in.
            Endpoints::Embedded(store) => Servers::Embedded { store },
        })
    }

    fn tls_settings(&self) -> Result<Settings> {
        let settings = Settings {
            ca: self.ca.pem("ca")?,
            crl: self.crl.pem("crl")?,
            certificate: self.certificate.pem("cert")?,
            key: self.key.pem("key")?,
            server_name: self.server_name.map(str::to_owned),
            believe_all: self.insecure_skip_verify,
        };
        // A program that names a CA, a list or a name believes that it is checked.
        let checked = [
            ("ca_file or ca_pem", settings.ca.is_some()),
            ("crl_file or crl_pem", settings.crl.is_some()),
            ("server_name", settings.server_name.is_some()),
        ];
        match checked.iter().find(|(_, given)| *given && settings.believe_all) {
            Some((fields, _)) => Err(Error::invalid(format!(
                "ETCD_CLIENT_INSECURE_SKIP_VERIFY and {fields} exclude each other"
            ))),
            None => Ok(settings),
        }
    }

    fn login(&self) -> Result<Option<Login>> {
        match (self.user, self.password, self.token) {
            (None, None, None) => Ok(None),
            (Some(user), Some(password), None) => {
                let password = Zeroizing::new(password.to_owned());
                Ok(Some(Login::Password { user: user.to_owned(), password }))
            }
            (None, None, Some(token)) => {
                let token = Bytes::from_owner(Zeroizing::new(token.as_bytes().to_vec()));
                let token = secret_header(token);
                token.map(Login::Token).map(Some).ok_or_else(|| Error::invalid("token: not text"))
            }
            (_, _, Some(_)) => {
                Err(Error::invalid("token excludes user and password, which ask for one"))
            }
            _ => Err(Error::invalid("user and password go together, and neither may be empty")),
        }
    }
}

fn tls(settings: Settings, configured: bool, parsed: &Endpoints) -> Result<Option<Tls>> {
    let endpoints = match parsed {
        Endpoints::Members(endpoints) => &endpoints[..],
        Endpoints::Embedded(_) => &[],
    };
    match endpoints.iter().any(|endpoint| endpoint.tls) {
        true => settings.build().map(Some),
        // A program that names a CA believes that the connection is encrypted.
        false if configured || settings.key.is_some() || settings.crl.is_some() => {
            Err(Error::invalid("TLS is configured, but no endpoint uses it"))
        }
        false => Ok(None),
    }
}
