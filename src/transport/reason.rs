//! Why a connection failed, in words for people who run the program.

#![forbid(unsafe_code)]

use crate::error::printable;
use rustls::pki_types::ServerName;
use rustls::CertificateError;
use std::io;
use std::net::IpAddr;

/// What the system says of an I/O error, without its number.
pub fn io_reason(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    text.split(" (os error").next().unwrap_or(text).to_owned()
}

/// An HTTP/2 error, or the I/O error behind it. A server's goodbye may be long.
pub fn h2_reason(e: &h2::Error) -> String {
    let text = e.get_io().map_or_else(|| printable(&e.to_string()), io_reason);
    match e.is_library() && e.reason().is_some() {
        true => format!("the server does not keep to HTTP/2: {text}"),
        false => text,
    }
}

pub fn tls_reason(e: &io::Error) -> String {
    let inner = e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let text = io_reason(e);
    let why = match inner {
        Some(rustls::Error::InvalidCertificate(bad)) => bad_certificate(bad),
        Some(rustls::Error::AlertReceived(alert)) => alert_reason(&format!("{alert:?}")),
        Some(rustls::Error::NoCertificatesPresented) => "the server has no certificate".to_owned(),
        _ if text == "tls handshake eof" => {
            "the server hung up; does it expect plain HTTP?".to_owned()
        }
        _ => text,
    };
    format!("TLS: {why}")
}

/// An alert is all that a server says of what it does not like in the client.
pub fn alert_reason(alert: &str) -> String {
    let ours = ["Certificate", "UnknownCA", "AccessDenied", "DecryptError"];
    match ours.iter().any(|name| alert.contains(name)) {
        true => format!(
            "the server does not accept the client's certificate (cert_file, cert_pem), or that \
             there is none; its alert: {alert}"
        ),
        false => format!("the server's alert: {alert}"),
    }
}

fn bad_certificate(bad: &CertificateError) -> String {
    use CertificateError::*;
    let why = match bad {
        Expired => "has expired",
        ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / 86_400;
            return format!("the server's certificate has expired {days} days ago");
        }
        NotValidYet => "is not valid yet",
        NotValidYetContext { time, not_before } => {
            let days = not_before.as_secs().saturating_sub(time.as_secs()) / 86_400;
            return format!(
                "the server's certificate is not valid yet, but in {days} days; is the clock right?"
            );
        }
        Revoked => "is revoked, or one that signed it is",
        UnknownRevocationStatus => {
            "may be revoked: no revocation list (crl_file, crl_pem) is of those who signed it"
        }
        ExpiredRevocationList | ExpiredRevocationListContext { .. } => {
            "may be revoked: the revocation list (crl_file, crl_pem) is out of date"
        }
        UnknownIssuer => {
            "is signed by nobody whom this client trusts (ca_file, ca_pem): by another CA, by \
             itself, or by an intermediate certificate that the server does not send"
        }
        NotValidForNameContext { expected, presented } => return wrong_name(expected, presented),
        NotValidForName => "is for another name",
        InvalidPurpose | InvalidPurposeContext { .. } => {
            "is not for servers: its extended key usage lacks serverAuth"
        }
        BadSignature => {
            "has a wrong signature: it is damaged or forged, signed by another CA of the same \
             name, or its key is too short"
        }
        BadEncoding => "cannot be read: it is damaged",
        UnhandledCriticalExtension => "has a critical extension that is not known here",
        _ => return other(&format!("{bad:?}")),
    };
    format!("the server's certificate {why}")
}

/// What the verifier has no name for, by its own one.
fn other(found: &str) -> String {
    let why = [
        (
            "CaUsedAsEndEntity",
            "is that of a CA; it needs one of its own, signed by the CA, or must itself be the one \
             that is trusted (ca_file, ca_pem)",
        ),
        ("Algorithm", "is signed in a way that is too weak, or not known here"),
        ("NameConstraint", "is for a name that its CA may not sign for"),
        ("PathLen", "is signed through more CAs than they allow"),
        ("EndEntityUsedAsCa", "is signed by a certificate that is not a CA's"),
    ];
    let known = why.iter().find(|(name, _)| found.contains(name));
    let why = known.map_or_else(|| format!("is refused: {found}"), |(_, why)| why.to_string());
    format!("the server's certificate {why}")
}

fn wrong_name(expected: &ServerName<'_>, presented: &[String]) -> String {
    let expected = expected.to_str();
    let for_whom = match presented {
        [] => "no name at all (a common name does not count)".to_owned(),
        names => names.iter().map(|name| subject_name(name)).collect::<Vec<_>>().join(", "),
    };
    format!(
        "the server's certificate is not valid for name \"{expected}\", it is for {for_whom}; \
         see server_name"
    )
}

/// As the verifier writes it: DnsName("host"), IpAddress(1.2.3.4).
fn subject_name(written: &str) -> String {
    let (kind, rest) = written.split_once('(').unwrap_or(("", written));
    let name = rest.trim_matches(|c| "\"()".contains(c));
    match kind == "DnsName" && name.parse::<IpAddr>().is_ok() {
        true => format!("{name} as a DNS name, and an address counts only as an IP address"),
        false => name.to_owned(),
    }
}
