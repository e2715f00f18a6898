//! Functions of bash that the scripts of several targets share, put in as they are.

/// `list_files FILE` writes `$manifest` from a list of names, whole or not at all: see
/// [`crate::layout::manifest`]. The script sets `manifest`.
pub const LIST_FILES: &str = include_str!("../templates/list_files.sh");

/// `connect`, then `inside PROGRAM …`, which runs where the data is: in a container, as a user. The script
/// sets `container`, `user`, `connection` (an environment file that need not be there) and `passed` (the
/// names of variables that go into the container).
pub const INSIDE: &str = include_str!("../templates/inside.sh");

/// `sql …` runs psql by `inside`, ending at the first error; `database NAME` prints a connection string.
pub const POSTGRES: &str = include_str!("../templates/postgres.sh");

/// `databases` writes the names of all databases that a dump of a server has to hold into the file
/// `$scratch/found`, a zero byte behind each: those that one can connect to, by `sql`.
pub const DATABASES: &str = include_str!("../templates/databases.sh");

/// `redis …` runs redis-cli by `inside` and ends at an error; `info SECTION NAME` prints a figure of it.
pub const REDIS: &str = include_str!("../templates/redis.sh");

/// `trust_authorities` hands the file of authorities that `AWS_CA_BUNDLE` names on to rclone, in a way that all
/// its versions take.
pub const AUTHORITIES: &str = include_str!("../templates/authorities.sh");

/// Variables by which PostgreSQL's programs find a server, for `passed`.
pub const POSTGRES_VARIABLES: [&str; 6] = [
    "PGHOST",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSSLMODE",
];
