//! An authority that signs certificates of servers on loopback, as a house without a public name has one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::finish;

/// It, in a folder. Debian's `openssl` does the work.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
}

/// The certificate of the authority in a folder: what clients are to trust.
pub(crate) fn certificate(folder: &Path) -> PathBuf {
    folder.join("authority.crt")
}

impl Authority {
    /// Makes one that is good for a month.
    ///
    /// # Errors
    /// openssl is not installed or refuses.
    pub fn make(folder: &Path) -> Result<Self, String> {
        let this = Self {
            folder: folder.to_owned(),
        };
        this.issue("authority", &["-addext", "keyUsage=critical,keyCertSign"])?;
        Ok(this)
    }

    /// What clients are to trust.
    pub fn certificate(&self) -> PathBuf {
        certificate(&self.folder)
    }

    /// Signs a certificate for 127.0.0.1, and returns it and its key, as PEM.
    ///
    /// # Errors
    /// openssl refuses.
    pub fn certify(&self, name: &str) -> Result<String, String> {
        let (by, key) = (self.file("authority.crt"), self.file("authority.key"));
        self.issue(
            name,
            &[
                "-CA",
                &by,
                "-CAkey",
                &key,
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
            ],
        )?;
        let read = |end: &str| {
            fs::read_to_string(self.file(&format!("{name}.{end}")))
                .map_err(|error| error.to_string())
        };
        Ok(read("crt")? + &read("key")?)
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    fn issue(&self, name: &str, more: &[&str]) -> Result<(), String> {
        let finished = finish(
            Command::new("openssl")
                .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "30"])
                .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
                .args(["-subj", &format!("/CN={name}")])
                .args(["-keyout", &self.file(&format!("{name}.key"))])
                .args(["-out", &self.file(&format!("{name}.crt"))])
                .args(more),
        );
        if finished.is_success() {
            Ok(())
        } else {
            Err(finished.to_string())
        }
    }
}
