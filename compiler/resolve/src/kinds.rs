//! What names can stand for.

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Phase,
    Schedule,
    Retention,
    Provider,
    Site,
    Host,
    Store,
    Service,
    Vault,
    Key,
    Credential,
    Monitor,
    Repository,
    Network,
    Environment,
    Class,
    Mount,
    Step,
    Cost,
}

impl Kind {
    /// How many kinds there are.
    pub const COUNT: usize = Self::Cost as usize + 1;

    /// The word of messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Phase => "phase",
            Self::Schedule => "schedule",
            Self::Retention => "retention",
            Self::Provider => "provider",
            Self::Site => "site",
            Self::Host => "host",
            Self::Store => "store",
            Self::Service => "service",
            Self::Vault => "vault",
            Self::Key => "key",
            Self::Credential => "credential",
            Self::Monitor => "monitor",
            Self::Repository => "repository",
            Self::Network => "network",
            Self::Environment => "environment",
            Self::Class => "class",
            Self::Mount => "mount",
            Self::Step => "step",
            Self::Cost => "cost",
        }
    }

    /// The word with its article.
    #[must_use]
    pub fn with_article(self) -> String {
        let article = if self == Self::Environment { "an" } else { "a" };
        format!("{article} {}", self.word())
    }

    /// How it is declared, for help.
    #[must_use]
    pub const fn declared_by(self) -> &'static str {
        match self {
            Self::Phase => "phase NAME = 2026-02-15",
            Self::Schedule => "schedule NAME = daily at 03:00 UTC",
            Self::Retention => "retention NAME = keep 7 daily, 4 weekly",
            Self::Provider => "provider NAME \"Title\"",
            Self::Site => "provider PROVIDER { site NAME }",
            Self::Host => "host NAME at PROVIDER/SITE",
            Self::Store => "host HOST at PROVIDER/SITE { store NAME }",
            Self::Service => "host HOST at PROVIDER/SITE { service NAME }",
            Self::Vault => "vault NAME at PROVIDER/SITE",
            Self::Key => "key NAME { held on HOST }",
            Self::Credential => "credential NAME { may read on STORE }",
            Self::Monitor => "monitor NAME { healthchecks at \"VARIABLE\" }",
            Self::Repository => "repository NAME in STORE:/PATH { key KEY }",
            Self::Network => "network NAME { joins HOST, HOST }",
            Self::Environment => "environment NAME { on HOST }",
            Self::Class => "class NAME is state on STORE",
            Self::Mount => "mount NAME of STORE in SERVICE",
            Self::Step => "backup NAME of CLASS to REPOSITORY by HOST.cron",
            Self::Cost => "cost NAME { 1 EUR/month }",
        }
    }
}
