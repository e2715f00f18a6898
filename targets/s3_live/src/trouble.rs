//! What goes wrong between here and an object storage, in words that hold no secret.

use std::error::Error;
use std::fmt;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::ConnectorError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use rustls::CertificateError;

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// Nobody answers, or the connection broke.
    Unreachable,
    /// No answer in time.
    TooSlow,
    /// Its certificate is not one that is trusted here.
    Untrusted,
    /// There are no keys, they are unknown, or may not do it.
    Denied,
    /// There is no such bucket.
    NoBucket,
    /// It was written by somebody else meanwhile.
    Changed,
    /// The provider is known not to do it.
    Unsupported,
    /// It answered 200 and did something else.
    Dropped,
    /// Anything else that it answered.
    Refused,
}

/// Something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What kind.
    pub kind: TroubleKind,
    /// A sentence, lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<&'static str>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Trouble {}

impl Trouble {
    /// Trouble of a kind, with the help that this kind has.
    #[must_use]
    pub fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        let help = match kind {
            TroubleKind::Unreachable => {
                Some("nothing is known of it: try again, or see whether its endpoint is right")
            }
            TroubleKind::TooSlow => {
                Some("nothing is known of it: try again, or allow more with `--timeout`")
            }
            TroubleKind::Untrusted => Some(
                "name the file with the certificate of the authority that signs for it: by `--ca-bundle`, \
                 AWS_CA_BUNDLE or SSL_CERT_FILE, or as `ca_bundle` of the profile",
            ),
            TroubleKind::Denied => Some(
                "use keys that may administer the bucket: in the environment, or by `--profile`",
            ),
            TroubleKind::NoBucket => {
                Some("make it: a lock can only be given to a bucket when it is made")
            }
            TroubleKind::Changed => Some("find out who else sets rules there, and run it again"),
            TroubleKind::Unsupported | TroubleKind::Dropped | TroubleKind::Refused => None,
        };
        Self {
            kind,
            message: message.into(),
            help,
        }
    }

    /// Whether a request may have been carried out although no answer came.
    pub(crate) const fn leaves_doubt(&self) -> bool {
        matches!(self.kind, TroubleKind::Unreachable | TroubleKind::TooSlow)
    }

    /// What the library says of a request, after its own retries.
    pub(crate) fn of<E>(what: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::TimeoutError(_) => {
                Self::new(TroubleKind::TooSlow, format!("{what}: no answer in time"))
            }
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::new(
                TroubleKind::TooSlow,
                format!("{what}: no connection in time"),
            ),
            SdkError::DispatchFailure(failure) => {
                let cause = failure.as_connector_error();
                if let Some(why) = cause.and_then(distrust) {
                    let message = format!("{what}: its certificate is not trusted: {why}");
                    return Self::new(TroubleKind::Untrusted, message);
                }
                let why = cause.map(|e| innermost(e)).unwrap_or_default();
                Self::new(
                    TroubleKind::Unreachable,
                    format!("{what}: cannot be reached: {why}"),
                )
            }
            SdkError::ResponseError(broken) if broken.raw().status().is_success() => Self::new(
                TroubleKind::Unreachable,
                format!(
                    "{what}: the answer broke off or cannot be read: {}",
                    innermost(error)
                ),
            ),
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                Self::answered(what, status, answer.err().code())
            }
            SdkError::ResponseError(broken) => {
                Self::answered(what, broken.raw().status().as_u16(), None)
            }
            _ => Self::new(
                TroubleKind::Refused,
                format!("{what}: {}", innermost(error)),
            ),
        }
    }

    fn answered(what: &str, status: u16, code: Option<&str>) -> Self {
        let said = code.map_or_else(|| status.to_string(), |code| format!("{status} {code}"));
        match (status, code) {
            (_, Some("NoSuchBucket")) => Self::new(
                TroubleKind::NoBucket,
                format!("{what}: there is no such bucket"),
            ),
            (401 | 403, _) => Self::new(
                TroubleKind::Denied,
                format!("{what}: these keys may not do that: {said}"),
            ),
            (200..=299, _) => Self::new(
                TroubleKind::Unreachable,
                format!("{what}: the answer broke off or cannot be read"),
            ),
            (500.., _) => Self::new(
                TroubleKind::Unreachable,
                format!("{what}: the server fails: {said}"),
            ),
            _ => Self::new(TroubleKind::Refused, format!("{what}: refused: {said}")),
        }
    }
}

/// What is wrong with the certificate that was shown, if it is that.
fn distrust(failure: &ConnectorError) -> Option<String> {
    let mut next: Option<&(dyn Error + 'static)> = Some(failure);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(match why {
                // Two authorities may have one name.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    "no authority that is trusted here has signed it".to_owned()
                }
                _ => why.to_string(),
            });
        }
        // An error of input and output does not count what it wraps among its causes.
        let wrapped = error.downcast_ref::<std::io::Error>();
        next = match wrapped.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The cause of the cause: `connection refused` rather than `dispatch failure`.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.trim_end_matches('.').to_owned()
}
