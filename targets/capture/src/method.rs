//! What is particular to each method.

use thrice_model::CaptureMethod;
use thrice_target::bash::POSTGRES_VARIABLES;

/// What a method needs and takes.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// The word of the language.
    pub word: &'static str,
    /// Its templates, in the order in which they follow the common one.
    pub templates: &'static [(&'static str, &'static str)],
    /// Programs on the host, whatever runs in a container.
    pub programs: &'static [&'static str],
    /// Programs where the data is.
    pub inside: &'static [&'static str],
    /// Variables of the environment that go into the container.
    pub passed: &'static [&'static str],
    /// Whether the data may be in a container.
    pub container: bool,
    /// Whether it may run as another user.
    pub user: bool,
    /// What the parts of a class are to it; empty where there are none.
    pub parts: &'static str,
    /// Whether it reads the files of its classes.
    pub homes: bool,
}

const NONE: Method = Method {
    word: "",
    templates: &[],
    programs: &[],
    inside: &[],
    passed: &[],
    container: false,
    user: false,
    parts: "",
    homes: false,
};

const HTTP: (&str, &str) = ("http.sh.j2", include_str!("../templates/http.sh.j2"));
const COMPARE: (&str, &str) = ("compare.sh.j2", include_str!("../templates/compare.sh.j2"));
const ROOM: (&str, &str) = ("room.sh.j2", include_str!("../templates/room.sh.j2"));

const PG_DUMP: Method = Method {
    word: "pg_dump",
    templates: &[
        COMPARE,
        ("pg_dump.sh.j2", include_str!("../templates/pg_dump.sh.j2")),
    ],
    inside: &["psql", "pg_dump", "pg_dumpall", "pg_restore"],
    passed: &POSTGRES_VARIABLES,
    container: true,
    user: true,
    parts: "databases",
    ..NONE
};
const REDIS: Method = Method {
    word: "redis_bgsave",
    templates: &[("redis.sh.j2", include_str!("../templates/redis.sh.j2"))],
    inside: &["redis-cli", "redis-check-rdb"],
    passed: &["REDISCLI_AUTH"],
    container: true,
    user: true,
    parts: "numbers of databases",
    ..NONE
};
const QDRANT: Method = Method {
    word: "qdrant_snapshot",
    templates: &[
        COMPARE,
        HTTP,
        ("qdrant.sh.j2", include_str!("../templates/qdrant.sh.j2")),
    ],
    programs: &["curl", "jq"],
    parts: "collections",
    ..NONE
};
const N8N: Method = Method {
    word: "n8n_export",
    templates: &[ROOM, ("n8n.sh.j2", include_str!("../templates/n8n.sh.j2"))],
    programs: &["jq"],
    inside: &["n8n"],
    passed: &["N8N_ENCRYPTION_KEY"],
    container: true,
    user: true,
    ..NONE
};
const GRAFANA: Method = Method {
    word: "grafana_export",
    templates: &[
        HTTP,
        ("grafana.sh.j2", include_str!("../templates/grafana.sh.j2")),
    ],
    programs: &["curl", "jq"],
    ..NONE
};
const SQLITE: Method = Method {
    word: "sqlite",
    templates: &[
        COMPARE,
        ROOM,
        ("sqlite.sh.j2", include_str!("../templates/sqlite.sh.j2")),
    ],
    inside: &["sqlite3"],
    user: true,
    parts: "files",
    homes: true,
    ..NONE
};
const FILES: Method = Method {
    word: "files",
    templates: &[
        COMPARE,
        ("files.sh.j2", include_str!("../templates/files.sh.j2")),
    ],
    parts: "folders",
    homes: true,
    ..NONE
};

/// The particulars of a method; `None` for a program of the user's own.
pub const fn of(method: CaptureMethod) -> Option<Method> {
    Some(match method {
        CaptureMethod::PgDump => PG_DUMP,
        CaptureMethod::RedisBgsave => REDIS,
        CaptureMethod::QdrantSnapshot => QDRANT,
        CaptureMethod::N8nExport => N8N,
        CaptureMethod::GrafanaExport => GRAFANA,
        CaptureMethod::Sqlite => SQLITE,
        CaptureMethod::Files => FILES,
        CaptureMethod::Program => return None,
    })
}
