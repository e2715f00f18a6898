//! What restic writes into a repository: every object is sealed by AES-256 in counter mode and Poly1305-AES (its
//! `doc/design.rst`, "Keys, Encryption and MAC").

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit, KeyIvInit, StreamCipher};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poly1305::Poly1305;
use rand::RngExt as _;
use serde_json::{Value, json};

use crate::Random;

/// The keys that objects are sealed with.
#[derive(Clone, Copy)]
pub struct Keys {
    encrypt: [u8; 32],
    /// Key of the AES that makes Poly1305's second half of each object's number.
    mac_k: [u8; 16],
    /// Poly1305's first half.
    mac_r: [u8; 16],
}

impl Keys {
    /// As `restic cat masterkey` prints them.
    pub fn of_master(printed: &str) -> Self {
        let printed: Value = serde_json::from_str(printed).unwrap();
        let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
        Self {
            encrypt: bytes(&printed["encrypt"]).try_into().unwrap(),
            mac_k: bytes(&printed["mac"]["k"]).try_into().unwrap(),
            mac_r: bytes(&printed["mac"]["r"]).try_into().unwrap(),
        }
    }

    /// What a password opens, by the cheapest scrypt there is: restic's own takes half a second at each start.
    fn of_password(password: &str, salt: &[u8]) -> Self {
        let mut out = [0; 64];
        let cheapest = scrypt::Params::new(1, 1, 1).unwrap();
        scrypt::scrypt(password.as_bytes(), salt, &cheapest, &mut out).unwrap();
        Self {
            encrypt: out[..32].try_into().unwrap(),
            mac_k: out[32..48].try_into().unwrap(),
            mac_r: out[48..].try_into().unwrap(),
        }
    }

    /// An object as it lies in a repository.
    pub fn seal(&self, content: &[u8], random: &mut Random) -> Vec<u8> {
        let number: [u8; 16] = random.random();
        let mut body = content.to_vec();
        let mut stream = ctr::Ctr128BE::<Aes256>::new(&self.encrypt.into(), &number.into());
        stream.apply_keystream(&mut body);
        let mut second = number.into();
        aes::Aes128::new(&self.mac_k.into()).encrypt_block(&mut second);
        let mut key = [0; 32];
        key[..16].copy_from_slice(&self.mac_r);
        key[16..].copy_from_slice(&second);
        let mac = Poly1305::new(&key.into()).compute_unpadded(&body);
        [number.as_slice(), &body, &mac].concat()
    }

    /// The file that gives these keys to whoever knows the password.
    pub fn file(&self, password: &str, random: &mut Random) -> Vec<u8> {
        let mut salt = [0_u8; 64];
        random.fill(&mut salt);
        let text = |bytes: &[u8]| STANDARD.encode(bytes);
        let keys = json!({
            "mac": { "k": text(&self.mac_k), "r": text(&self.mac_r) },
            "encrypt": text(&self.encrypt),
        });
        let of_password = Self::of_password(password, &salt);
        let data = of_password.seal(keys.to_string().as_bytes(), random);
        let file = json!({
            "created": "2026-01-01T00:00:00Z",
            "username": "test",
            "hostname": "test",
            "kdf": "scrypt",
            "N": 2,
            "r": 1,
            "p": 1,
            "salt": text(&salt),
            "data": text(&data),
        });
        file.to_string().into_bytes()
    }
}
