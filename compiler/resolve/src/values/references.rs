//! Names that refer to declarations.

use thrice_diagnostics::{Diagnostic, Span, one_of};
use thrice_grammar::TokenKind;
use thrice_model::{
    ClassId, CredentialId, EnvironmentId, HostId, KeyId, MonitorId, PhaseId, ProviderId,
    RepositoryId, ServiceId, SiteId, StepId, StoreId,
};

use crate::codes::UNKNOWN_NAME;
use crate::cursor::Cursor;
use crate::names::Kind;

/// So many of the services between which a name is undecided are told.
const SHOWN: usize = 6;

macro_rules! references {
    ($($(#[$doc:meta])* $name:ident: $kind:ident -> $id:ident;)*) => {
        impl Cursor<'_> {$(
            $(#[$doc])*
            pub fn $name(&mut self) -> Option<($id, Span)> {
                self.reference(Kind::$kind).map(|(index, span)| ($id::new(index), span))
            }
        )*}
    };
}

references! {
    /// A phase by name.
    phase: Phase -> PhaseId;
    /// A provider by name.
    provider: Provider -> ProviderId;
    /// A site, as `provider/site`.
    site: Site -> SiteId;
    /// A host, NAS or object storage by name.
    host: Host -> HostId;
    /// A store, as `host.store`.
    store: Store -> StoreId;
    /// A key by name.
    key: Key -> KeyId;
    /// A credential by name.
    credential: Credential -> CredentialId;
    /// A monitor by name.
    monitor: Monitor -> MonitorId;
    /// A repository by name.
    repository: Repository -> RepositoryId;
    /// An environment by name.
    environment: Environment -> EnvironmentId;
    /// A class by name.
    class: Class -> ClassId;
    /// A step by name.
    step: Step -> StepId;
}

impl<'a> Cursor<'a> {
    /// A name as it stands (`vpai`, `s3.backups`, `ovh/gravelines`, perhaps with `:/path`), not
    /// looked up. `what` says what is expected: "a host".
    pub fn name(&mut self, what: &str) -> Option<(&'a str, Span)> {
        if self.peek_kind() != Some(TokenKind::Name) {
            return self.no_name(what);
        }
        let text = self.peek_text();
        let token = self.advance()?;
        Some((text, token.span))
    }

    fn no_name<T>(&mut self, what: &str) -> Option<T> {
        self.wrong(what, "names are not quoted: letters, digits, `_` and `-`")
    }

    /// A declaration of this kind by its full name: its place in the table of its kind.
    pub fn reference(&mut self, kind: Kind) -> Option<(u32, Span)> {
        self.reference_any(&[kind])
            .map(|(_, index, span)| (index, span))
    }

    /// A declaration of one of these kinds: which, its place in that table, and the words. An
    /// unknown name is reported, and the statement can be read on.
    pub fn reference_any(&mut self, kinds: &[Kind]) -> Option<(Kind, u32, Span)> {
        let (name, span) = self.name_of(kinds)?;
        match self.cx.names.look_up_any(name, kinds, span) {
            Ok((kind, index)) => Some((kind, index, span)),
            Err(diagnostic) => {
                self.complain(*diagnostic);
                None
            }
        }
    }

    /// The same of what is spoken of, which is no use of it: an acceptance that nothing uses something names it.
    pub fn mention(&mut self, kind: Kind) -> Option<(u32, Span)> {
        let (name, span) = self.name_of(&[kind])?;
        match self.cx.names.named(name, &[kind], span) {
            Ok(symbol) => Some((symbol.index(), span)),
            Err(diagnostic) => {
                self.complain(*diagnostic);
                None
            }
        }
    }

    fn name_of(&mut self, kinds: &[Kind]) -> Option<(&'a str, Span)> {
        if self.peek_kind() != Some(TokenKind::Name) {
            let words: Vec<String> = kinds.iter().map(|kind| kind.with_article()).collect();
            return self.no_name(&words.join(" or "));
        }
        let name = self.peek_text();
        let span = self.advance()?.span;
        Some((name, span))
    }

    /// What the next name stands for, without taking it or counting as a use. `None` where no
    /// name is next or it is unknown. A path after `:` does not matter.
    #[must_use]
    pub fn peek_reference(&self) -> Option<Kind> {
        if self.peek_kind() != Some(TokenKind::Name) {
            return None;
        }
        let name = self.peek_text();
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        self.cx.names.find(name).map(|symbol| symbol.kind)
    }

    /// A service, as `host.service` or by its short name. A short name means the service on one of
    /// the `near` hosts if there is one (names of hosts, the nearest first), otherwise the only
    /// service that is called so.
    pub fn service(&mut self, near: &[&str]) -> Option<(ServiceId, Span)> {
        let (name, span) = self.name("a service")?;
        if name.contains('.') {
            let found = self.cx.names.look_up(name, Kind::Service, span);
            return found
                .map(|index| (ServiceId::new(index), span))
                .map_err(|diagnostic| self.complain(*diagnostic))
                .ok();
        }
        match self.find_service(name, near) {
            Ok(id) => Some((id, span)),
            Err([]) => {
                let found = self.unknown_service(name, span);
                self.complain(found);
                None
            }
            Err(services) => {
                let few = services.iter().take(SHOWN);
                let full: Vec<String> = few.map(|(_, host)| format!("{host}.{name}")).collect();
                let message = format!("`{name}` could be any of {} services", services.len());
                let help = format!("write {}", one_of(full.iter().map(String::as_str)));
                self.error(UNKNOWN_NAME, span, message, "which one?", help)
            }
        }
    }

    /// A service by its short name; otherwise those between which it is undecided, each with its
    /// host.
    pub fn find_service(
        &self,
        short: &str,
        near: &[&str],
    ) -> Result<ServiceId, &'a [(ServiceId, String)]> {
        let names = &self.cx.names;
        let services = names.services(short);
        let on = |host: &&str| {
            let symbol = names.find(&format!("{host}.{short}"));
            let id = symbol
                .filter(|symbol| symbol.kind == Kind::Service)?
                .index();
            Some((ServiceId::new(id), (*host).to_owned()))
        };
        match (near.iter().find_map(on), services) {
            (Some((id, host)), _) => {
                names.mark_service(&host, short);
                Ok(id)
            }
            (None, [(id, host)]) => {
                names.mark_service(host, short);
                Ok(*id)
            }
            _ => Err(services),
        }
    }

    fn unknown_service(&self, name: &str, span: Span) -> Diagnostic {
        let found = Diagnostic::error(UNKNOWN_NAME, format!("no service is called `{name}`"))
            .at(span, "unknown name");
        if !self.cx.names.may_suggest() {
            return found;
        }
        let all = self.cx.names.of_kind(Kind::Service);
        let short = all.map(|(full, _)| full.split_once('.').map_or(full, |(_, short)| short));
        let near = thrice_diagnostics::nearest(name, short);
        if near.is_empty() {
            found.help(format!("declare it on its host: `service {name}`"))
        } else {
            found.help(format!("did you mean {}?", one_of(near)))
        }
    }
}
