//! One mount in the form of `files_external:import` (`apps/files_external/lib/Command/Import.php`).

use serde_json::{Map, Value, json};
use thrice_model::{AccessPath, Mount, Service, Store, StoreKind};
use thrice_plan::nextcloud::shows_whole_bucket;
use thrice_target::{Plan, filename, layout};

/// A mount, without its secrets.
pub struct Imported {
    /// What `files_external:import` takes.
    pub import: Value,
    /// Keys of `configuration` that are secrets, and the variable that holds each.
    pub secrets: Map<String, Value>,
    /// The environment file with those variables.
    pub settings: Option<String>,
}

/// A way of access: storage class, authentication, and what both are told.
struct Backend {
    storage: &'static str,
    authentication: &'static str,
    configuration: Value,
    secrets: &'static [(&'static str, &'static str)],
}

const S3_KEYS: [(&str, &str); 2] = [
    ("key", "AWS_ACCESS_KEY_ID"),
    ("secret", "AWS_SECRET_ACCESS_KEY"),
];
const ACCOUNT: [(&str, &str); 2] = [("user", "MOUNT_USER"), ("password", "MOUNT_PASSWORD")];

/// A mount, or why it cannot be made as the policy says.
pub fn of(plan: &Plan, service: &Service, mount: &Mount) -> Result<Imported, String> {
    if mount.groups.is_empty() && !mount.all_users {
        return Err(
            "the policy names nobody who sees it, and to Nextcloud that is everybody: write \
             `for groups` or `for all users`"
                .to_owned(),
        );
    }
    let backend = backend(plan, service, mount)?;
    let groups: &[String] = if mount.all_users { &[] } else { &mount.groups };
    let import = json!({
        "mount_id": 0,
        "mount_point": format!("/{}", mount.folder.trim_matches('/')),
        "storage": backend.storage,
        "authentication_type": backend.authentication,
        "configuration": backend.configuration,
        // Encrypted by Nextcloud, files would be of no use to the steps that read them elsewhere. Others
        // write there too, so it looks for changes; and what a link shares is out of the policy's sight.
        "options": {
            "encrypt": false,
            "previews": true,
            "filesystem_check_changes": 1,
            "enable_sharing": false,
            "encoding_compatibility": false,
            "readonly": mount.read_only,
        },
        "applicable_users": [],
        "applicable_groups": groups,
    });
    let secrets: Map<String, Value> = backend
        .secrets
        .iter()
        .map(|(key, variable)| ((*key).to_owned(), (*variable).into()))
        .collect();
    let settings = (!secrets.is_empty()).then(|| settings(plan, service, mount));
    Ok(Imported {
        import,
        secrets,
        settings: settings.flatten(),
    })
}

/// The environment file of its credential; one of its own if it names none.
fn settings(plan: &Plan, service: &Service, mount: &Mount) -> Option<String> {
    match mount.credential {
        Some(credential) => layout::credential_file(plan, service.host, credential),
        None => Some(format!(
            "{}/mounts/{}.env",
            layout::folders(plan, service.host).etc,
            filename(&mount.named.name)
        )),
    }
}

fn backend(plan: &Plan, service: &Service, mount: &Mount) -> Result<Backend, String> {
    let store = &plan.model.stores[mount.store];
    let place = mount.place();
    let is_bucket = store.kind == StoreKind::Bucket;
    match mount.access {
        AccessPath::S3 if is_bucket => s3(plan, mount, store),
        AccessPath::S3 => Err("only a bucket is reached over S3".to_owned()),
        _ if is_bucket => Err("a bucket is reached over S3 alone".to_owned()),
        AccessPath::Local => {
            let path = layout::path_on(plan, service.host, &place)
                .ok_or("its files are not on Nextcloud's host")?;
            Ok(Backend {
                storage: "\\OC\\Files\\Storage\\Local",
                authentication: "null::null",
                configuration: json!({ "datadir": path }),
                secrets: &[],
            })
        }
        AccessPath::WebDav => Ok(Backend {
            storage: "\\OC\\Files\\Storage\\DAV",
            authentication: "password::password",
            configuration: json!({
                "host": host(plan, mount, store),
                "root": mount.path,
                "secure": true,
            }),
            secrets: &ACCOUNT,
        }),
        AccessPath::Sftp => Ok(Backend {
            storage: "\\OCA\\Files_External\\Lib\\Storage\\SFTP",
            authentication: "password::password",
            configuration: json!({
                "host": host(plan, mount, store),
                "root": layout::path(plan, &place),
            }),
            secrets: &ACCOUNT,
        }),
    }
}

/// The host by its name in the policy, with the port if one is said.
fn host(plan: &Plan, mount: &Mount, store: &Store) -> String {
    let name = &plan.model.hosts[store.host].named.name;
    mount
        .port
        .map_or_else(|| name.to_string(), |port| format!("{name}:{port}"))
}

fn s3(plan: &Plan, mount: &Mount, store: &Store) -> Result<Backend, String> {
    if shows_whole_bucket(&plan.model, mount) {
        return Err(format!(
            "Nextcloud mounts a bucket as a whole, so its users would see all of `{}`, not `{}` alone: \
             give what they may see a bucket of its own",
            store.bucket, mount.path
        ));
    }
    let storage = &plan.model.hosts[store.host];
    let endpoint = storage
        .endpoint
        .as_deref()
        .ok_or("the policy names no endpoint of its storage")?;
    let is_open = endpoint.starts_with("http://");
    if mount.ssl && is_open {
        return Err(format!(
            "it says `ssl`, and the endpoint `{endpoint}` is not encrypted"
        ));
    }
    let name = endpoint
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let (name, its_port) = name
        .rsplit_once(':')
        .map_or((name, None), |(name, port)| (name, Some(port.to_owned())));
    let usual = if is_open { "80" } else { "443" };
    let port = mount.port.map(|port| port.to_string()).or(its_port);
    Ok(Backend {
        storage: "\\OCA\\Files_External\\Lib\\Storage\\AmazonS3",
        authentication: "amazons3::accesskey",
        configuration: json!({
            "bucket": store.bucket,
            "hostname": name,
            "port": port.unwrap_or_else(|| usual.to_owned()),
            "region": storage.region.clone().unwrap_or_default(),
            "use_ssl": !is_open,
            "use_path_style": mount.path_style,
            "legacy_auth": false,
        }),
        secrets: &S3_KEYS,
    })
}
