//! Encrypting with a passphrase, by the browser's own cryptography.

use super::entropy::BrowserEntropy;
use device::copy::file::{self, NONCE, Parts, SALT};
use device::ports::Entropy;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

/// Encrypts bytes into a file. `None` where the browser cannot.
pub async fn seal(passphrase: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut random = [0; SALT + NONCE];
    BrowserEntropy.fill(&mut random);
    let mut made = file::front(&random);
    let parts = file::parts(&made)?;
    let crypto = web_sys::window()?.crypto().ok()?.subtle();
    let key = key(&crypto, passphrase, &parts, "encrypt").await.ok()?;
    let sealing = crypto.encrypt_with_object_and_u8_array(&algorithm(&parts), &key, bytes).ok()?;
    let sealed = JsFuture::from(sealing).await.ok()?;
    made.extend_from_slice(&Uint8Array::new(&sealed).to_vec());
    Some(made)
}

/// Decrypts a file. `None` when the passphrase is another, or the file was altered.
pub async fn open(passphrase: &str, parts: &Parts<'_>) -> Option<Vec<u8>> {
    let crypto = web_sys::window()?.crypto().ok()?.subtle();
    let key = key(&crypto, passphrase, parts, "decrypt").await.ok()?;
    let opening =
        crypto.decrypt_with_object_and_u8_array(&algorithm(parts), &key, parts.sealed).ok()?;
    let opened = JsFuture::from(opening).await.ok()?;
    Some(Uint8Array::new(&opened).to_vec())
}

fn algorithm(parts: &Parts<'_>) -> Object {
    object(&[
        ("name", "AES-GCM".into()),
        ("iv", Uint8Array::from(parts.nonce).into()),
        ("additionalData", Uint8Array::from(parts.front).into()),
    ])
}

async fn key(
    crypto: &SubtleCrypto,
    passphrase: &str,
    parts: &Parts<'_>,
    usage: &str,
) -> Result<CryptoKey, JsValue> {
    let words = Uint8Array::from(passphrase.trim().as_bytes());
    let usages = |usage: &str| Array::of1(&usage.into());
    let base = crypto.import_key_with_str("raw", &words, "PBKDF2", false, &usages("deriveKey"))?;
    let base: CryptoKey = JsFuture::from(base).await?.unchecked_into();
    let derive = object(&[
        ("name", "PBKDF2".into()),
        ("hash", "SHA-256".into()),
        ("salt", Uint8Array::from(parts.salt).into()),
        ("iterations", parts.rounds.into()),
    ]);
    let cipher = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
    let derived =
        crypto.derive_key_with_object_and_object(&derive, &base, &cipher, false, &usages(usage))?;
    Ok(JsFuture::from(derived).await?.unchecked_into())
}

fn object(entries: &[(&str, JsValue)]) -> Object {
    let made = Object::new();
    for (name, value) in entries {
        // A plain object takes every property.
        let _ = Reflect::set(&made, &(*name).into(), value);
    }
    made
}
