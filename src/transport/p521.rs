//! ECDSA signatures on the curve P-521, which `ring` does not know: the certificates of
//! `etcd --auto-tls` have such keys.

#![forbid(unsafe_code)]

use crate::sys::ForkLocal;
use once_cell::sync::OnceCell;
use p521::ecdsa::signature::hazmat::PrehashVerifier;
use p521::ecdsa::{Signature, VerifyingKey};
use ring::digest::{digest, Algorithm, SHA256, SHA384, SHA512};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{
    alg_id, AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm,
};
use rustls::SignatureScheme;

#[derive(Debug)]
struct P521 {
    hash: &'static Algorithm,
    id: AlgorithmIdentifier,
}

type Verifiers = &'static [&'static dyn SignatureVerificationAlgorithm];

const WITH_SHA256: Verifiers = &[&P521 { hash: &SHA256, id: alg_id::ECDSA_SHA256 }];
const WITH_SHA384: Verifiers = &[&P521 { hash: &SHA384, id: alg_id::ECDSA_SHA384 }];
const WITH_SHA512: Verifiers = &[&P521 { hash: &SHA512, id: alg_id::ECDSA_SHA512 }];

/// Bytes of a number below the curve's order.
const FIELD: usize = 66;

impl SignatureVerificationAlgorithm for P521 {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.id
    }

    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        // A hash is a number; the crate takes none that is shorter than half a field.
        let (hash, mut number) = (digest(self.hash, message), [0; FIELD]);
        number[FIELD - hash.as_ref().len()..].copy_from_slice(hash.as_ref());
        key.verify_prehash(&number, &signature).map_err(|_| InvalidSignature)
    }
}

/// What TLS is made of: `ring`, and P-521 where servers sign.
pub fn provider() -> CryptoProvider {
    static SUPPORTED: ForkLocal<OnceCell<WebPkiSupportedAlgorithms>> = ForkLocal::new();
    let ring = rustls::crypto::ring::default_provider();
    let supported =
        SUPPORTED.get().get_or_init(|| with_p521(ring.signature_verification_algorithms));
    CryptoProvider { signature_verification_algorithms: *supported, ..ring }
}

/// Made once in a process, as it is never freed.
fn with_p521(known: WebPkiSupportedAlgorithms) -> WebPkiSupportedAlgorithms {
    // In TLS 1.2 a scheme names the hash, and the curve is that of the key.
    let mapping = known.mapping.iter().map(|&(scheme, verifiers)| match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256 => (scheme, joined(&[verifiers, WITH_SHA256])),
        SignatureScheme::ECDSA_NISTP384_SHA384 => (scheme, joined(&[verifiers, WITH_SHA384])),
        _ => (scheme, verifiers),
    });
    let new = (SignatureScheme::ECDSA_NISTP521_SHA512, WITH_SHA512);
    WebPkiSupportedAlgorithms {
        all: joined(&[known.all, WITH_SHA256, WITH_SHA384, WITH_SHA512]),
        mapping: Vec::leak(mapping.chain([new]).collect()),
    }
}

fn joined(verifiers: &[Verifiers]) -> Verifiers {
    Vec::leak(verifiers.concat())
}
